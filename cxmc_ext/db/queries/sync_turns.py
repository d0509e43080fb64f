"""Statements of the synchronisation's turns: who may read a mailing now, what is due, what was settled.

A turn is a lease in the mailing's row, compared with the database's clock. `next_sync_at` is moved only
by who claimed it: a wish (“Update now”) that arrives during a turn stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, case, exists, or_, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import mailings
from cxmc_ext.db.queries.sync_due import CLAIM_SECONDS as CLAIM_SECONDS
from cxmc_ext.db.queries.sync_due import is_syncable
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import LostLease
from cxmc_ext.domain.operations import ACTIVE_STATES
from cxmc_ext.domain.rules.sync_intervals import age_origin

LEASE_SECONDS = 60


CHANGE_CHECK_INTERVAL = 30
"""Seconds between two gate calls of one account, unless somebody asked for an update."""


@dataclass(frozen=True, slots=True)
class SyncTurn:
    """What one worker knows of the mailing it reads; the row itself may move on meanwhile."""

    mailing_id: int
    account_id: int
    account_ref: str
    token: str
    epoch: int
    claimed_next_sync_at: int
    """next_sync_at as the claim left it."""
    remote_id: str
    title: str
    state: str
    remote_status: str
    remote_created_at: int | None
    schedule_at: int | None
    sent_at: int | None
    sync_interval_index: int
    events_cursor: int | None
    report_fingerprint: str
    sync_failures: int
    count_differences: dict[str, Any]
    counts: dict[str, Any]
    report: dict[str, Any]
    list_id: str
    change_checked_at: int
    unsubscribes_cursor: int
    sealed_key: str = field(repr=False)

    @property
    def age_origin(self) -> int:
        """The time from which its age counts; of a scheduled campaign the time at which it is sent."""
        return age_origin(self.remote_created_at, self.schedule_at, self.sent_at)


def claim(session: Session, mailing_id: int, token: str, now: int) -> SyncTurn | None:
    """Takes the turn; None when it is not due, somebody has it, or nothing may be called."""
    allowed = exists().where(Account.id == Mailing.account_id, *is_syncable(now))
    statement = (
        update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.next_sync_at <= now + CLAIM_SECONDS)
        .where(Mailing.remote_id.is_not(None), Mailing.sync_lease_until < db_now(), allowed)
        .values(
            sync_lease_token=token,
            sync_lease_until=db_now() + LEASE_SECONDS,
            next_sync_at=now + CLAIM_SECONDS,
        )
    )
    return load(session, mailing_id, token) if execute_rowcount(session, statement) else None


def load(session: Session, mailing_id: int, token: str) -> SyncTurn:
    """The turn as its row stands now. Raises LostLease."""
    row = session.execute(
        select(*_TURN_COLUMNS)
        .join(Account, Account.id == Mailing.account_id)
        .where(Mailing.id == mailing_id, Mailing.sync_lease_token == token)
    ).one_or_none()
    if row is None:
        raise LostLease
    return SyncTurn(token=token, **row._mapping)


def extend(session: Session, turn: SyncTurn) -> None:
    """First statement of every transaction of a turn: locks the row. Raises LostLease."""
    active = exists().where(
        Account.id == turn.account_id,
        Account.epoch == turn.epoch,
        Account.state == AccountState.ACTIVE,
    )
    statement = (
        update(Mailing)
        .where(_is_held(turn), active)
        .values(sync_lease_until=db_now() + LEASE_SECONDS)
    )
    if not execute_rowcount(session, statement):
        raise LostLease


def finish(session: Session, turn: SyncTurn, next_at: int | None, **values: Any) -> None:
    """Gives the turn back. Raises LostLease. A wish that came meanwhile keeps its time."""
    kept = case(
        (Mailing.next_sync_at == turn.claimed_next_sync_at, next_at), else_=Mailing.next_sync_at
    )
    statement = (
        update(Mailing)
        .where(_is_held(turn))
        .values(sync_lease_token="", sync_lease_until=0.0, next_sync_at=kept, **values)
    )
    if not execute_rowcount(session, statement):
        raise LostLease


def update_state(session: Session, turn: SyncTurn, state: MailingState, **values: Any) -> bool:
    """Follows MailChimp: False when an operation is at work on the mailing or it moved on itself."""
    busy = exists().where(
        Operation.mailing_id == turn.mailing_id, Operation.state.in_(ACTIVE_STATES)
    )
    statement = (
        update(Mailing)
        .where(_is_held(turn), Mailing.state == turn.state, ~busy)
        .values(state=state, **values)
    )
    return execute_rowcount(session, statement) == 1


def claim_change_check(session: Session, account_id: int, now: int) -> bool:
    """Whether this worker is the one that asks for the report lines of all campaigns.

    A look that lies in the future is one of another clock and over as well.
    """
    over = or_(
        Account.change_checked_at <= now - CHANGE_CHECK_INTERVAL,
        Account.change_checked_at > now + CHANGE_CHECK_INTERVAL,
    )
    statement = update(Account).where(Account.id == account_id, over).values(change_checked_at=now)
    return execute_rowcount(session, statement) == 1


def release_change_check(session: Session, account_id: int, at: int) -> None:
    """The call failed: the next one need not wait."""
    execute_rowcount(
        session,
        update(Account)
        .where(Account.id == account_id, Account.change_checked_at == at)
        .values(change_checked_at=0),
    )


class DueMailing(NamedTuple):
    """A sent mailing that is due, with what decides whether its report must be read."""

    id: int
    remote_id: str
    remote_created_at: int | None
    schedule_at: int | None
    sent_at: int | None
    sync_interval_index: int
    events_cursor: int | None
    report_fingerprint: str
    count_differences: dict[str, Any]
    next_sync_at: int

    @property
    def age_origin(self) -> int:
        """The time from which the mailing's age counts, in Unix seconds."""
        return age_origin(self.remote_created_at, self.schedule_at, self.sent_at)


