"""What nobody presses for: the look before a scheduled time, and the broom. Asked for by the tick."""

import logging
from collections.abc import Collection

from sqlalchemy.orm import Session

from cxmc_ext.db.models import Mailing
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

    Its nonces have colons, which none of a form has: nobody can use one up before. What is due is
    found for all accounts at once, so that a tick costs the same however many there are.
    """
    session = services.session()
    refs = accounts.connected(session)
    wanted = _wanted(session, refs, services.clock()) if refs else {}
    session.commit()
    for account_id, requests in wanted.items():
        try:
            _ask_for(services.of(refs[account_id]), session, requests)
        except Exception as error:  # noqa: BLE001 - one tenant's trouble is not another's
            session.rollback()
            _log.error("upkeep of account %s failed: %s", refs[account_id], type(error).__name__)


def _ask_for(services: Services, session: Session, requests: list[Request]) -> None:
    for request in requests:
        try:
            ask(services, request)
        except Conflict as busy:
            session.rollback()
            _log.info("upkeep of %s waits: %s", request.scope, busy.why.code)


def _wanted(session: Session, refs: Collection[int], now: int) -> dict[int, list[Request]]:
    """By account what is due there and was not asked for yet."""
    near = mailings.scheduled_between(session, now + LATEST, now + LOOK_BEFORE)
    span = (now - SWEEP_WITHIN, now - SWEEP_AFTER)
    untidy = calls.with_unsettled(session, *span) | operations.with_litter(session, *span)
    due = [(one.account_id, _guard(one, now)) for one in near]
    due += [(account_id, _broom(account_id, now)) for account_id in sorted(untidy)]
    due = [(account_id, request) for account_id, request in due if account_id in refs]
    known = operations.known(session, [request.nonce for _, request in due])
    found: dict[int, list[Request]] = {}
    for account_id, request in due:
        if request.nonce not in known:
            found.setdefault(account_id, []).append(request)
    return found


def _guard(one: Mailing, now: int) -> Request:
    nonce = f"guard:{one.id}:{one.generation}:{one.schedule_at}:{_looks_left(one, now)}"
    return Request(NOBODY, nonce, OperationKind.GUARD, mailing_scope(one.id), one.id)


def _broom(account_id: int, now: int) -> Request:
    scope = account_scope(account_id, OperationKind.SWEEP)
    return Request(NOBODY, f"sweep:{account_id}:{now // SWEEP_AFTER}", OperationKind.SWEEP, scope)


def _looks_left(mailing: Mailing, now: int) -> int:
    left = (mailing.schedule_at or now) - now
    return (left - LAST_LOOK + LOOK_EVERY) // LOOK_EVERY
