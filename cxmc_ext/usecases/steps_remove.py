"""Steps of “Delete campaign” and “Unschedule”: look, stop, delete at MailChimp, free the form.

Both end the same way: the MailChimp campaign is gone and the form is free again, its values kept. So no
button shown afterwards can send what somebody just called back; sending again is a new press.
"""

from collections.abc import Callable

from cxmc_ext.db.queries import mailings, recipients
from cxmc_ext.domain.errors import Refused
from cxmc_ext.domain.values import MailingState, OperationState, Why
from cxmc_ext.usecases import sync
from cxmc_ext.usecases.halt import Halt, Pause
from cxmc_ext.usecases.run import Run
from cxmc_ext.usecases.steps_draft import adopt, find_lost
from cxmc_ext.usecases.steps_gone import GONE, LOOK_AGAIN, delete_draft, status_of, was_deleted
from cxmc_ext.usecases.steps_send import STATE_OF

_DRAFTS = ("save", "paused")


def find(run: Run) -> str | None:
    """A creation without an answer may have left a draft: it is found before it is removed."""
    mailing = run.mailing
    if mailing.remote_id is None and mailing.create_intent_at is not None:
        found = find_lost(run)
        if found is not None:
            adopt(run, found)
    return None if run.mailing.remote_id else "free"


def remove(run: Run) -> str | None:
    """What MailChimp says of the campaign decides; read anew at every try."""
    status = _status(run)
    return _BY_STATUS.get(status, _refuse)(run, status)


def free(run: Run) -> None:
    """The segment goes, the frozen people go, the form's values stay. Once per operation."""
    mailing = run.mailing
    if mailing.generation != run.operation.generation:
        return
    mailing_id, list_id, name, segment_id = (
        mailing.id,
        mailing.list_id,
        mailing.segment_name,
        mailing.segment_id,
    )
    if segment_id is None and name:
        found = run.call(run.api.find_segment, list_id, name)
        segment_id = found.id if found else None
    if segment_id is not None:
        run.call(run.api.delete_segment, list_id, segment_id)
    recipients.clear(run.session, mailing_id)
    mailings.free(run.session, mailing_id)
    run.save()


def _status(run: Run) -> str:
    return status_of(run, run.mailing.remote_id or "")


def _gone(run: Run, status: str) -> None:
    """Deleted there already. With an open intent it may have been sent before: not free again (I1b)."""
    mailing = run.mailing
    proven = mailing.state == MailingState.SCHEDULED or was_deleted(run, mailing.remote_id or "")
    if mailing.intent_at is not None and not proven:
        whys = Why("gone_unknown", values={"status": status})
        raise Halt(OperationState.FAILED, whys, mailing=MailingState.ATTENTION)


def _unschedule(run: Run, status: str) -> str:
    """Then it is read again: only a draft is deleted."""
    if run.payload.get("unscheduled"):
        raise Pause(LOOK_AGAIN, Why("waiting_settle", values={"status": status}))
    run.call(run.api.unschedule, run.mailing.remote_id or "")
    run.remember(unscheduled=True)
    return "remove"


def _delete(run: Run, status: str) -> str | None:
    """A draft; but a request to send without an answer may still arrive."""
    mailing = run.mailing
    asked_at = mailing.intent_at or 0
    left = asked_at + run.services.settings.settle_seconds - run.now
    if left > 0 and not run.payload.get("unscheduled"):
        raise Pause(left, Why("waiting_settle", values={"status": status}))
    try:
        delete_draft(run, mailing.remote_id or "")
    except Refused:
        if _status(run) in _DRAFTS:
            raise
        return "remove"
    return None


def _refuse(run: Run, status: str) -> None:
    """It was sent, and the report of what was sent is never thrown away."""
    mailing = run.mailing
    mailing.remote_status = status
    sync.start_following(run.session, mailing, run.now)
    run.save()
    state = STATE_OF.get(status, MailingState.ATTENTION)
    raise Halt(OperationState.FAILED, Why("already_sent"), mailing=state)


_BY_STATUS: dict[str, Callable[[Run, str], str | None]] = {
    GONE: _gone,
    "save": _delete,
    "paused": _delete,
    "schedule": _unschedule,
}
