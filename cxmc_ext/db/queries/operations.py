"""Statements on operations: asked for once, claimed by one, written only by who holds the lease."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.operations import (
    ACTIVE_STATES,
    THROWAWAY_KINDS,
    OperationKind,
    OperationState,
    without_secrets,
)

CODE_VERSION = 1
"""Grows with a release whose steps or payloads the one before cannot go on with. Then both may run side
by side: what newer code asked for or had in hand is left to newer code."""
_RUNNING = OperationState.RUNNING
NUDGE_INTERVAL = 15
"""Seconds between two wake-ups of one operation by ticks and polls: a long row must not fill the queue."""
CLEANED_UP_STEP = "tell"
"""The step a trial stands at when nothing of it is left at MailChimp."""


def get(session: Session, operation_id: int) -> Operation | None:
    return session.get(Operation, operation_id)


def account_id_of(session: Session, operation_id: int) -> int | None:
    """None where there is no such operation."""
    found = select(Operation.account_id).where(Operation.id == operation_id)
    return session.execute(found).scalar_one_or_none()


def by_nonce(session: Session, nonce: str) -> Operation | None:
    return session.execute(select(Operation).where(Operation.nonce == nonce)).scalar_one_or_none()


def existing_nonces(session: Session, nonces: Collection[str]) -> set[str]:
    """Which of these presses are there already."""
    if not nonces:
        return set()
    statement = select(Operation.nonce).where(Operation.nonce.in_(nonces))
    return set(session.execute(statement).scalars())


def get_active(session: Session, scope: str) -> Operation | None:
    """The one operation of a scope that has not ended."""
    return session.execute(
        select(Operation).where(Operation.scope == scope, Operation.state.in_(ACTIVE_STATES))
    ).scalar_one_or_none()


def get_latest(session: Session, scope: str, kind: OperationKind | None = None) -> Operation | None:
    statement = select(Operation).where(Operation.scope == scope)
    if kind is not None:
        statement = statement.where(Operation.kind == kind)
    return session.execute(statement.order_by(Operation.id.desc()).limit(1)).scalar_one_or_none()


def title_tokens(session: Session, mailing_id: int) -> list[str]:
    """The tokens that may stand in MailChimp titles and segment names of a mailing."""
    statement = select(Operation.title_token).where(Operation.mailing_id == mailing_id)
    return list(session.execute(statement).scalars())


def orphaned_drafts(session: Session, account_id: int, since: int, until: int) -> list[Operation]:
    """Trials that ended before their draft was gone, asked for in a span of time."""
    mine = (Operation.account_id == account_id, *_is_orphaned(since, until))
    return list(session.execute(select(Operation).where(*mine).order_by(Operation.id)).scalars())


def accounts_with_orphaned_drafts(session: Session, since: int, until: int) -> set[int]:
    """The accounts that have such trials."""
    statement = select(Operation.account_id).where(*_is_orphaned(since, until))
    return set(session.execute(statement.distinct()).scalars())


def store_payload(session: Session, operation_id: int, payload: dict[str, Any]) -> None:
    """What came of an operation that needed no worker. The caller commits."""
    one = update(Operation).where(Operation.id == operation_id)
    execute_rowcount(session, one.values(payload=payload))


def mark_cleaned_up(session: Session, operation_id: int) -> None:
    """What a trial left at MailChimp is removed. The caller commits."""
    execute_rowcount(
        session, update(Operation).where(Operation.id == operation_id).values(step=CLEANED_UP_STEP)
    )


def claim(session: Session, operation_id: int, lease: str, seconds: int) -> bool:
    """Takes an operation that nobody holds and whose time has come; True for exactly one caller."""
    statement = (
        update(Operation)
        .where(Operation.id == operation_id, _is_due())
        .values(
            state=OperationState.RUNNING,
            lease_token=lease,
            lease_until=db_now() + seconds,
            code_version=CODE_VERSION,
            nudged_at=0.0,
        )
    )
    return execute_rowcount(session, statement) == 1


def update_held(
    session: Session, operation_id: int, lease: str, seconds: int, **values: Any
) -> bool:
    """Writes as the holder and extends the lease; False when the row is somebody else's by now.

    A deactivated module, or one that was activated anew since, holds nothing.
    """
    alive = (
        select(Account.epoch)
        .where(Account.id == Operation.account_id, Account.state != AccountState.INACTIVE)
        .scalar_subquery()
    )
    statement = (
        update(Operation)
        .where(_is_held(operation_id, lease), Operation.epoch == alive)
        .values(lease_until=db_now() + seconds, **values)
    )
    return execute_rowcount(session, statement) == 1


def release(session: Session, operation_id: int, lease: str, delay: float, **values: Any) -> bool:
    """running → waiting, due again after `delay` seconds of the database's clock."""
    values |= {"state": OperationState.WAITING, "not_before": db_now() + delay}
    return _release_lease(session, operation_id, lease, values)


