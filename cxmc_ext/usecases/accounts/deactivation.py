"""Deactivates the module for an account. What is scheduled at MailChimp is unscheduled first.

MailChimp sends a scheduled campaign whether the module is active or not, and nobody would check it for
opt-outs any more. So it stays scheduled only if the administrator says so.
"""

import contextlib
from collections.abc import Collection

from cxmc_ext.db.queries import accounts, mailings, operations
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operation_payloads import DeactivationPayload
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationKind, Press
from cxmc_ext.domain.people import User
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts.activation import deactivate
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.requests import OperationRequest, account_scope, submit
from cxmc_ext.usecases.operations.signals import RetryLater, failed
from cxmc_ext.usecases.operations.transitions import DeactivationStart
from cxmc_ext.usecases.sending.removal_requests import request_unschedule_for_module

# Seconds between two looks whether the campaigns are unscheduled.
_CHECK_DELAY = 2


def request_deactivation(
    services: Services, press: Press, left_scheduled: Collection[int] = ()
) -> int | None:
    """Deactivates the module, after unscheduling what MailChimp would send at a later time.

    It is switched off for everybody at once: tab and campaign type disappear, and what is running stops
    before its next remote call. Only then the campaigns are unscheduled. If one of them cannot be, the
    module is active again, so that opt-outs are still checked.

    Args:
        services: Those of the account.
        press: Who pressed.
        left_scheduled: Ids of mailings that the administrator leaves to MailChimp.

    Returns:
        Id of the operation that unschedules; None if the module is inactive already.

    Raises:
        Conflict: The nonce was used for another request.
    """
    session, now = services.session(), services.clock()
    account_id = accounts.get_or_create(session, services.account_ref).id
    scheduled = {mailing.id for mailing in mailings.may_be_scheduled(session, account_id, now)}
    if scheduled <= set(left_scheduled):
        deactivate(services, press.actor)
        return None
    kind = OperationKind.DEACTIVATION
    request = OperationRequest(
        press=press,
        kind=kind,
        account_id=account_id,
        scope=account_scope(account_id, kind),
        payload=DeactivationPayload(left_scheduled=tuple(sorted(left_scheduled))),
        transition=DeactivationStart(account_id, now, press.actor.name[:200]),
    )
    try:
        return submit(services, request)
    except Conflict as conflict:
        if conflict.problem.code != "not_active":
            raise
        return None  # it was inactive


def unschedule_campaigns(context: OperationContext[DeactivationPayload]) -> None:
    """Step: unschedules every campaign, each by an operation of its own, and waits for them.

    Raises:
        RetryLater: They are being unscheduled.
        StopOperation: One of them is still scheduled.
    """
    context.check_rights()
    session, account_id = context.session, context.account.id
    requested = set(context.payload.requested)
    open_ids = _scheduled_ids(context) - requested
    actor = User("", context.operation.actor_name)
    for mailing_id in sorted(open_ids):
        press = Press(actor, _nonce(context, mailing_id))
        # A Conflict: it was sent just now; otherwise it counts as remaining.
        with contextlib.suppress(Conflict):
            request_unschedule_for_module(context.services, press, account_id, mailing_id)
    requested |= open_ids
    context.commit_progress(requested=tuple(sorted(requested)))
    rows = [operations.by_nonce(session, _nonce(context, mailing_id)) for mailing_id in requested]
    waiting = sum(row is not None and row.state in ACTIVE_STATES for row in rows)
    context.commit()
    if waiting:
        raise RetryLater(_CHECK_DELAY, Problem("waiting_unscheduling"))
    remaining = _scheduled_ids(context)
    if remaining:
        raise failed("deactivation_unfinished")


def _scheduled_ids(context: OperationContext[DeactivationPayload]) -> set[int]:
    found = mailings.may_be_scheduled(context.session, context.account.id, context.now)
    return {mailing.id for mailing in found} - set(context.payload.left_scheduled)


def _nonce(context: OperationContext[DeactivationPayload], mailing_id: int) -> str:
    """Contains a colon, which the nonce of a form does not."""
    return f"deactivation:{context.operation_id}:{mailing_id}"
