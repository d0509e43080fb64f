"""The control room: how the module is, per mailing how far its synchronisation is, and its brake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from cxmc_ext.db.models import Account
from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries import control as rows
from cxmc_ext.db.queries.syncing import origin
from cxmc_ext.domain.rules import tiers
from cxmc_ext.domain.values import (
    AccountState,
    Action,
    MailingState,
    OperationKind,
    User,
    Why,
    why_of,
    whys_of,
)
from cxmc_ext.services import Services
from cxmc_ext.usecases import audit, ticks

PAGE = 50
_DAY = 86_400
_WEEK = 7 * _DAY


@dataclass(frozen=True, slots=True)
class Followed:
    """One mailing; `every` 0 and `next_at` None: it is not synchronised."""

    ref: str
    title: str
    state: MailingState
    linked: bool
    every: int
    lag: int
    """Seconds it is overdue."""
    last_at: int | None
    next_at: int | None
    calls: int
    """Of the last day."""
    gap: Mapping[str, Sequence[int]]
    trouble: Why | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """An operation that a person should look at."""

    kind: OperationKind
    ref: str | None
    title: str | None
    by: str
    at: int
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Beat:
    """A process that said it lives; `alive` = lately enough."""

    name: str
    kind: str
    at: int
    alive: bool


@dataclass(frozen=True, slots=True)
class Room:
    """One page of it."""

    account: Account
    active: bool
    reachable: bool
    health: ticks.Health
    beats: tuple[Beat, ...]
    stopped: tuple[Stopped, ...]
    mailings: tuple[Followed, ...]
    page: int
    more: bool


def room(services: Services, page: int) -> Room:
    session, now = services.session(), services.clock()
    account = accounts.of_ref(session, services.account_ref)
    found = rows.mailings(session, account.id, (page - 1) * PAGE, PAGE + 1)
    calls = rows.calls(session, account.id, [row.id for row in found], now - _DAY)
    stopped = rows.stopped(session, account.id, now - _WEEK, PAGE)
    return Room(
        account=account,
        active=account.state == AccountState.ACTIVE,
        reachable=services.queue.reachable(),
        health=ticks.health(services),
        beats=tuple(_beat(row, now) for row in rows.beats(session, now - _DAY, PAGE)),
        stopped=tuple(_stopped(row) for row in stopped),
        mailings=tuple(_followed(row, calls.get(row.id, 0), now) for row in found[:PAGE]),
        page=page,
        more=len(found) > PAGE,
    )


def pause(services: Services, actor: User) -> None:
    """No synchronisation begins from here on; sends and schedules go on."""
    _set(services, actor, Action.PAUSE)


def resume(services: Services, actor: User) -> None:
    """What came due meanwhile is read by the next ticks."""
    _set(services, actor, Action.RESUME)


def _set(services: Services, actor: User, action: Action) -> None:
    session = services.session()
    account_id = accounts.of_ref(session, services.account_ref).id
    if rows.set_paused(session, account_id, action == Action.PAUSE):
        audit.note(services, account_id, action, actor)
    session.commit()


def _followed(row: Row[Any], calls: int, now: int) -> Followed:
    begun = origin(row.created_at, row.schedule_at, row.sent_at)
    due = row.next_sync_at
    return Followed(
        ref=row.campaign_ref,
        title=row.campaign_title,
        state=MailingState(row.state),
        linked=row.remote_id is not None,
        every=tiers.every(begun, now) if due is not None else 0,
        lag=max(0, now - due) if due is not None else 0,
        last_at=row.last_sync_at,
        next_at=due,
        calls=calls,
        gap=row.sync_gap or {},
        trouble=why_of(row.sync_note),
    )


def _stopped(row: Row[Any]) -> Stopped:
    return Stopped(
        OperationKind(row.kind),
        row.campaign_ref,
        row.campaign_title,
        row.actor_name,
        row.ended_at,
        whys_of(row.why),
    )


def _beat(row: Row[Any], now: int) -> Beat:
    return Beat(row.name, row.kind, row.at, now - row.at <= ticks.ALIVE[row.kind])
