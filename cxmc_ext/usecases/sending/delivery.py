"""Last steps of a send: commit the intent, ask MailChimp to send or schedule, confirm that it did.

A mail must never go out twice, so what is certain about the request is kept in `payload.send_request`:
not made, unknown (asked without an answer, or possibly by an earlier operation) or accepted.
"""

from cxmc_ext.db.queries import accounts, mailings, notices, sync_due
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import KeyRefused, MailChimpError, NotFound, Refused
from cxmc_ext.domain.mailchimp import RemoteCampaign
from cxmc_ext.domain.operation_payloads import SendRequest
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.error_problems import problem_for
from cxmc_ext.domain.rules.mailchimp_status import DRAFT, REPORT_STATES, STATE_BY_STATUS
from cxmc_ext.domain.rules.schedule_times import is_too_late
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.operations.signals import (
    RetryLater,
    StopOperation,
    needs_attention,
    sending_was_stopped,
)
from cxmc_ext.usecases.sending.draft import require_own_segment
from cxmc_ext.usecases.sending.rebuild import find_campaign_changes
from cxmc_ext.usecases.sending.recipients import find_late_opt_outs
from cxmc_ext.usecases.sending.remote_status import CHECK_AGAIN_DELAY
from cxmc_ext.usecases.shared.host_transactions import within_transaction

# How often late opt-outs and changes in the CRM may send an operation back to build a new segment.
MAX_REBUILDS = 3


def commit_intent(context: MailingContext) -> str | None:
    """Step: checks for late opt-outs once more and commits the send intent, in one transaction.

    Opt-outs take the same lock on the account, so each of them is either seen here or comes after the
    intent. A draft that an earlier claim verified may have been changed since: it is verified again.

    Returns:
        The step to go back to: “verify”, or “update_recipients” to build for those who are left.

    Raises:
        StopOperation: The scheduled time has passed, people keep opting out or changing, all sending is
            stopped, or CXMC_SEND_MODE leaves the last press to a person in MailChimp.
    """
    if not context.draft_verified:
        return "verify"
    _require_future_schedule(context)
    # Before the lock: reading a large campaign takes a while, and opt-outs must not wait for it.
    if find_campaign_changes(context):
        return _rebuild(context, "recipients_keep_changing")
    session = context.session
    session.commit()
    if not accounts.lock_for_sending(session, context.account.id):
        raise sending_was_stopped()
    with within_transaction(session, "opted_out"):
        has_late_opt_outs = bool(find_late_opt_outs(context))
    if has_late_opt_outs:
        return _rebuild(context, "opt_outs_keep_coming")
    mailing = context.mailing
    if context.services.settings.send_mode == "mailchimp" and mailing.schedule_at is None:
        _hand_over(context)
    mailings.update_columns(
        session,
        mailing.id,
        state=MailingState.SEND_INTENT,
        send_intent_at=context.now,
        problems=[],
    )
    context.commit_progress(send_request=SendRequest.NOT_MADE)
    context.fresh_intent = True
    return None


def submit_campaign(context: MailingContext) -> None:
    """Step: sends or schedules the campaign (`POST /campaigns/{id}/actions/send` or `schedule`).

    It is never asked for again while an earlier request may still take effect.

    Raises:
        RetryLater: An earlier request may still take effect.
        StopOperation: MailChimp refuses, something changed since the draft was verified, or all sending
            is stopped.
    """
    if context.payload.send_request is SendRequest.ACCEPTED:
        return
    if not _is_first_request(context) and not _may_request_again(context):
        return
    mailing = context.mailing
    remote_id, schedule_at = mailing.remote_id or "", mailing.schedule_at
    if not accounts.lock_for_sending(context.session, context.account.id):
        clear_intent(context)
        raise sending_was_stopped()
    mailings.update_columns(context.session, mailing.id, send_intent_at=context.now)
    context.commit_progress(send_request=SendRequest.UNKNOWN)
    context.fresh_intent = False
    try:
        if schedule_at is None:
            context.call(context.api.send, remote_id)
        else:
            context.call(context.api.schedule, remote_id, schedule_at)
    except MailChimpError as error:
        _handle_error(context, error)
    else:
        context.commit_progress(send_request=SendRequest.ACCEPTED)