def end(session: Session, operation_id: int, lease: str, **values: Any) -> bool:
    return _release_lease(session, operation_id, lease, values)


def clear_delay(session: Session, operation_id: int) -> None:
    """Cuts a pause short. What must settle first pauses again by itself."""
    waiting = (Operation.id == operation_id) & (Operation.state == OperationState.WAITING)
    execute_rowcount(session, update(Operation).where(waiting).values(not_before=0.0))


def cancel_active(session: Session, account_id: int, now: int, why: list[Any]) -> list[int]:
    """Ends whatever is going on in an account; returns the mailings that are concerned.

    One statement says what it ended: a press may come in between two.
    """
    active = (Operation.account_id == account_id) & Operation.state.in_(ACTIVE_STATES)
    ended = {"state": OperationState.CANCELLED, "ended_at": now, "problems": why, "lease_token": ""}
    statement = update(Operation).where(active).values(**ended)
    told = statement.returning(Operation.id, Operation.mailing_id)
    stopped = session.execute(told.execution_options(synchronize_session=False)).all()
    # Read after the states are written: a worker that still ran may have noted something until then.
    for operation_id, _ in stopped:
        _drop_secrets(session, operation_id)
    return [mailing_id for _, mailing_id in stopped if mailing_id is not None]


def is_due(session: Session, operation_id: int) -> bool:
    """Whether it waits for somebody to take it: queued, its holder is gone, or its pause is over."""
    statement = select(Operation.id).where(Operation.id == operation_id, _is_due())
    return session.execute(statement).first() is not None


def due_for_nudge(session: Session, limit: int, now: int) -> list[int]:
    """The oldest operations that somebody must be woken for, from each account in turn."""
    of_account = func.row_number().over(partition_by=Operation.account_id, order_by=Operation.id)
    wanted = (needs_worker(now), _not_nudged_recently())
    each = select(Operation.id, of_account.label("place")).where(*wanted).subquery()
    statement = select(each.c.id).order_by(each.c.place, each.c.id).limit(limit)
    return list(session.execute(statement).scalars())


def mark_nudged(session: Session, ids: Sequence[int]) -> None:
    """Somebody was woken for them; whom he has taken already is left alone. The caller commits."""
    lying = Operation.id.in_(ids) & _is_due()
    execute_rowcount(session, update(Operation).where(lying).values(nudged_at=db_now()))


def claim_nudge(session: Session, operation_id: int) -> bool:
    """Whether nobody was woken for it lately; counts as woken from now on. The caller commits."""
    one = update(Operation).where(Operation.id == operation_id, _not_nudged_recently())
    return execute_rowcount(session, one.values(nudged_at=db_now())) == 1


def clear_nudge(session: Session, operation_id: int) -> None:
    """Who was woken for it came and might not take it: the next may be woken at once."""
    execute_rowcount(
        session, update(Operation).where(Operation.id == operation_id).values(nudged_at=0.0)
    )


def needs_worker(now: int) -> ColumnElement[bool]:
    """Whether somebody must take it; by the index of states.

    One that has waited for MailChimp before does not while its account is asked to wait, unless its time
    is over: the first to come back learnt it for all of them.
    """
    throttled = select(Account.id).where(Account.back_off_until > now)
    free = or_(
        Operation.state != OperationState.WAITING,
        Operation.account_id.not_in(throttled),
        Operation.deadline < now,
    )
    return and_(Operation.state.in_(ACTIVE_STATES), _is_due(), free)


def _not_nudged_recently() -> ColumnElement[bool]:
    return Operation.nudged_at < db_now() - NUDGE_INTERVAL


def _is_due() -> ColumnElement[bool]:
    free = or_(
        Operation.state == OperationState.QUEUED,
        and_(Operation.state == OperationState.RUNNING, Operation.lease_until < db_now()),
        and_(Operation.state == OperationState.WAITING, Operation.not_before <= db_now()),
    )
    return and_(free, Operation.code_version <= CODE_VERSION)


def _is_orphaned(since: int, until: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Operation.kind.in_(THROWAWAY_KINDS),
        Operation.created_at.between(since, until),
        Operation.state.not_in(ACTIVE_STATES),
        Operation.step.not_in(("", CLEANED_UP_STEP)),
    )


def _is_held(operation_id: int, lease: str) -> ColumnElement[bool]:
    return and_(
        Operation.id == operation_id, Operation.lease_token == lease, Operation.state == _RUNNING
    )


def _release_lease(session: Session, operation_id: int, lease: str, values: dict[str, Any]) -> bool:
    free = {"lease_token": "", "lease_until": 0.0} | values
    statement = update(Operation).where(_is_held(operation_id, lease)).values(**free)
    return execute_rowcount(session, statement) == 1


def _drop_secrets(session: Session, operation_id: int) -> None:
    row = session.execute(
        select(Operation.kind, Operation.payload).where(Operation.id == operation_id)
    ).one()
    public = without_secrets(row.kind, row.payload)
    if public != row.payload:
        store_payload(session, operation_id, public)
