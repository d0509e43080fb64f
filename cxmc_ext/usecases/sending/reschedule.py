"""Steps of “Change time”: take the campaign off the schedule and schedule it again, as it is.

MailChimp cannot move a scheduled campaign. After it is a draft, the steps of every other send go on, with
the same checks and the same send intent, so it can neither be sent twice nor at both times. What can be
known to fail is checked before; if MailChimp refuses the new time all the same, the old one is restored.
"""

from typing import TypeAlias

from cxmc_ext.db.queries import mailings, recipients
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operation_payloads import ReschedulePayload
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.schedule_times import is_too_late
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.signals import StopOperation
from cxmc_ext.usecases.opt_outs.lookup import BATCH_SIZE
from cxmc_ext.usecases.sending.delivery import submit_campaign
from cxmc_ext.usecases.sending.maintenance import take_off_schedule
from cxmc_ext.usecases.shared.frequency_cap import cap_facts, hashes_over_cap

RescheduleContext: TypeAlias = OperationContext[ReschedulePayload]


def set_new_time(context: RescheduleContext) -> str:
    """Step: unschedules the campaign (`POST /campaigns/{id}/actions/unschedule`) and stores the new time.

    Returns:
        “verify”, to check the draft and schedule it again.

    Raises:
        StopOperation: The new time is over by MailChimp's clock, somebody would be over the frequency cap, or
            the campaign is being sent already.
    """
    if context.mailing.state == MailingState.PREPARING:
        return "verify"
    server_time = context.call(context.api.account).server_time or context.now
    if not context.payload.unscheduled:
        if is_too_late(context.payload.new_time, server_time):
            raise _kept(Problem("time_too_soon"))
        _require_cap(context)
    if not take_off_schedule(context):
        raise _kept(Problem("already_sent"))
    _store_time(context, context.payload.new_time)
    return "verify"


def submit_or_restore(context: RescheduleContext) -> str | None:
    """Step: schedules the campaign; at the old time if MailChimp refuses the new one.

    Returns:
        “verify”, to go on with the old time.

    Raises:
        StopOperation: MailChimp refuses the old time as well.
    """
    try:
        submit_campaign(context)
    except StopOperation as stop:
        is_refused = (
            stop.state is OperationState.NOT_READY and context.mailing.send_intent_at is None
        )
        if not is_refused or context.payload.refusal is not None:
            raise
        context.commit_progress(refusal=stop.problems[0])
        _store_time(context, context.payload.old_time)
        return "verify"
    return None


def report_result(context: RescheduleContext) -> None:
    """Step: says so if the campaign has its old time again.

    Raises:
        StopOperation: MailChimp refused the new time.
    """
    if context.payload.refusal is not None:
        raise _kept(context.payload.refusal)


def _require_cap(context: RescheduleContext) -> None:
    """Checks that nobody is mailed more often than the frequency cap allows at the new time."""
    mailing, services = context.mailing, context.services
    mailing_id, after, over = mailing.id, 0, 0
    facts = cap_facts(services, context.account.id, context.payload.new_time, mailing_id)
    if facts is None or mailing.ignores_frequency_cap:
        return
    while page := recipients.mailable_page(context.session, mailing_id, after, BATCH_SIZE):
        after = page[-1].id
        hashes = [recipient.member_hash for recipient in page]
        over += len(hashes_over_cap(services, facts, hashes))
        context.commit()
    if over:
        raise _kept(Problem("time_over_cap", values={"n": str(over)}))


def _store_time(context: RescheduleContext, at: int) -> None:
    mailings.update_columns(
        context.session,
        context.mailing.id,
        state=MailingState.PREPARING,
        send_intent_at=None,
        schedule_at=at,
    )
    context.session.commit()


def _kept(problem: Problem) -> StopOperation:
    """The campaign stays, or is again, scheduled at its old time."""
    return StopOperation(OperationState.FAILED, problem, mailing_state=MailingState.SCHEDULED)
