"""Steps of “Delete campaign” and “Unschedule”: look, stop, delete at MailChimp, free the form.

Both end the same way: the MailChimp campaign is gone and the form is free again, its values kept. So no
button shown afterwards can send what somebody just called back; sending again is a new press.
"""

from collections.abc import Callable

from cxmc_ext.db.queries import mailings, recipients, sync_due
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Refused
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.signals import RetryLater, StopOperation
from cxmc_ext.usecases.sending.delivery import STATE_OF
from cxmc_ext.usecases.sending.draft import find_orphaned_draft, store_remote_id
from cxmc_ext.usecases.sending.remote_status import (
    CHECK_AGAIN_DELAY,
    GONE,
    delete_draft,
    read_status,
    was_deleted_here,
)

_DRAFTS = ("save", "paused")


def find_campaign(run: OperationContext) -> str | None:
    """A creation without an answer may have left a draft: it is found before it is removed."""
    mailing = run.mailing
    if mailing.remote_id is None and mailing.create_intent_at is not None:
        found = find_orphaned_draft(run)
        if found is not None:
            store_remote_id(run, found)
    return None if run.mailing.remote_id else "free"


def delete_campaign(run: OperationContext) -> str | None:
    """What MailChimp says of the campaign decides; read anew at every try."""
    status = _status(run)
    return _BY_STATUS.get(status, _on_sent)(run, status)


def reset_mailing(run: OperationContext) -> None:
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
    recipients.delete_all(run.session, mailing_id)
    mailings.reset(run.session, mailing_id)
    run.commit()


def _status(run: OperationContext) -> str:
    return read_status(run, run.mailing.remote_id or "")


def _on_gone(run: OperationContext, status: str) -> None:
    """Deleted there already. With an open intent it may have been sent before: not free again (I1b)."""
    mailing = run.mailing
    proven = mailing.state == MailingState.SCHEDULED or was_deleted_here(
        run, mailing.remote_id or ""
    )
    if mailing.send_intent_at is not None and not proven:
        whys = Problem("gone_unknown", values={"status": status})
        raise StopOperation(OperationState.FAILED, whys, mailing=MailingState.ATTENTION)


def _on_scheduled(run: OperationContext, status: str) -> str:
    """Then it is read again: only a draft is deleted."""
    if run.payload.get("unscheduled"):
        raise RetryLater(CHECK_AGAIN_DELAY, Problem("waiting_settle", values={"status": status}))
    run.call(run.api.unschedule, run.mailing.remote_id or "")
    run.commit_progress(unscheduled=True)
    return "remove"


def _on_draft(run: OperationContext, status: str) -> str | None:
    """A draft; but a request to send without an answer may still arrive."""
    mailing = run.mailing
    asked_at = mailing.send_intent_at or 0
    left = asked_at + run.services.settings.settle_seconds - run.now
    if left > 0 and not run.payload.get("unscheduled"):
        raise RetryLater(left, Problem("waiting_settle", values={"status": status}))
    try:
        delete_draft(run, mailing.remote_id or "")
    except Refused:
        if _status(run) in _DRAFTS:
            raise
        return "remove"
    return None


def _on_sent(run: OperationContext, status: str) -> None:
    """It was sent, and the report of what was sent is never thrown away."""
    mailing = run.mailing
    mailing.remote_status = status
    sync_due.start_syncing(run.session, mailing, run.now)
    run.commit()
    state = STATE_OF.get(status, MailingState.ATTENTION)
    raise StopOperation(OperationState.FAILED, Problem("already_sent"), mailing=state)


_BY_STATUS: dict[str, Callable[[OperationContext, str], str | None]] = {
    GONE: _on_gone,
    "save": _on_draft,
    "paused": _on_draft,
    "schedule": _on_scheduled,
}
