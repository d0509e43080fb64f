"""Queries on operations: one row per press, claimed by one worker, written by the holder of its lease."""

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
)

# Incremented by a release whose steps or payloads the previous one does not understand. Both may then
# run side by side: older code leaves operations alone that newer code requested or worked on.
CODE_VERSION = 1
# Seconds between two nudges of one operation by ticks and polls: a backlog must not fill the queue.
NUDGE_INTERVAL = 15
# The last step of test mails and previews, when nothing of them is left at MailChimp.
CLEANED_UP_STEP = "report"


def get(session: Session, operation_id: int) -> Operation | None:
    """The operation with this id; None when there is none."""
    return session.get(Operation, operation_id)


def account_id_of(session: Session, operation_id: int) -> int | None:
    """The id of the account of an operation; None when there is no such operation."""
    statement = select(Operation.account_id).where(Operation.id == operation_id)
    return session.execute(statement).scalar_one_or_none()


def by_nonce(session: Session, nonce: str) -> Operation | None:
    """The operation of a press; None when the press is new."""
    return session.execute(select(Operation).where(Operation.nonce == nonce)).scalar_one_or_none()


def existing_nonces(session: Session, nonces: Collection[str]) -> set[str]:
    """Those of these nonces that have an operation already."""
    if not nonces:
        return set()
    statement = select(Operation.nonce).where(Operation.nonce.in_(nonces))
    return set(session.execute(statement).scalars())


def get_active(session: Session, scope: str) -> Operation | None:
    """The active operation of a scope; None when all have ended."""
    return session.execute(
        select(Operation).where(Operation.scope == scope, Operation.state.in_(ACTIVE_STATES))
    ).scalar_one_or_none()


def get_latest(session: Session, scope: str, kind: OperationKind | None = None) -> Operation | None:
    """The newest operation of a scope, or of one kind in a scope; None when there is none."""
    statement = select(Operation).where(Operation.scope == scope)
    if kind is not None:
        statement = statement.where(Operation.kind == kind)
    return session.execute(statement.order_by(Operation.id.desc()).limit(1)).scalar_one_or_none()


def title_tokens(session: Session, mailing_id: int) -> list[str]:
    """The tokens that may occur in the title or segment name of a mailing at MailChimp."""
    statement = select(Operation.title_token).where(Operation.mailing_id == mailing_id)
    return list(session.execute(statement).scalars())


def orphaned_drafts(session: Session, account_id: int, since: int, until: int) -> list[Operation]:
    """Test mails and previews of a period that ended before their draft was deleted at MailChimp."""
    mine = (Operation.account_id == account_id, *_is_orphaned(since, until))
    return list(session.execute(select(Operation).where(*mine).order_by(Operation.id)).scalars())


def accounts_with_orphaned_drafts(session: Session, since: int, until: int) -> set[int]:
    """The ids of the accounts that have such operations."""
    statement = select(Operation.account_id).where(*_is_orphaned(since, until))
    return set(session.execute(statement.distinct()).scalars())


def store_payload(session: Session, operation_id: int, payload: dict[str, Any]) -> None:
    """Stores the payload of an operation whatever its state. The caller commits."""
    statement = update(Operation).where(Operation.id == operation_id)
    execute_rowcount(session, statement.values(payload=payload))


def mark_cleaned_up(session: Session, operation_id: int) -> None:
    """Records that the draft of a test mail or preview has been deleted. The caller commits."""
    execute_rowcount(
        session, update(Operation).where(Operation.id == operation_id).values(step=CLEANED_UP_STEP)
    )


def claim(session: Session, operation_id: int, lease: str, seconds: int) -> bool:
    """Takes the lease of an operation that is due.

    The UPDATE decides between workers: it matches for exactly one of them.

    Args:
        session: The host's session. The caller commits.
        operation_id: The operation.
        lease: A token that is unique to this claim.
        seconds: How long the lease lasts, by the database's clock.

    Returns:
        Whether this caller got it; False when another worker has it or it is not due.
    """
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
    """Sets columns as the holder of the lease and extends it. The caller commits.

    Returns:
        False when the lease is lost: another worker took it, the operation was cancelled, or the account
        was deactivated since it was requested. Nothing was written then.
    """
    current_epoch = (
        select(Account.epoch)
        .where(Account.id == Operation.account_id, Account.state != AccountState.INACTIVE)
        .scalar_subquery()
    )
    statement = (
        update(Operation)
        .where(_is_held(operation_id, lease), Operation.epoch == current_epoch)
        .values(lease_until=db_now() + seconds, **values)
    )
    return execute_rowcount(session, statement) == 1


