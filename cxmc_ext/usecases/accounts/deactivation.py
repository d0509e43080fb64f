"""Deactivates the module for an account. What is scheduled at MailChimp is unscheduled first.

MailChimp sends a scheduled campaign whether the module is active or not, and nobody would check it for
opt-outs any more. So it stays scheduled only if the administrator says so. The webhook is deleted, too.
"""

from collections.abc import Collection

from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import accounts, mailings
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operation_payloads import UnschedulePayload
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts.activation import deactivate
from cxmc_ext.usecases.operations.requests import OperationRequest, account_scope, submit
from cxmc_ext.usecases.operations.transitions import DeactivationStart


def request_deactivation(
    services: Services, press: Press, left_scheduled: Collection[int] = ()
) -> int | None:
    """Deactivates the module, after unscheduling what MailChimp would send and deleting the webhook.

    It is switched off for everybody at once: tab and campaign type disappear, and what is running stops
    before its next remote call. Only then the campaigns are unscheduled. If one of them cannot be, the
    module is active again, so that opt-outs are still checked.

    Args:
        services: Those of the account.
        press: Who pressed.
        left_scheduled: Ids of mailings that the administrator leaves to MailChimp.

    Returns:
        Id of the operation at MailChimp; None if there is nothing to do there, or the module is inactive.

    Raises:
        Conflict: The nonce was used for another request.
    """
    session, now = services.session(), services.clock()
    account = accounts.get_or_create(session, services.account_ref)
    account_id = account.id
    scheduled = {mailing.id for mailing in mailings.may_be_scheduled(session, account_id, now)}
    if scheduled <= set(left_scheduled) and not _has_more_to_do(session, account):
        deactivate(services, press.actor)
        return None
    kind = OperationKind.DEACTIVATION
    request = OperationRequest(
        press=press,
        kind=kind,
        account_id=account_id,
        scope=account_scope(account_id, kind),
        payload=UnschedulePayload(left_scheduled=tuple(sorted(left_scheduled))),
        transition=DeactivationStart(account_id, now, press.actor.name[:200]),
    )
    try:
        return submit(services, request)
    except Conflict as conflict:
        if conflict.problem.code != "not_active":
            raise
        return None  # it was inactive


def _has_more_to_do(session: Session, account: Account) -> bool:
    """Whether there is a webhook to delete, or a draft that a person may have scheduled in MailChimp."""
    if account.sealed_key is None or account.key_refused:
        return False
    return bool(account.webhook_id or mailings.drafts_there(session, account.id))
