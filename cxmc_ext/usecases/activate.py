"""Switches the module on and off."""

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import accounts, mailings, operations
from cxmc_ext.domain.values import Action, OperationKind, User, Why
from cxmc_ext.services import Services
from cxmc_ext.usecases import audit
from cxmc_ext.usecases.ask import Request, account_scope, ask


def request_activation(services: Services, actor: User, nonce: str) -> int:
    """The module counts as switched on at once; the operation makes tag and groups.

    Pressing again, or a hundred people at once, asks for the same thing; on an active module it
    mends what is missing.
    """
    session = services.session()
    account_id = accounts.of_ref(session, services.account_ref).id
    request = Request(
        actor,
        nonce,
        OperationKind.ACTIVATE,
        account_scope(account_id, OperationKind.ACTIVATE),
    )

    def begin(session: Session) -> None:
        accounts.leave_inactive(session, account_id, services.clock(), actor.name[:200])

    return ask(services, request, begin)


def deactivate(services: Services, actor: User) -> None:
    """Ends what is under way before its next remote call; nothing is deleted."""
    session = services.session()
    account_id = accounts.of_ref(session, services.account_ref).id
    now = services.clock()
    before, after = [Why("deactivated").as_json()], [Why("stopped_after_intent").as_json()]
    if accounts.become_inactive(session, account_id, now, actor.name[:200]):
        mailings.hold_active(session, account_id)
        stopped = operations.cancel_active(session, account_id, now, before)
        mailings.stop(session, stopped, before, after)
        audit.note(services, account_id, Action.DEACTIVATE, actor)
    session.commit()
