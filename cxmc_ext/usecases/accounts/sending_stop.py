"""“Stop all sending” and “Allow sending again”: the emergency stop of an account.

From the press on no send starts. Every request to MailChimp to send or schedule is preceded by a commit
that locks the account and reads the stop (`accounts.lock_for_sending`).
"""

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.operation_payloads import UnschedulePayload
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts import unscheduling
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    active_account,
    submit,
)
from cxmc_ext.usecases.operations.transitions import SendingStop, stop_builds
from cxmc_ext.usecases.shared import audit


def request_stop(services: Services, press: Press) -> int:
    """Stops all sending at once; a worker then unschedules what MailChimp would send.

    What has no send intent yet ends. What has one goes on, to find out whether MailChimp was asked; it
    does not ask any more. While sending is stopped, a repeat unschedules what is still scheduled.

    Returns:
        Id of the operation that unschedules.

    Raises:
        Conflict: not_active, or the nonce was used for another request.
    """
    account_id, kind = active_account(services).id, OperationKind.STOP_SENDING
    request = OperationRequest(
        press=press,
        kind=kind,
        account_id=account_id,
        scope=account_scope(account_id, kind),
        payload=UnschedulePayload(),
        transition=SendingStop(account_id, services.clock(), press.actor.name[:200]),
    )
    return submit(services, request)


def allow(services: Services, actor: User) -> None:
    """Allows sending again. Nothing is sent by itself: whatever was requested before has ended."""
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    if accounts.allow_sending(session, account_id):
        stop_builds(session, account_id, services.clock(), with_intent=True)
        audit.log(services, account_id, AuditAction.ALLOW_SENDING, actor)
    session.commit()


def unschedule_campaigns(context: OperationContext[UnschedulePayload]) -> None:
    """Step: unschedules every campaign, unless sending is allowed again meanwhile.

    Raises:
        RetryLater: They are being unscheduled.
        StopOperation: One of them is still scheduled.
    """
    if context.account.sending_stopped_at is not None:
        unscheduling.unschedule_campaigns(context)
