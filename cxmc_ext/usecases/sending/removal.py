"""Steps of “Delete campaign” and “Unschedule”: stop and delete the MailChimp campaign, free the form.

Both end alike: the MailChimp campaign is gone and the form is free again, with its values. So no button
that is shown afterwards can send what was just called back; sending again is a new press.
"""

from collections.abc import Callable, Mapping

from cxmc_ext.db.queries import mailings, notices, sync_due
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Refused
from cxmc_ext.domain.notices import NoticeKind
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.mailchimp_status import DRAFT_STATUSES, SCHEDULED, STATE_BY_STATUS
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.operations.signals import RetryLater, StopOperation
from cxmc_ext.usecases.sending.draft import find_orphaned_draft, store_remote_id
from cxmc_ext.usecases.sending.recipients import delete_recipients
from cxmc_ext.usecases.sending.remote_status import (
    CHECK_AGAIN_DELAY,
    GONE,
    delete_draft,
    delete_segment,
    read_status,
    was_deleted_here,
)


def find_campaign(context: MailingContext) -> str | None:
    """Step: looks for the draft of a creation that got no answer, so that it is removed too.

    Returns:
        “reset” if there is no campaign at MailChimp.
    """
    mailing = context.mailing
    if mailing.remote_id is None and mailing.create_intent_at is not None:
        lost = find_orphaned_draft(context)
        if lost is not None:
            store_remote_id(context, lost)
    return None if context.mailing.remote_id else "reset"


def delete_campaign(context: MailingContext) -> str | None:
    """Step: deletes a draft, or takes a scheduled campaign off the schedule and then deletes it.

    MailChimp's status of the campaign decides; it is read again at every attempt.

    Raises:
        RetryLater: An earlier request may still take effect.
        StopOperation: The campaign was sent, or may have been sent.
    """
    status = _read_status(context)
    return _HANDLERS.get(status, _on_sent)(context, status)


def reset_mailing(context: MailingContext) -> None:
    """Step: deletes the segment and the frozen recipients, and resets the mailing to a free form.

    Nothing happens if this operation has done so before.
    """
    mailing = context.mailing
    if mailing.generation != context.operation.generation:
        return
    mailing_id, was_scheduled = mailing.id, mailing.state == MailingState.SCHEDULED
    delete_segment(context, mailing.list_id, mailing.segment_name, mailing.segment_id)
    delete_recipients(context, mailing_id)
    if was_scheduled:
        about = {"mailing_id": mailing_id, "operation_id": context.operation_id}
        notices.add(context.session, context.account.id, NoticeKind.UNSCHEDULED, **about)
    mailings.reset(context.session, mailing_id)
    context.commit()


def _read_status(context: MailingContext) -> str:
    return read_status(context, context.mailing.remote_id or "")


def _on_gone(context: MailingContext, status: str) -> None:
    """Somebody deleted it in MailChimp. With a send intent it may have been sent before that."""
    mailing = context.mailing
    is_unsent = mailing.state == MailingState.SCHEDULED or was_deleted_here(
        context, mailing.remote_id or ""
    )
    if mailing.send_intent_at is not None and not is_unsent:
        problem = Problem("gone_unknown", values={"status": status})
        raise StopOperation(OperationState.FAILED, problem, mailing_state=MailingState.ATTENTION)


def _on_scheduled(context: MailingContext, status: str) -> str:
    """Unschedules it (`POST /campaigns/{id}/actions/unschedule`) and reads the status again."""
    if context.payload.unscheduled:
        raise RetryLater(CHECK_AGAIN_DELAY, Problem("waiting_settle", values={"status": status}))
    context.call(context.api.unschedule, context.mailing.remote_id or "")
    context.commit_progress(unscheduled=True)
    return "delete"


def _on_draft(context: MailingContext, status: str) -> str | None:
    """Deletes it, unless a request to send that got no answer may still take effect."""
    mailing = context.mailing
    if not context.payload.unscheduled:
        requested_at = mailing.send_intent_at or 0
        settle_seconds = context.services.settings.settle_seconds
        context.wait_until(requested_at + settle_seconds, status=status)
    try:
        delete_draft(context, mailing.remote_id or "")
    except Refused:
        if _read_status(context) in DRAFT_STATUSES:
            raise
        return "delete"
    return None


def _on_sent(context: MailingContext, status: str) -> None:
    """A campaign that was sent is kept, with its report."""
    mailing = context.mailing
    mailing.remote_status = status
    sync_due.start_syncing(context.session, mailing, context.now)
    context.commit()
    state = STATE_BY_STATUS.get(status, MailingState.ATTENTION)
    raise StopOperation(OperationState.FAILED, Problem("already_sent"), mailing_state=state)


_HANDLERS: Mapping[str, Callable[[MailingContext, str], str | None]] = {
    GONE: _on_gone,
    SCHEDULED: _on_scheduled,
    **dict.fromkeys(DRAFT_STATUSES, _on_draft),
}
