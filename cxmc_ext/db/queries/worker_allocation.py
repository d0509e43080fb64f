"""Queries on which accounts occupy workers and which wait for one, so that none takes them all."""

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.heartbeat import Heartbeat
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries.operations import needs_worker
from cxmc_ext.db.statements import is_sqlite
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.operations import OperationState

# PostgreSQL advisory lock that a worker holds while it decides for which account it works.
_LOCK = 0x63786D64


def lock_allocation(session: Session, account_id: int) -> None:
    """Makes other workers wait until the commit before they count free workers."""
    if is_sqlite(session):
        accounts.lock(session, account_id)  # SQLite has one writer: writing anything is the lock
    else:
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def has_several_accounts(session: Session) -> bool:
    """Whether more than one account is active."""
    used = select(Account.id).where(Account.state != AccountState.INACTIVE).limit(2)
    return len(session.execute(used).all()) > 1


def count_live_workers(session: Session, since: int) -> int:
    """How many worker processes had a heartbeat since then."""
    alive = (
        select(func.count())
        .select_from(Heartbeat)
        .where(Heartbeat.kind == "worker", Heartbeat.at >= since)
    )
    return int(session.execute(alive).scalar_one())


def workers_busy(session: Session) -> dict[int, int]:
    """How many workers each account occupies now, as {account id: workers}."""
    running = select(Operation.account_id).where(
        Operation.state == OperationState.RUNNING, Operation.lease_until >= db_now()
    )
    reading = select(Mailing.account_id).where(
        Mailing.sync_lease_token != "", Mailing.sync_lease_until >= db_now()
    )
    busy = union_all(running, reading).subquery()
    counted = select(busy.c.account_id, func.count()).group_by(busy.c.account_id)
    return {row[0]: row[1] for row in session.execute(counted)}


def oldest_waiting(session: Session, now: int) -> dict[int, int]:
    """The oldest operation of each account that needs a worker, as {account id: operation id}."""
    oldest = select(Operation.account_id, func.min(Operation.id)).where(needs_worker(now))
    return {row[0]: row[1] for row in session.execute(oldest.group_by(Operation.account_id))}
