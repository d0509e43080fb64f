"""Statements of the synchronisation's turns: who may read a mailing now, what is due, what was settled.

A turn is a lease in the mailing's row, compared with the database's clock. `next_sync_at` is moved only
by who claimed it: a wish (“Update now”) that arrives during a turn stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    bindparam,
    case,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models import Account, Mailing, Operation
from cxmc_ext.db.queries import mailings
from cxmc_ext.db.queries.due import AHEAD as AHEAD
from cxmc_ext.db.queries.due import readable
from cxmc_ext.db.statements import changed
from cxmc_ext.domain.errors import LostLease
from cxmc_ext.domain.values import ACTIVE_STATES, AccountState, MailingState

LEASE = 60
GATE_EVERY = 30
"""Seconds between two gate calls of one account, unless somebody asked for an update."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one worker knows of the mailing it reads; the row itself may move on meanwhile."""

    mailing_id: int
    account_id: int
    account_ref: str
    token: str
    epoch: int
    mark: int
    """next_sync_at as the claim left it."""
    remote_id: str
    title: str
    state: str
    remote_status: str
    created_at: int | None
    schedule_at: int | None
    sent_at: int | None
    sync_tier: int
    sync_since: int | None
    sync_line: str
    sync_fails: int
    sync_gap: dict[str, Any]
    counts: dict[str, Any]
    report: dict[str, Any]
    list_id: str
    gate_at: int
    members_since: int
    key_sealed: str = field(repr=False)

    @property
    def origin(self) -> int:
        """What the tiers count from: a scheduled campaign counts from its send time (seed)."""
        return origin(self.created_at, self.schedule_at, self.sent_at)


def origin(created_at: int | None, schedule_at: int | None, sent_at: int | None) -> int:
    return ((sent_at or schedule_at) if schedule_at else (created_at or sent_at)) or 0


def claim(session: Session, mailing_id: int, token: str, now: int) -> Turn | None:
    """Takes the turn; None when it is not due, somebody has it, or nothing may be called."""
    allowed = exists().where(Account.id == Mailing.account_id, *readable(now))
    statement = (
        update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.next_sync_at <= now + AHEAD)
        .where(Mailing.remote_id.is_not(None), Mailing.sync_until < db_now(), allowed)
        .values(sync_lease=token, sync_until=db_now() + LEASE, next_sync_at=now + AHEAD)
    )
    return taken(session, mailing_id, token) if changed(session, statement) else None


def taken(session: Session, mailing_id: int, token: str) -> Turn:
    """The turn as its row stands now. Raises LostLease."""
    row = session.execute(
        select(*_TURN)
        .join(Account, Account.id == Mailing.account_id)
        .where(Mailing.id == mailing_id, Mailing.sync_lease == token)
    ).one_or_none()
    if row is None:
        raise LostLease
    return Turn(token=token, **row._mapping)


def extend(session: Session, turn: Turn) -> None:
    """First statement of every transaction of a turn: locks the row. Raises LostLease."""
    active = exists().where(
        Account.id == turn.account_id,
        Account.epoch == turn.epoch,
        Account.state == AccountState.ACTIVE,
    )
    statement = update(Mailing).where(_mine(turn), active).values(sync_until=db_now() + LEASE)
    if not changed(session, statement):
        raise LostLease


def finish(session: Session, turn: Turn, next_at: int | None, **values: Any) -> None:
    """Gives the turn back. Raises LostLease. A wish that came meanwhile keeps its time."""
    kept = case((Mailing.next_sync_at == turn.mark, next_at), else_=Mailing.next_sync_at)
    statement = (
        update(Mailing)
        .where(_mine(turn))
        .values(sync_lease="", sync_until=0.0, next_sync_at=kept, **values)
    )
    if not changed(session, statement):
        raise LostLease


def move(session: Session, turn: Turn, state: MailingState, **values: Any) -> bool:
    """Follows MailChimp: False when an operation is at work on the mailing or it moved on itself."""
    busy = exists().where(
        Operation.mailing_id == turn.mailing_id, Operation.state.in_(ACTIVE_STATES)
    )
    statement = (
        update(Mailing)
        .where(_mine(turn), Mailing.state == turn.state, ~busy)
        .values(state=state, **values)
    )
    return changed(session, statement) == 1


