"""The control room: the state of the module, the synchronization of each mailing, and its brake."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import accounts, operations
from cxmc_ext.db.queries import control_room as queries
from cxmc_ext.db.queries.control_room import HeartbeatRow, MailingRow, OperationRow
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.operations import OperationKind
from cxmc_ext.domain.people import User
from cxmc_ext.domain.problems import Problem, problem_from_json, problems_from_json
from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.domain.rules.stored_figures import stored_pairs
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import account_scope
from cxmc_ext.usecases.opt_outs.groups import has_lost_opt_out_groups
from cxmc_ext.usecases.opt_outs.members import unsubscribes_read_at
from cxmc_ext.usecases.shared import audit, system_problems
from cxmc_ext.usecases.shared import heartbeats as shared_heartbeats
from cxmc_ext.usecases.shared.heartbeats import Health, Liveness
from cxmc_ext.usecases.shared.system_problems import SystemProblem

PAGE_SIZE = 50
_DAY = 86_400
_WEEK = 7 * _DAY


@dataclass(frozen=True, slots=True)
class SyncRow:
    """The synchronization of one mailing. Times are Unix seconds.

    A mailing that is not synced (anymore) has an `interval` of 0 and no `next_at`.
    """

    ref: str
    title: str
    state: MailingState
    is_connected: bool
    """It has a campaign at MailChimp."""
    interval: int
    """Seconds between two turns at the mailing's age."""
    lag: int
    """Seconds it is overdue."""
    last_at: int | None
    next_at: int | None
    calls: int
    """Calls to MailChimp within the last 24 hours."""
    count_differences: Mapping[str, tuple[int | None, int | None]]
    """Kind of event → [stored, reported], where MailChimp reports more."""
    problem: Problem | None
    warnings: tuple[Problem, ...]
    """What the last import could not use of MailChimp's answers."""


@dataclass(frozen=True, slots=True)
class ListedOperation:
    """An operation that needs attention or waits, and why; `at` is when it ended or began."""

    kind: OperationKind
    ref: str | None
    title: str | None
    by: str
    at: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last heartbeat of one process."""

    name: str
    kind: str
    at: int
    liveness: Liveness


@dataclass(frozen=True, slots=True)
class ControlRoom:
    """What one page of the control room shows."""

    account: Account
    active: bool
    groups_missing: bool
    """The module is active, but an opt-out group is missing: nothing is sent."""
    is_unscheduling: bool
    """Sending is stopped, and what MailChimp would send is being unscheduled."""
    queue_problem: Problem | None
    """Why workers cannot be woken."""
    health: Health
    system_problems: tuple[SystemProblem, ...]
    account_problem: Problem | None
    """MailChimp has deactivated the account, since `account.disabled_at`."""
    unsubscribes_problem: Problem | None
    """Why it is not known who unsubscribed outside of campaigns since `unsubscribes_read_at`."""
    unsubscribes_read_at: int | None
    dropped_values: int
    """Values of MailChimp's answers within the last 24 hours that could not be used."""
    heartbeats: tuple[Heartbeat, ...]
    failed_operations: tuple[ListedOperation, ...]
    """They ended badly within the last week, or an error stops them at the moment."""
    waiting_operations: tuple[ListedOperation, ...]
    mailings: tuple[SyncRow, ...]
    page: int
    has_more: bool


def load_page(services: Services, page: int) -> ControlRoom:
    """Reads one page of the control room.

    Args:
        services: Those of the account.
        page: Which page of its mailings, counted from 1.
    """
    session, now = services.session(), services.clock()
    account = accounts.get_or_create(session, services.account_ref)
    rows = queries.mailings(session, account.id, (page - 1) * PAGE_SIZE, PAGE_SIZE + 1)
    calls = queries.call_counts(session, account.id, [row.id for row in rows], now - _DAY)
    heartbeats = queries.heartbeats(session, now - _DAY, PAGE_SIZE)
    waiting = queries.waiting_operations(session, account.id, now, PAGE_SIZE)
    crashing = [row for row in waiting if crash_of(row.problems)]
    health = shared_heartbeats.health(services)
    failed = queries.failed_operations(session, account.id, now - _WEEK, PAGE_SIZE)
    return ControlRoom(
        account=account,
        active=account.state == AccountState.ACTIVE,
        groups_missing=has_lost_opt_out_groups(services.host, account.state),
        is_unscheduling=_is_unscheduling(session, account),
        queue_problem=services.queue.problem(),
        health=health,
        system_problems=system_problems.process_problems(health),
        account_problem=Problem("account_disabled") if account.disabled_at else None,
        unsubscribes_problem=problem_from_json(account.unsubscribes_problem),
        unsubscribes_read_at=unsubscribes_read_at(account),
        dropped_values=queries.dropped_value_count(session, account.id, now - _DAY),
        heartbeats=tuple(_heartbeat(row, health, now) for row in heartbeats),
        failed_operations=tuple(_listed_operation(row) for row in (*crashing, *failed)),
        waiting_operations=tuple(_listed_operation(row) for row in waiting if row not in crashing),
        mailings=tuple(_sync_row(row, calls.get(row.id, 0), now) for row in rows[:PAGE_SIZE]),
        page=page,
        has_more=len(rows) > PAGE_SIZE,
    )


def pause(services: Services, actor: User) -> None:
    """Stops the synchronization of the account; sending and scheduling go on."""
    _set_paused(services, actor, AuditAction.PAUSE)


def resume(services: Services, actor: User) -> None:
    """Resumes the synchronization; the next ticks read what became due in the meantime."""
    _set_paused(services, actor, AuditAction.RESUME)


def crash_of(problems: Json) -> Problem | None:
    """The error in the CRM or in this module that an operation waits for, if it does."""
    found = problems_from_json(problems)
    return next((problem for problem in found if problem.code == "waiting_error"), None)


def _is_unscheduling(session: Session, account: Account) -> bool:
    if account.sending_stopped_at is None:
        return False
    scope = account_scope(account.id, OperationKind.STOP_SENDING)
    return operations.get_active(session, scope) is not None


def _set_paused(services: Services, actor: User, action: AuditAction) -> None:
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    if queries.set_paused(session, account_id, action == AuditAction.PAUSE):
        audit.log(services, account_id, action, actor)
    session.commit()


def _sync_row(row: MailingRow, calls: int, now: int) -> SyncRow:
    origin = sync_intervals.age_origin(row.remote_created_at, row.schedule_at, row.sent_at)
    due_at = row.next_sync_at
    is_read = due_at is not None and row.state != MailingState.SCHEDULED
    return SyncRow(
        ref=row.campaign_ref,
        title=row.campaign_title,
        state=MailingState(row.state),
        is_connected=row.remote_id is not None,
        interval=sync_intervals.interval(origin, now) if is_read else 0,
        lag=max(0, now - due_at) if due_at is not None else 0,
        last_at=row.last_sync_at,
        next_at=due_at,
        calls=calls,
        count_differences=stored_pairs(row.count_differences),
        problem=problem_from_json(row.sync_problem),
        warnings=problems_from_json(row.sync_warnings),
    )


def _listed_operation(row: OperationRow) -> ListedOperation:
    return ListedOperation(
        kind=OperationKind(row.kind),
        ref=row.campaign_ref,
        title=row.campaign_title,
        by=row.actor_name,
        at=row.at,
        problems=problems_from_json(row.problems),
    )


def _heartbeat(row: HeartbeatRow, health: Health, now: int) -> Heartbeat:
    return Heartbeat(row.name, row.kind, row.at, health.judge(now - row.at))
