"""Step that unschedules what MailChimp would send, for “Deactivate” and “Stop all sending”."""

from cxmc_ext.db.queries import mailings, operations
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operation_payloads import UnschedulePayload
from cxmc_ext.domain.operations import ACTIVE_STATES, Press
from cxmc_ext.domain.people import User
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.signals import RetryLater, failed
from cxmc_ext.usecases.sending.removal_requests import request_unschedule_for_module

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