class UnchangedMailing(NamedTuple):
    """A due mailing whose report has not changed, and when it is due again."""

    id: int
    due_at: int
    """Its `next_sync_at` when it was found to be due."""
    next_sync_at: int
    sync_interval_index: int


_DUE_COLUMNS = tuple(getattr(Mailing, name) for name in DueMailing._fields)


def due_sent_mailings(session: Session, turn: SyncTurn, now: int) -> list[DueMailing]:
    """The account's sent mailings that are due and not being read, and the turn's own."""
    free = (Mailing.sync_lease_until < db_now()) | (Mailing.id == turn.mailing_id)
    statement = select(*_DUE_COLUMNS).where(
        Mailing.account_id == turn.account_id,
        Mailing.state == MailingState.SENT,
        Mailing.next_sync_at <= now + CLAIM_SECONDS,
        free,
    )
    return [DueMailing(*row) for row in session.execute(statement)]


def mark_unchanged(session: Session, unchanged: Sequence[UnchangedMailing], now: int) -> None:
    """Reschedule mailings whose report has not changed, as if their own turn had read them.

    Rows locked by another transaction are skipped, so this never blocks. So are mailings that are being
    read, or that became due at another time since.
    """
    not_read = select(Mailing.id).where(_not_being_read(mailing.id for mailing in unchanged))
    free = set(session.execute(not_read.with_for_update(skip_locked=True)).scalars())
    parameters = [
        {
            "row": mailing.id,
            "due": mailing.due_at,
            "next": mailing.next_sync_at,
            "interval": mailing.sync_interval_index,
        }
        for mailing in unchanged
        if mailing.id in free
    ]
    if not parameters:
        return
    statement = (
        update(Mailing.__table__)  # type: ignore[arg-type]
        .where(Mailing.id == bindparam("row"), Mailing.next_sync_at == bindparam("due"))
        .where(Mailing.sync_lease_until < db_now())
        .values(
            next_sync_at=bindparam("next"),
            sync_interval_index=bindparam("interval"),
            last_sync_at=now,
            sync_failures=0,
            sync_problem=None,
        )
    )
    session.execute(statement, parameters)


def lock_reports(session: Session, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """As they are now, to be written before the commit; without those that somebody reads or writes."""
    idle = select(Mailing.id, Mailing.report).where(_not_being_read(ids))
    rows = session.execute(idle.with_for_update(skip_locked=True))
    return {row.id: dict(row.report or {}) for row in rows}


def request_now(session: Session, mailing_id: int, now: int) -> None:
    """Due at once, and the gate is asked again. The account first, as opt-outs lock it: no deadlock."""
    owner = select(Mailing.account_id).where(Mailing.id == mailing_id).scalar_subquery()
    execute_rowcount(
        session, update(Account).where(Account.id == owner).values(change_checked_at=0)
    )
    mailings.update_columns(session, mailing_id, next_sync_at=now)


_TURN_COLUMNS = (
    Mailing.id.label("mailing_id"),
    Mailing.account_id,
    Account.ref.label("account_ref"),
    Account.epoch,
    Mailing.next_sync_at.label("claimed_next_sync_at"),
    Mailing.remote_id,
    Mailing.campaign_title.label("title"),
    Mailing.state,
    Mailing.remote_status,
    Mailing.remote_created_at,
    Mailing.schedule_at,
    Mailing.sent_at,
    Mailing.sync_interval_index,
    Mailing.events_cursor,
    Mailing.report_fingerprint,
    Mailing.sync_failures,
    Mailing.count_differences,
    Mailing.counts,
    Mailing.report,
    Account.list_id,
    Account.change_checked_at,
    Account.unsubscribes_cursor,
    Account.sealed_key,
)


def _not_being_read(ids: Iterable[int]) -> ColumnElement[bool]:
    """Those of them that nobody reads."""
    return Mailing.id.in_(list(ids)) & (Mailing.sync_lease_until < db_now())


def _is_held(turn: SyncTurn) -> ColumnElement[bool]:
    return (
        (Mailing.id == turn.mailing_id)
        & (Mailing.sync_lease_token == turn.token)
        & (Mailing.remote_id == turn.remote_id)
    )