def release(session: Session, operation_id: int, lease: str, delay: float, **values: Any) -> bool:
    """running → waiting: gives up the lease and makes the operation due again after a delay.

    Args:
        session: The host's session. The caller commits.
        operation_id: The operation.
        lease: The token of the claim.
        delay: Seconds of the database's clock.
        values: Columns to set.

    Returns:
        False when the lease was lost; nothing was written then.
    """
    values |= {"state": OperationState.WAITING, "not_before": db_now() + delay}
    return _release_lease(session, operation_id, lease, values)


def end(session: Session, operation_id: int, lease: str, **values: Any) -> bool:
    """Gives up the lease for good; `values` contains the final state. The caller commits.

    Returns:
        False when the lease was lost; nothing was written then.
    """
    return _release_lease(session, operation_id, lease, values)


def clear_delay(session: Session, operation_id: int) -> None:
    """Makes a waiting operation due at once; a step that still has to wait will wait again."""
    waiting = (Operation.id == operation_id) & (Operation.state == OperationState.WAITING)
    execute_rowcount(session, update(Operation).where(waiting).values(not_before=0.0))


def is_due(session: Session, operation_id: int) -> bool:
    """Whether a worker may claim it: it is queued, its lease has expired, or its delay is over."""
    statement = select(Operation.id).where(Operation.id == operation_id, _is_due())
    return session.execute(statement).first() is not None


def due_for_nudge(session: Session, limit: int, now: int) -> list[int]:
    """The oldest operations that need a worker and were not nudged recently, taking turns by account."""
    return _taking_turns(session, needs_worker(now) & _not_nudged_recently(), limit)


def due_without_queue(session: Session, limit: int, now: int) -> list[int]:
    """The oldest operations that need a worker, taking turns by account; no nudge reaches a worker."""
    return _taking_turns(session, needs_worker(now), limit)


def _taking_turns(session: Session, due: ColumnElement[bool], limit: int) -> list[int]:
    place = func.row_number().over(partition_by=Operation.account_id, order_by=Operation.id)
    numbered = select(Operation.id, place.label("place")).where(due).subquery()
    statement = select(numbered.c.id).order_by(numbered.c.place, numbered.c.id).limit(limit)
    return list(session.execute(statement).scalars())


def mark_nudged(session: Session, ids: Sequence[int]) -> None:
    """Records that workers were nudged for those that are still due. The caller commits."""
    still_due = Operation.id.in_(ids) & _is_due()
    execute_rowcount(session, update(Operation).where(still_due).values(nudged_at=db_now()))


def claim_nudge(session: Session, operation_id: int) -> bool:
    """Claims the right to nudge a worker for it. The caller commits.

    Returns:
        False when somebody was nudged within the last `NUDGE_INTERVAL` seconds.
    """
    statement = update(Operation).where(Operation.id == operation_id, _not_nudged_recently())
    return execute_rowcount(session, statement.values(nudged_at=db_now())) == 1


def clear_nudge(session: Session, operation_id: int) -> None:
    """Allows another nudge at once: the worker that was nudged was not allowed to take it."""
    execute_rowcount(
        session, update(Operation).where(Operation.id == operation_id).values(nudged_at=0.0)
    )


def needs_worker(now: int) -> ColumnElement[bool]:
    """The condition under which a worker has to take an operation.

    While MailChimp throttles an account, its waiting operations are left alone: the first one that came
    back learned it for all of them. Those past their deadline are taken anyway, to be ended.
    """
    throttled = select(Account.id).where(Account.back_off_until > now)
    may_call = or_(
        Operation.state != OperationState.WAITING,
        Operation.account_id.not_in(throttled),
        Operation.deadline < now,
    )
    return and_(Operation.state.in_(ACTIVE_STATES), _is_due(), may_call)


def _not_nudged_recently() -> ColumnElement[bool]:
    return Operation.nudged_at < db_now() - NUDGE_INTERVAL


def _is_due() -> ColumnElement[bool]:
    claimable = or_(
        Operation.state == OperationState.QUEUED,
        and_(Operation.state == OperationState.RUNNING, Operation.lease_until < db_now()),
        and_(Operation.state == OperationState.WAITING, Operation.not_before <= db_now()),
    )
    return and_(claimable, Operation.code_version <= CODE_VERSION)


def _is_orphaned(since: int, until: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Operation.kind.in_(THROWAWAY_KINDS),
        Operation.created_at.between(since, until),
        Operation.state.not_in(ACTIVE_STATES),
        Operation.step.not_in(("", CLEANED_UP_STEP)),
    )


def _is_held(operation_id: int, lease: str) -> ColumnElement[bool]:
    return and_(
        Operation.id == operation_id,
        Operation.lease_token == lease,
        Operation.state == OperationState.RUNNING,
    )


def _release_lease(session: Session, operation_id: int, lease: str, values: dict[str, Any]) -> bool:
    columns = {"lease_token": "", "lease_until": 0.0} | values
    statement = update(Operation).where(_is_held(operation_id, lease)).values(**columns)
    return execute_rowcount(session, statement) == 1
