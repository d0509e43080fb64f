"""The control room: how the module is, per mailing how far its synchronisation is, and its brake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries import control_room as rows
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import AuditAction, OperationKind
from cxmc_ext.domain.people import User
from cxmc_ext.domain.problems import Problem, problem_from_json, problems_from_json
from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.domain.rules.sync_intervals import age_origin
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.shared import heartbeats as heartbeats_module

PAGE_SIZE = 50
_DAY = 86_400
_WEEK = 7 * _DAY


@dataclass(frozen=True, slots=True)
class SyncRow:
    """One mailing; `every` 0 and `next_at` None: it is not synchronised."""

    ref: str
    title: str
    state: MailingState
    is_connected: bool
    interval: int
    lag: int
    """Seconds it is overdue."""
    last_at: int | None
    next_at: int | None
    calls: int
    """Of the last day."""
    count_differences: Mapping[str, Sequence[int]]
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class FailedOperation:
    """An operation that a person should look at."""

    kind: OperationKind
    ref: str | None
    title: str | None
    by: str
    at: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A process that said it lives; `alive` = lately enough."""

    name: str
    kind: str
    at: int
    alive: bool


@dataclass(frozen=True, slots=True)
class ControlRoom:
    """One page of it."""

    account: Account
    active: bool
    reachable: bool
    health: heartbeats_module.Health
    heartbeats: tuple[Heartbeat, ...]
    failed_operations: tuple[FailedOperation, ...]
    mailings: tuple[SyncRow, ...]
    page: int
    has_more: bool


def load_page(services: Services, page: int) -> ControlRoom:
    session, now = services.session(), services.clock()
    account = accounts.get_or_create(session, services.account_ref)
    found = rows.mailings(session, account.id, (page - 1) * PAGE_SIZE, PAGE_SIZE + 1)
    calls = rows.call_counts(session, account.id, [row.id for row in found], now - _DAY)
    stopped = rows.failed_operations(session, account.id, now - _WEEK, PAGE_SIZE)
    return ControlRoom(
        account=account,
        active=account.state == AccountState.ACTIVE,
        reachable=services.queue.reachable(),
        health=heartbeats_module.health(services),
        heartbeats=tuple(
            _heartbeat(row, now) for row in rows.heartbeats(session, now - _DAY, PAGE_SIZE)
        ),
        failed_operations=tuple(_failed_operation(row) for row in stopped),
        mailings=tuple(_sync_row(row, calls.get(row.id, 0), now) for row in found[:PAGE_SIZE]),
        page=page,
        has_more=len(found) > PAGE_SIZE,
    )


def pause(services: Services, actor: User) -> None:
    """No synchronisation begins from here on; sends and schedules go on."""
    _set(services, actor, AuditAction.PAUSE)


def resume(services: Services, actor: User) -> None:
    """What came due meanwhile is read by the next ticks."""
    _set(services, actor, AuditAction.RESUME)


def _set(services: Services, actor: User, action: AuditAction) -> None:
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    if rows.set_paused(session, account_id, action == AuditAction.PAUSE):
        audit.log(services, account_id, action, actor)
    session.commit()


def _sync_row(row: Row[Any], calls: int, now: int) -> SyncRow:
    begun = age_origin(row.remote_created_at, row.schedule_at, row.sent_at)
    due = row.next_sync_at
    return SyncRow(
        ref=row.campaign_ref,
        title=row.campaign_title,
        state=MailingState(row.state),
        is_connected=row.remote_id is not None,
        interval=sync_intervals.interval(begun, now) if due is not None else 0,
        lag=max(0, now - due) if due is not None else 0,
        last_at=row.last_sync_at,
        next_at=due,
        calls=calls,
        count_differences=row.count_differences or {},
        problem=problem_from_json(row.sync_problem),
    )


def _failed_operation(row: Row[Any]) -> FailedOperation:
    return FailedOperation(
        OperationKind(row.kind),
        row.campaign_ref,
        row.campaign_title,
        row.actor_name,
        row.ended_at,
        problems_from_json(row.problems),
    )


def _heartbeat(row: Row[Any], now: int) -> Heartbeat:
    return Heartbeat(
        row.name, row.kind, row.at, now - row.at <= heartbeats_module.MAX_AGE[row.kind]
    )