def take_gate(session: Session, account_id: int, now: int) -> bool:
    """Whether this worker is the one that asks for the report lines of all campaigns.

    A look that lies in the future is one of another clock and over as well.
    """
    over = or_(Account.gate_at <= now - GATE_EVERY, Account.gate_at > now + GATE_EVERY)
    statement = update(Account).where(Account.id == account_id, over).values(gate_at=now)
    return changed(session, statement) == 1


def give_gate_back(session: Session, account_id: int, at: int) -> None:
    """The call failed: the next one need not wait."""
    changed(
        session,
        update(Account).where(Account.id == account_id, Account.gate_at == at).values(gate_at=0),
    )


def due_sent(session: Session, turn: Turn, now: int) -> Sequence[Row[Any]]:
    """The account's sent mailings that are due, this turn's own among them."""
    free = (Mailing.sync_until < db_now()) | (Mailing.id == turn.mailing_id)
    statement = select(
        Mailing.id,
        Mailing.remote_id,
        Mailing.created_at,
        Mailing.schedule_at,
        Mailing.sent_at,
        Mailing.sync_tier,
        Mailing.sync_since,
        Mailing.sync_line,
        Mailing.sync_gap,
        Mailing.next_sync_at,
    ).where(
        Mailing.account_id == turn.account_id,
        Mailing.state == MailingState.SENT,
        Mailing.next_sync_at <= now + AHEAD,
        free,
    )
    return session.execute(statement).all()


def settle(session: Session, rows: Sequence[dict[str, int]]) -> None:
    """Unchanged mailings: {"row", "seen", "next", "tier", "now"} each; nobody's turn is touched.

    Neither is what somebody writes just now, a tick for instance: who waits for no row stops nobody.
    """
    idle = select(Mailing.id).where(_idle(row["row"] for row in rows))
    free = set(session.execute(idle.with_for_update(skip_locked=True)).scalars())
    rows = [row for row in rows if row["row"] in free]
    if rows:
        statement = (
            update(Mailing.__table__)  # type: ignore[arg-type]
            .where(Mailing.id == bindparam("row"), Mailing.next_sync_at == bindparam("seen"))
            .where(Mailing.sync_until < db_now())
            .values(
                next_sync_at=bindparam("next"),
                sync_tier=bindparam("tier"),
                last_sync_at=bindparam("now"),
                sync_fails=0,
                sync_note=None,
            )
        )
        session.execute(statement, list(rows))


def reports(session: Session, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """As they are now, to be written before the commit; without those that somebody reads or writes."""
    idle = select(Mailing.id, Mailing.report).where(_idle(ids))
    rows = session.execute(idle.with_for_update(skip_locked=True))
    return {row.id: dict(row.report or {}) for row in rows}


def want(session: Session, mailing_id: int, now: int) -> None:
    """Due at once, and the gate is asked again. The account first, as opt-outs lock it: no deadlock."""
    owner = select(Mailing.account_id).where(Mailing.id == mailing_id).scalar_subquery()
    changed(session, update(Account).where(Account.id == owner).values(gate_at=0))
    mailings.store(session, mailing_id, next_sync_at=now)


_TURN = (
    Mailing.id.label("mailing_id"),
    Mailing.account_id,
    Account.ref.label("account_ref"),
    Account.epoch,
    Mailing.next_sync_at.label("mark"),
    Mailing.remote_id,
    Mailing.campaign_title.label("title"),
    Mailing.state,
    Mailing.remote_status,
    Mailing.created_at,
    Mailing.schedule_at,
    Mailing.sent_at,
    Mailing.sync_tier,
    Mailing.sync_since,
    Mailing.sync_line,
    Mailing.sync_fails,
    Mailing.sync_gap,
    Mailing.counts,
    Mailing.report,
    Account.list_id,
    Account.gate_at,
    Account.members_since,
    Account.key_sealed,
)


def _idle(ids: Iterable[int]) -> ColumnElement[bool]:
    """Those of them that nobody reads."""
    return Mailing.id.in_(list(ids)) & (Mailing.sync_until < db_now())


def _mine(turn: Turn) -> ColumnElement[bool]:
    return (
        (Mailing.id == turn.mailing_id)
        & (Mailing.sync_lease == turn.token)
        & (Mailing.remote_id == turn.remote_id)
    )