def confirm_submitted(context: MailingContext) -> None:
    """Step: reads that the campaign is sent or scheduled. From here on the synchronization follows it.

    Raises:
        RetryLater: MailChimp accepted the request but still shows a draft.
        StopOperation: The campaign has another status, for example because somebody paused it.
    """
    campaign = _read_campaign(context)
    state = STATE_BY_STATUS.get(campaign.status)
    if state is None:
        is_accepted = context.payload.send_request is SendRequest.ACCEPTED
        if campaign.status == DRAFT and is_accepted:
            raise RetryLater(CHECK_AGAIN_DELAY, Problem("waiting_settle"))
        raise needs_attention("changed_in_mailchimp", status=campaign.status)
    mailing = context.mailing
    notices.add_state(context.session, mailing.id, state)
    mailing.state = state
    mailing.mail_due = state == MailingState.SENT
    mailing.problems = []
    mailing.remote_status = campaign.status
    mailing.emails_sent = campaign.emails_sent
    mailing.sent_at = campaign.send_time if state in REPORT_STATES else None
    sync_due.start_syncing(context.session, mailing, context.now)
    context.commit()


def clear_intent(context: MailingContext) -> None:
    """Takes the send intent back and commits. Only while MailChimp has a draft and no request is open."""
    mailings.update_columns(context.session, context.mailing.id, send_intent_at=None)
    context.commit()


def _is_first_request(context: MailingContext) -> bool:
    return context.fresh_intent and context.payload.send_request is SendRequest.NOT_MADE


def _may_request_again(context: MailingContext) -> bool:
    """Reads the campaign before it is requested again; False if the earlier request took effect.

    Raises:
        RetryLater: An earlier request may still take effect.
        StopOperation: Something changed since; the intent is taken back.
    """
    campaign = _read_campaign(context)
    if campaign.status != DRAFT:
        return False
    if context.payload.send_request is not SendRequest.NOT_MADE:
        requested_at = context.mailing.send_intent_at or 0
        context.wait_until(requested_at + context.services.settings.settle_seconds)
    late_problem = _find_late_changes(context)
    try:
        require_own_segment(context, campaign)
        _require_future_schedule(context)
    except StopOperation:
        clear_intent(context)
        raise
    if late_problem:
        clear_intent(context)
        raise needs_attention(late_problem)
    return True


def _find_late_changes(context: MailingContext) -> str:
    """The problem with requesting the send again as it was built; "" if there is none."""
    if find_late_opt_outs(context):
        return "opted_out_meanwhile"
    return "recipients_changed_meanwhile" if find_campaign_changes(context) else ""


def _read_campaign(context: MailingContext) -> RemoteCampaign:
    try:
        return context.call(context.api.campaign, context.mailing.remote_id or "")
    except NotFound:
        raise needs_attention("gone_unknown") from None


def _handle_error(context: MailingContext, error: MailChimpError) -> None:
    """After a refusal nothing was sent by this request; without an answer nothing is known.

    Raises:
        MailChimpError: The error itself, to be retried.
        StopOperation: MailChimp refuses to send this campaign; the intent is taken back.
    """
    if error.outcome != "refused":
        raise error
    context.commit_progress(send_request=SendRequest.NOT_MADE)
    if not isinstance(error, Refused) or isinstance(error, KeyRefused):
        raise error
    if _read_campaign(context).status != DRAFT:
        return  # refused because an earlier request took effect
    clear_intent(context)
    problem = problem_for(error, {NotFound: "mailchimp_refused"})
    raise StopOperation(OperationState.NOT_READY, problem)


def _require_future_schedule(context: MailingContext) -> None:
    """A scheduled time that has passed never becomes “send now”. MailChimp's clock decides."""
    schedule_at = context.mailing.schedule_at
    if schedule_at is None:
        return
    server_time = context.call(context.api.account).server_time or context.now
    if is_too_late(schedule_at, server_time):
        raise needs_attention("schedule_passed")


def _rebuild(context: MailingContext, refusal: str) -> str:
    rebuilds = context.operation.opt_out_rebuilds + 1
    context.commit(opt_out_rebuilds=rebuilds)
    if rebuilds > MAX_REBUILDS:
        raise needs_attention(refusal)
    return "update_recipients"


def _hand_over(context: MailingContext) -> None:
    """CXMC_SEND_MODE=mailchimp: a person presses “Send” in MailChimp, and we follow what happens."""
    sync_due.start_syncing(context.session, context.mailing, context.now)
    context.commit()
    raise StopOperation(OperationState.DONE, mailing_state=MailingState.IN_MAILCHIMP)
