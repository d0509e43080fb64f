"""Switches the module on and off."""

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import accounts, mailings, operations
from cxmc_ext.domain.errors import LostLease
from cxmc_ext.domain.operations import AuditAction, OperationKind, Press
from cxmc_ext.domain.people import OPT_OUT_GROUP_NAMES, OPT_OUT_TAG, User
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.requests import OperationRequest, account_scope, submit
from cxmc_ext.usecases.shared import audit


def request_activation(services: Services, press: Press) -> int:
    """The module counts as switched on at once; the operation makes tag and groups.

    Pressing again, or a hundred people at once, asks for the same thing; on an active module it
    mends what is missing.
    """
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    request = OperationRequest(
        press,
        OperationKind.ACTIVATE,
        account_scope(account_id, OperationKind.ACTIVATE),
    )

    def begin(session: Session) -> None:
        accounts.start_activation(session, account_id, services.clock(), press.actor.name[:200])

    return submit(services, request, begin)


def deactivate(services: Services, actor: User) -> None:
    """Ends what is under way before its next remote call; nothing is deleted."""
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    now = services.clock()
    before, after = [Problem("deactivated").to_json()], [Problem("stopped_after_intent").to_json()]
    if accounts.deactivate(session, account_id, now, actor.name[:200]):
        mailings.lock_active(session, account_id)
        stopped = operations.cancel_active(session, account_id, now, before)
        mailings.stop_all(session, stopped, before, after)
        audit.log(services, account_id, AuditAction.DEACTIVATE, actor)
    session.commit()


def create_opt_out_groups(run: OperationContext) -> None:
    """The tag and one group per kind of person; what is there is adopted. Then the module is active."""
    run.check_rights()
    run.services.host.ensure_opt_out_groups(OPT_OUT_TAG, OPT_OUT_GROUP_NAMES)
    operation = run.operation
    if not accounts.finish_activation(run.session, operation.account_id, operation.epoch):
        raise LostLease
    run.commit()
