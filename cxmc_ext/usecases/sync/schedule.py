"""When mailings are synced: claiming what is due, “Update now”, and the next time after a turn."""

import logging
from itertools import zip_longest
from typing import Any

from cxmc_ext.db.queries import accounts, mailings, sync_due, sync_turns
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.errors import (
    Conflict,
    Forbidden,
    KeyRefused,
    MailChimpError,
    NotFound,
    Refused,
    Throttled,
)
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.people import User
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.domain.rules.backoff import backoff
from cxmc_ext.domain.rules.error_problems import problem_for
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import audit, worker_allocation
from cxmc_ext.usecases.shared.error_places import describe_error
from cxmc_ext.usecases.sync.context import TurnContext, TurnEnd

# Seconds until a failed turn is repeated for the first time.
_FIRST_RETRY = 60
# How many names of fields a warning lists.
_MAX_FIELD_NAMES = 5

_log = logging.getLogger(__name__)

_PROBLEM_CODES: dict[type[MailChimpError], str] = {
    Forbidden: "report_refused",
    NotFound: "campaign_missing",
    Refused: "report_refused",
}


def claim_due(services: Services, limit: int) -> list[int]:
    """Claims due mailings for a nudge, taking from each account in turn, newest first.

    A claimed mailing is not due again for two minutes. An account that may not have another worker now
    keeps its mailings.

    Args:
        services: With an `account_ref`, only that account's mailings are claimed.
        limit: How many mailings in all; every account gets at least one.

    Returns:
        Ids of the claimed mailings. The claim is committed.
    """
    session, now = services.session(), services.clock()
    allowed = _accounts_due(services, now)
    share = max(1, limit // max(1, len(allowed)))
    claimed = [sync_due.claim_due(session, account_id, now, share) for account_id in allowed]
    session.commit()
    rounds = zip_longest(*claimed)
    return [mailing_id for turns in rounds for mailing_id in turns if mailing_id is not None]


def claim_next(services: Services, last_account: int) -> tuple[int, int] | None:
    """Claims the newest due mailing of the next account, for a turn of this worker right now. Commits.

    Args:
        services: The services of the app.
        last_account: The account of the worker's last turn; 0 before the first.

    Returns:
        The account and the mailing; None if nothing is due.
    """
    session, now = services.session(), services.clock()
    allowed = _accounts_due(services, now)
    claimed: list[int] = []
    for account_id in sorted(
        allowed, key=lambda account_id: (account_id <= last_account, account_id)
    ):
        claimed = sync_due.claim_due(session, account_id, now, 1)
        if claimed:
            break
    session.commit()
    return (account_id, claimed[0]) if claimed else None


def _accounts_due(services: Services, now: int) -> list[int]:
    """The accounts with due mailings that may have another worker."""
    account_ids = sync_due.accounts_due(services.session(), now, services.account_ref)
    saturated = worker_allocation.saturated_accounts(services) if account_ids else frozenset[int]()
    return [account_id for account_id in account_ids if account_id not in saturated]


def request_update(services: Services, actor: User, campaign_ref: str) -> None:
    """“Update now”: makes a mailing due at once. Repeated presses have the effect of one.

    Raises:
        Conflict: There is no campaign at MailChimp (`nothing_to_update`).
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


def next_interval(context: TurnContext) -> int:
    """When the mailing is due again according to its age, in Unix seconds."""
    turn, now = context.turn, context.started_at
    return sync_intervals.next_sync_time(turn.age_origin or now, now, turn.mailing_id)


def retry_delay(context: TurnContext, error: MailChimpError | None = None) -> int:
    """Seconds until a turn that failed is repeated; at most the sync interval of the mailing's age."""
    turn, now = context.turn, context.now
    wait = backoff(
        turn.sync_failures,
        first=_FIRST_RETRY,
        longest=sync_intervals.interval(turn.age_origin or now, now),
        retry_after=error.retry_after if error else None,
    )
    return round(wait)


def succeeded(context: TurnContext, next_sync_at: int | None, **values: Any) -> TurnEnd:
    """The end of a turn in which nothing went wrong.

    Args:
        context: The turn.
        next_sync_at: When the mailing is due again; None stops its synchronization.
        **values: Further columns of the mailing.
    """
    done: dict[str, Any] = {
        "last_sync_at": context.now,
        "sync_failures": 0,
        "sync_problem": None,
    }
    return TurnEnd(next_sync_at, done | values)


def postponed(context: TurnContext, problem: Problem, delay: int, **values: Any) -> TurnEnd:
    """The end of a turn that could not be completed; the problem is shown beside the report.

    Args:
        context: The turn.
        problem: What went wrong.
        delay: Seconds until the turn is repeated.
        **values: Further columns of the mailing.
    """
    failed: dict[str, Any] = {
        "sync_failures": context.turn.sync_failures + 1,
        "sync_problem": problem.to_json(),
    }
    return TurnEnd(context.now + delay, failed | values)


def warnings_of(context: TurnContext, *more: Problem) -> list[Json]:
    """What administrators are told about a turn in which nothing failed, for `Mailing.sync_warnings`.

    Args:
        context: The turn.
        *more: Warnings besides the values in MailChimp's answers that could not be used.
    """
    dropped = context.dropped_values()
    problems = list(more)
    if dropped:
        names = ", ".join(name for name, _ in dropped.most_common(_MAX_FIELD_NAMES))
        values = {"count": str(dropped.total()), "fields": names}
        problems.append(Problem("values_dropped", values=values))
    return [problem.to_json() for problem in problems]


def postponed_by_failure(context: TurnContext, error: Exception) -> TurnEnd:
    """The end of a turn in which something unforeseen failed: here, in the Host, or in the database."""
    what = describe_error(error)
    _log.error("sync turn of mailing %d failed: %s", context.turn.mailing_id, what)
    problem = Problem("sync_failed", values={"error": type(error).__name__})
    return postponed(context, problem, retry_delay(context))


def postponed_by(context: TurnContext, error: MailChimpError) -> TurnEnd:
    """The end of a turn in which a call failed. The account waits as well if MailChimp asks for it.

    Writes to the account; the caller commits.
    """
    turn, delay = context.turn, retry_delay(context, error)
    if isinstance(error, Throttled):
        accounts.back_off(context.session, turn.account_id, context.now + delay)
    if isinstance(error, KeyRefused):
        accounts.mark_key_refused(context.session, turn.account_id, turn.sealed_key)
    return postponed(context, problem_for(error, _PROBLEM_CODES), delay)
