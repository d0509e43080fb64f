"""Activates and deactivates the module for an account, at once."""

from cxmc_ext.db.queries import accounts, operations
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.errors import LostLease
from cxmc_ext.domain.operation_payloads import ActivationPayload
from cxmc_ext.domain.operations import OperationKind, OperationState, Press
from cxmc_ext.domain.people import OPT_OUT_GROUP_NAMES, OPT_OUT_TAG, User
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.requests import OperationRequest, account_scope, submit
from cxmc_ext.usecases.operations.signals import StopOperation
from cxmc_ext.usecases.operations.transitions import ActivationStart, stop_operations
from cxmc_ext.usecases.opt_outs.groups import GROUPS_MISSING, missing_opt_out_groups
from cxmc_ext.usecases.opt_outs.restore import restore_opt_outs
from cxmc_ext.usecases.shared import audit


def request_activation(services: Services, press: Press) -> int:
    """Activates the module; a worker creates the opt-out groups.

    The module counts as active at once. Pressing again, also by many people at the same time, requests
    the same; on an active module, missing groups are created.

    Args:
        services: Those of the account.
        press: Who pressed.

    Returns:
        Id of the operation.

    Raises:
        Conflict: The nonce was used for another request.
    """
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    scope = account_scope(account_id, OperationKind.ACTIVATE)
    last = operations.get_latest(session, scope)
    payload = ActivationPayload.from_json(last.payload if last else {})
    request = OperationRequest(
        press=press,
        kind=OperationKind.ACTIVATE,
        account_id=account_id,
        scope=scope,
        payload=payload,  # what the last one has not finished
        transition=ActivationStart(account_id, services.clock(), press.actor.name[:200]),
    )
    return submit(services, request)


def deactivate(services: Services, actor: User) -> None:
    """Deactivates the module at once. What is running stops before its next remote call.

    Nothing is deleted, and what is scheduled at MailChimp stays scheduled.
    """
    session, now = services.session(), services.clock()
    account_id = accounts.get_or_create(session, services.account_ref).id
    if accounts.deactivate(session, account_id, now, actor.name[:200]):
        stop_operations(session, account_id, now)
        audit.log(services, account_id, AuditAction.DEACTIVATE, actor)
    session.commit()


def create_opt_out_groups(context: OperationContext[ActivationPayload]) -> None:
    """Step: creates the opt-out tag and one group per kind of person in the Host.

    Groups that carry the tag already are used as they are. A group that is new gets everybody who is
    known to have opted out, also if that took several attempts. Then the module is active.

    Raises:
        LostLease: The module was deactivated in the meantime.
        StopOperation: The user may not activate the module anymore, or the Host has not created the
            groups, such as for a tenant it does not know.
    """
    context.check_rights()
    services, operation = context.services, context.operation
    if missing_opt_out_groups(services.host):
        context.commit_progress(restores=True)
    services.host.ensure_opt_out_groups(OPT_OUT_TAG, OPT_OUT_GROUP_NAMES)
    if missing_opt_out_groups(services.host):
        raise StopOperation(OperationState.FAILED, GROUPS_MISSING)
    if context.payload.restores:
        restore_opt_outs(services, operation.account_id, context.commit)
        context.commit_progress(restores=False)
    if not accounts.finish_activation(context.session, operation.account_id, operation.epoch):
        raise LostLease
    context.commit()
