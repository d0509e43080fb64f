"""Whether a campaign is gone at MailChimp, and making it so.

A 404 may be a slip, two as well: a campaign that is not listed either is gone.
"""

from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.values import Why
from cxmc_ext.usecases.halt import Pause
from cxmc_ext.usecases.run import Run

GONE = "gone"
SECOND_LOOK = 2
LOOK_AGAIN = 5
LOOK_BACK = 3600
"""How far before a campaign's creation the list of campaigns is read: clocks differ."""


def status_of(run: Run, remote_id: str) -> str:
    """MailChimp's status of a campaign; GONE after we deleted it, or after a second look, if the list
    of campaigns does not name it.

    :raises Pause: before the second look.
    """
    try:
        return run.call(run.api.campaign, remote_id).status
    except NotFound:
        pass
    if not was_deleted(run, remote_id) and run.payload.get("missed") != remote_id:
        run.remember(missed=remote_id)
        raise Pause(SECOND_LOOK, Why("waiting_settle"))
    return _listed(run, remote_id) or GONE


def delete_draft(run: Run, remote_id: str) -> None:
    """Deletes what was just read to be a draft, and reads that it is gone. Safe to repeat.

    :raises Pause: it is still there, whatever the answer was.
    """
    run.remember(deleted=remote_id)
    run.call(run.api.delete_campaign, remote_id)
    if status_of(run, remote_id) != GONE:
        raise Pause(LOOK_AGAIN, Why("waiting_settle"))


def was_deleted(run: Run, remote_id: str) -> bool:
    """This operation asked MailChimp to delete it, as a draft."""
    return run.payload.get("deleted") == remote_id


def _listed(run: Run, remote_id: str) -> str | None:
    """Its status where the campaigns since its creation are told; a trial's was made by this press."""
    operation = run.operation
    made = operation.created_at if operation.mailing_id is None else run.mailing.created_at
    listed = run.call(run.api.recent_campaigns, max((made or 0) - LOOK_BACK, 0))
    return next((one.status for one in listed if one.id == remote_id), None)
