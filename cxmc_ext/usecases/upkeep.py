"""What nobody presses for: the look before a scheduled time, and the broom. Asked for by the tick."""

import logging

from sqlalchemy.orm import Session

from cxmc_ext.db.models import Account, Mailing
from cxmc_ext.db.queries import accounts, calls, mailings, operations
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.values import OperationKind, User
from cxmc_ext.services import Services
from cxmc_ext.usecases.ask import Request, account_scope, ask, mailing_scope

LOOK_BEFORE = 20 * 60
"""Seconds before a scheduled time from which on opt-outs are looked at once more (I2 d)."""
LOOK_EVERY = 5 * 60
"""And again: 20, 16, 11 and 6 minutes before."""
LAST_LOOK = 6 * 60
"""Early enough to build it anew; a tick that comes late may still ask for it until LATEST."""
LATEST = 3 * 60
SWEEP_AFTER = 3600
"""By then whatever a lost request does has happened."""
SWEEP_WITHIN = 7 * 24 * 3600
NOBODY = User("", "MailChimp module")

_log = logging.getLogger(__name__)


def ask_for(services: Services) -> None:
    """Asks for the upkeep that is due, in each account. A repeat asks for nothing new.

    Its nonces have colons, which none of a form has: nobody can use one up before.
    """
    session = services.session()
    found = accounts.connected(session)
    session.commit()
    for ref in found:
        try:
            _ask_for(services.of(ref), session)
        except Exception as error:  # noqa: BLE001 - one tenant's trouble is not another's
            session.rollback()
            _log.error("upkeep of account %s failed: %s", ref, type(error).__name__)


def _ask_for(services: Services, session: Session) -> None:
    account = accounts.of_ref(session, services.account_ref)
    wanted = _wanted(services, session, account)
    session.commit()
    for request in wanted:
        try:
            ask(services, request)
        except Conflict as busy:
            session.rollback()
            _log.info("upkeep of %s waits: %s", request.scope, busy.why.code)


def _wanted(services: Services, session: Session, account: Account) -> list[Request]:
    now = services.clock()
    found = [
        Request(
            NOBODY,
            f"guard:{one.id}:{one.generation}:{one.schedule_at}:{_looks_left(one, now)}",
            OperationKind.GUARD,
            mailing_scope(one.id),
            one.id,
        )
        for one in mailings.scheduled_between(session, account.id, now + LATEST, now + LOOK_BEFORE)
    ]
    span = (account.id, now - SWEEP_WITHIN, now - SWEEP_AFTER)
    if calls.unsettled(session, *span) or operations.litter(session, *span):
        scope = account_scope(account.id, OperationKind.SWEEP)
        nonce = f"sweep:{account.id}:{now // SWEEP_AFTER}"
        found.append(Request(NOBODY, nonce, OperationKind.SWEEP, scope))
    return [one for one in found if operations.by_nonce(session, one.nonce) is None]


def _looks_left(mailing: Mailing, now: int) -> int:
    left = (mailing.schedule_at or now) - now
    return (left - LAST_LOOK + LOOK_EVERY) // LOOK_EVERY
