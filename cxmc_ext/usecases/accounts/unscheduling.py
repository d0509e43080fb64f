"""Steps that unschedule what MailChimp would send, for “Deactivate” and “Stop all sending”."""

from cxmc_ext.db.queries import accounts, mailings, operations
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict, KeyRefused
from cxmc_ext.domain.mailchimp import RemoteCampaign
from cxmc_ext.domain.operation_payloads import UnschedulePayload
from cxmc_ext.domain.operations import ACTIVE_STATES, Press
from cxmc_ext.domain.people import User
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.mailchimp_status import SCHEDULED
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.signals import RetryLater, failed
from cxmc_ext.usecases.sending.removal_requests import request_unschedule_for_module
from cxmc_ext.usecases.shared.batches import in_batches

# Seconds between two looks whether the campaigns are unscheduled.
_CHECK_DELAY = 2


def unschedule_campaigns(context: OperationContext[UnschedulePayload]) -> None:
    """Step: unschedules every campaign, each by an operation of its own, and waits for them.

    Raises:
        RetryLater: They are being unscheduled, or another operation on one of them must end first.
        StopOperation: One of them is still scheduled.
    """
    context.check_rights()
    session = context.session
    requested = set(context.payload.requested)
    open_ids = sorted(_scheduled_ids(context) - requested)
    requested_now = {each for each in open_ids if _request_unscheduling(context, each)}
    requested |= requested_now
    context.commit_progress(requested=tuple(sorted(requested)))
    rows = [operations.by_nonce(session, _nonce(context, mailing_id)) for mailing_id in requested]
    is_running = any(row is not None and row.state in ACTIVE_STATES for row in rows)
    context.commit()
    if is_running or requested_now < set(open_ids):
        raise RetryLater(_CHECK_DELAY, Problem("waiting_unscheduling"))
    if _scheduled_ids(context):
        raise failed(context.spec.timeout_code)


def read_drafts(context: OperationContext[UnschedulePayload]) -> None:
    """Step: finds drafts that a person has scheduled in MailChimp (`GET /campaigns/{id}`).

    The synchronization may read them in an hour. It comes after what is known to be scheduled, and fails
    nothing: a draft that MailChimp cannot show stays what it was.

    Raises:
        MailChimpError: A call failed and may be repeated.
    """
    account = context.account
    if account.sealed_key is None or account.key_refused:
        return
    is_last = context.operation.attempts + 1 >= (context.spec.max_attempts or 1)
    drafts = mailings.drafts_there(context.session, account.id)
    for batch in in_batches(drafts, context.max_parallel_calls):
        results = context.call_many(
            context.api.campaign, [(remote_id or "",) for _, remote_id in batch]
        )
        for (mailing_id, _), result in zip(batch, results, strict=True):
            if result.error is None:
                _follow_schedule(context, mailing_id, result.unwrap())
            elif isinstance(result.error, KeyRefused):
                accounts.mark_key_refused(context.session, account.id, context.sealed_key)
                context.commit()
                return
            elif not result.error.permanent and not is_last:
                raise result.error
        context.commit()


def _follow_schedule(
    context: OperationContext[UnschedulePayload], mailing_id: int, campaign: RemoteCampaign
) -> None:
    if campaign.status == SCHEDULED:
        at = {"schedule_at": campaign.send_time} if campaign.send_time else {}
        values = {"state": MailingState.SCHEDULED, "remote_status": campaign.status, **at}
        mailings.update_if_state(context.session, mailing_id, mailings.DRAFT_STATES, **values)


def _request_unscheduling(context: OperationContext[UnschedulePayload], mailing_id: int) -> bool:
    """Returns whether it need not be requested again.

    After a refusal other than busy it was sent just now, or it counts as still scheduled at the end.
    """
    press = Press(User("", context.operation.actor_name), _nonce(context, mailing_id))
    try:
        request_unschedule_for_module(context.services, press, context.account.id, mailing_id)
    except Conflict as conflict:
        return conflict.problem.code != "busy"
    return True


def _scheduled_ids(context: OperationContext[UnschedulePayload]) -> set[int]:
    found = mailings.may_be_scheduled(context.session, context.account.id, context.now)
    return {mailing.id for mailing in found} - set(context.payload.left_scheduled)


def _nonce(context: OperationContext[UnschedulePayload], mailing_id: int) -> str:
    """Contains a colon, which the nonce of a form does not."""
    return f"{context.operation.kind}:{context.operation_id}:{mailing_id}"
