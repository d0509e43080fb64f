"""The synchronisation: who is due, and one turn of one mailing from claim to release."""

from itertools import zip_longest
from typing import Any

from cxmc_ext.db.queries import accounts, mailings, sync_due, sync_turns
from cxmc_ext.db.queries.sync_turns import SyncTurn
from cxmc_ext.domain.errors import (
    Conflict,
    KeyRefused,
    MailChimpError,
    NotFound,
    Refused,
    Throttled,
    Unreachable,
)
from cxmc_ext.domain.operations import AuditAction
from cxmc_ext.domain.people import User
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import audit, worker_allocation

_FIRST_RETRY = 60


def claim_due(services: Services, limit: int) -> list[int]:
    """Due mailings for a wake-up, from each account in turn, newest first.

    They are not due again for two minutes. An account that may take no worker now keeps its own.

    :param limit: how many in all; of each account at least one.
    """
    session, now = services.session(), services.clock()
    owners = sync_due.accounts_due(session, now, services.account_ref)
    crowded = worker_allocation.saturated_accounts(services) if owners else frozenset[int]()
    free = [owner for owner in owners if owner not in crowded]
    each = max(1, limit // max(1, len(free)))
    found = [sync_due.claim_due(session, owner, now, each) for owner in free]
    session.commit()
    return [row for lot in zip_longest(*found) for row in lot if row is not None]


def request_update(services: Services, actor: User, campaign_ref: str) -> None:
    """“Update now”: due at once; several presses are one.

    :raises Conflict: when there is no campaign in MailChimp.
    """
    session = services.session()
    account = accounts.get_or_create(session, services.account_ref)
    mailing = mailings.get_by_campaign(session, account.id, campaign_ref)
    if mailing is None or mailing.remote_id is None:
        raise Conflict(Problem("nothing_to_update"))
    mailing_id = mailing.id
    sync_turns.request_now(session, mailing_id, services.clock())
    audit.log(services, account.id, AuditAction.UPDATE, actor, mailing_id=mailing_id)
    session.commit()
    services.queue.nudge_sync(mailing_id)


def next_interval(turn: SyncTurn, now: int) -> int:
    return sync_intervals.next_sync_time(turn.age_origin or now, now, turn.mailing_id)


def postpone(
    services: Services, turn: SyncTurn, why: Problem, error: MailChimpError | None
) -> None:
    """Back-off up to the tier's own interval; what is wrong is shown beside the report."""
    session, now = services.session(), services.clock()
    longest = sync_intervals.interval(turn.age_origin or now, now)
    pause = min(_FIRST_RETRY * 2 ** min(turn.sync_failures, 16), longest)
    pause = max(pause, (error.retry_after if error else None) or 0)
    if isinstance(error, Throttled):
        accounts.back_off(session, turn.account_id, now + pause)
    if isinstance(error, KeyRefused):
        accounts.mark_key_refused(session, turn.account_id, turn.sealed_key)
    values: dict[str, Any] = {
        "sync_failures": turn.sync_failures + 1,
        "sync_problem": why.to_json(),
    }
    sync_turns.finish(session, turn, now + pause, **values)
    session.commit()


_PROBLEM_CODES: tuple[tuple[type[MailChimpError], str], ...] = (
    (KeyRefused, "key_refused"),
    (NotFound, "campaign_missing"),
    (Refused, "report_refused"),
    (Throttled, "waiting_throttled"),
    (Unreachable, "waiting_unreachable"),
    (MailChimpError, "waiting_unclear"),
)


def _problem_for(error: MailChimpError) -> Problem:
    code = next(code for kind, code in _PROBLEM_CODES if isinstance(error, kind))
    return Problem(code, error.detail)


def reschedule(services: Services, turn: SyncTurn, next_at: int | None, **values: Any) -> None:
    """Ends a turn that went well."""
    session = services.session()
    done: dict[str, Any] = {
        "last_sync_at": services.clock(),
        "sync_failures": 0,
        "sync_problem": None,
    }
    sync_turns.finish(session, turn, next_at, **done | values)
    session.commit()
