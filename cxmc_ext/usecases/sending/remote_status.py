"""Whether a campaign is gone at MailChimp, and making it so.

A 404 may be a slip, two as well: a campaign that is not listed either is gone.
"""

from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.signals import RetryLater

GONE = "gone"
SECOND_CHECK_DELAY = 2
CHECK_AGAIN_DELAY = 5
LIST_MARGIN = 3600
"""How far before a campaign's creation the list of campaigns is read: clocks differ."""


def read_status(run: OperationContext, remote_id: str) -> str:
    """MailChimp's status of a campaign; GONE after we deleted it, or after a second look, if the list
    of campaigns does not name it.

    :raises Pause: before the second look.
    """
    try:
        return run.call(run.api.campaign, remote_id).status
    except NotFound:
        pass
    if not was_deleted_here(run, remote_id) and run.payload.get("missed") != remote_id:
        run.commit_progress(missed=remote_id)
        raise RetryLater(SECOND_CHECK_DELAY, Problem("waiting_settle"))
    return _listed_status(run, remote_id) or GONE


def delete_draft(run: OperationContext, remote_id: str) -> None:
    """Deletes what was just read to be a draft, and reads that it is gone. Safe to repeat.

    :raises Pause: it is still there, whatever the answer was.
    """
    run.commit_progress(deleted=remote_id)
    run.call(run.api.delete_campaign, remote_id)
    if read_status(run, remote_id) != GONE:
        raise RetryLater(CHECK_AGAIN_DELAY, Problem("waiting_settle"))


def was_deleted_here(run: OperationContext, remote_id: str) -> bool:
    """This operation asked MailChimp to delete it, as a draft."""
    return run.payload.get("deleted") == remote_id


def _listed_status(run: OperationContext, remote_id: str) -> str | None:
    """Its status where the campaigns since its creation are told; a trial's was made by this press."""
    operation = run.operation
    made = operation.created_at if operation.mailing_id is None else run.mailing.remote_created_at
    listed = run.call(run.api.recent_campaigns, max((made or 0) - LIST_MARGIN, 0))
    return next((one.status for one in listed if one.id == remote_id), None)
