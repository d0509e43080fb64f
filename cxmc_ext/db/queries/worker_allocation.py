"""Statements on who holds workers and who waits for one, so that no account takes them all."""

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.heartbeat import Heartbeat
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries.operations import needs_worker
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.operations import OperationState

_LOCK = 0x63786D64
"""PostgreSQL advisory lock of those who are about to take a worker, whatever their account."""


def lock_allocation(session: Session, account_id: int) -> None:
    """Until the commit nobody else is told how many workers are free."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    else:
        accounts.lock(session, account_id)  # SQLite has one writer, and a reader is none yet


def has_several_accounts(session: Session) -> bool:
    """Whether more than one account is in use."""
    used = select(Account.id).where(Account.state != AccountState.INACTIVE).limit(2)
    return len(session.execute(used).all()) > 1


def count_live_workers(session: Session, since: int) -> int:
    """Worker processes that have beaten since then."""
    alive = (
        select(func.count())
        .select_from(Heartbeat)
        .where(Heartbeat.kind == "worker", Heartbeat.at >= since)
    )
    return int(session.execute(alive).scalar_one())


def workers_busy(session: Session) -> dict[int, int]:
    """Account to how many workers carry out something of it now."""
    running = select(Operation.account_id).where(
        Operation.state == OperationState.RUNNING, Operation.lease_until >= db_now()
    )
    reading = select(Mailing.account_id).where(
        Mailing.sync_lease_token != "", Mailing.sync_lease_until >= db_now()
    )
    each = union_all(running, reading).subquery()
    counted = select(each.c.account_id, func.count()).group_by(each.c.account_id)
    return {row[0]: row[1] for row in session.execute(counted)}


def oldest_waiting(session: Session, now: int) -> dict[int, int]:
    """Account to its oldest operation that somebody must take."""
    oldest = select(Operation.account_id, func.min(Operation.id)).where(needs_worker(now))
    return {row[0]: row[1] for row in session.execute(oldest.group_by(Operation.account_id))}
