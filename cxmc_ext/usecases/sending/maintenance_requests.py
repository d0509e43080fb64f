"""What nobody presses for: the look before a scheduled time, and the broom. Asked for by the tick."""

import logging
from collections.abc import Collection

from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import accounts, mailings, operations, remote_calls
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    mailing_scope,
    submit,
)

CHECK_FROM = 20 * 60
"""Seconds before a scheduled time from which on opt-outs are looked at once more (I2 d)."""
CHECK_INTERVAL = 5 * 60
"""And again: 20, 16, 11 and 6 minutes before."""
LAST_CHECK = 6 * 60
"""Early enough to build it anew; a tick that comes late may still ask for it until LATEST."""
CHECK_UNTIL = 3 * 60
SWEEP_AFTER = 3600
"""By then whatever a lost request does has happened."""
SWEEP_WITHIN = 7 * 24 * 3600
SYSTEM_USER = User("", "MailChimp module")

_log = logging.getLogger(__name__)


def request_due_maintenance(services: Services) -> None:
    """Asks for the upkeep that is due, in each account. A repeat asks for nothing new.

    Its nonces have colons, which none of a form has: nobody can use one up before. What is due is
    found for all accounts at once, so that a tick costs the same however many there are.
    """
    session = services.session()
    refs = accounts.connected(session)
    wanted = _due_requests(session, refs, services.clock()) if refs else {}
    session.commit()
    for account_id, requests in wanted.items():
        try:
            _submit_all(services.for_account(refs[account_id]), session, requests)
        except Exception as error:  # noqa: BLE001 - one tenant's trouble is not another's
            session.rollback()
            _log.error("upkeep of account %s failed: %s", refs[account_id], type(error).__name__)


def _submit_all(services: Services, session: Session, requests: list[OperationRequest]) -> None:
    for request in requests:
        try:
            submit(services, request)
        except Conflict as busy:
            session.rollback()
            _log.info("upkeep of %s waits: %s", request.scope, busy.problem.code)


def _due_requests(
    session: Session, refs: Collection[int], now: int
) -> dict[int, list[OperationRequest]]:
    """By account what is due there and was not asked for yet."""
    near = mailings.scheduled_between(session, now + CHECK_UNTIL, now + CHECK_FROM)
    span = (now - SWEEP_WITHIN, now - SWEEP_AFTER)
    untidy = remote_calls.accounts_with_unsettled(
        session, *span
    ) | operations.accounts_with_orphaned_drafts(session, *span)
    due = [(one.account_id, _late_opt_out_check(one, now)) for one in near]
    due += [(account_id, _orphan_sweep(account_id, now)) for account_id in sorted(untidy)]
    due = [(account_id, request) for account_id, request in due if account_id in refs]
    known = operations.existing_nonces(session, [request.press.nonce for _, request in due])
    found: dict[int, list[OperationRequest]] = {}
    for account_id, request in due:
        if request.press.nonce not in known:
            found.setdefault(account_id, []).append(request)
    return found


def _late_opt_out_check(one: Mailing, now: int) -> OperationRequest:
    nonce = f"guard:{one.id}:{one.generation}:{one.schedule_at}:{_checks_left(one, now)}"
    return OperationRequest(
        Press(SYSTEM_USER, nonce), OperationKind.LATE_OPT_OUT_CHECK, mailing_scope(one.id), one.id
    )


def _orphan_sweep(account_id: int, now: int) -> OperationRequest:
    scope = account_scope(account_id, OperationKind.ORPHAN_SWEEP)
    return OperationRequest(
        Press(SYSTEM_USER, f"sweep:{account_id}:{now // SWEEP_AFTER}"),
        OperationKind.ORPHAN_SWEEP,
        scope,
    )


def _checks_left(mailing: Mailing, now: int) -> int:
    left = (mailing.schedule_at or now) - now
    return (left - LAST_CHECK + CHECK_INTERVAL) // CHECK_INTERVAL
