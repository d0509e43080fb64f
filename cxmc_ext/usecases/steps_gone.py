"""Whether a campaign is gone at MailChimp, and making it so. One 404 may be a slip: two are believed."""

from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.values import Why
from cxmc_ext.usecases.halt import Pause
from cxmc_ext.usecases.run import Run

GONE = "gone"
SECOND_LOOK = 2
LOOK_AGAIN = 5


def status_of(run: Run, remote_id: str) -> str:
    """MailChimp's status of a campaign; GONE after we deleted it, or after a second look.

    :raises Pause: before the second look.
    """
    try:
        return run.call(run.api.campaign, remote_id).status
    except NotFound:
        pass
    if not was_deleted(run, remote_id) and run.payload.get("missed") != remote_id:
        run.remember(missed=remote_id)
        raise Pause(SECOND_LOOK, Why("waiting_settle"))
    return GONE


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
