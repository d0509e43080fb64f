"""Queries of `flask cxmc status` and `doctor`: counts, clocks, SQLite settings, how an operation ended."""

import sqlite3
from typing import Any

from sqlalchemy import and_, func, select, text
from sqlalchemy.orm import Session

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall


def database_time(session: Session) -> float:
    """The time of the database's clock, in Unix seconds."""
    return float(session.execute(select(db_now())).scalar_one())


def sqlite_settings(session: Session) -> tuple[bool, bool] | None:
    """Tells how SQLite is configured. Ends the transaction.

    Returns:
        (whether it uses a write-ahead log, whether transactions begin with BEGIN IMMEDIATE), or None for
        another database and for one in memory.
    """
    bind = session.get_bind()
    file = bind.engine.url.database
    if bind.dialect.name != "sqlite" or not file or file == ":memory:":
        return None
    session.rollback()
    wal = session.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    return wal, _is_locked(file)


def _is_locked(file: str) -> bool:
    other = sqlite3.connect(file, timeout=0)
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    finally:
        other.close()
    return False


def operations_by_state(session: Session, account_id: int) -> dict[str, int]:
    """How many operations are in each state."""
    return _counted(session, Operation.state, Operation.account_id == account_id)


def mailings_by_state(session: Session, account_id: int) -> dict[str, int]:
    """How many mailings are in each state."""
    return _counted(session, Mailing.state, Mailing.account_id == account_id)


def count_syncs_due(session: Session, account_id: int, now: int) -> int:
    """How many mailings are due for synchronization."""
    statement = (
        select(func.count())
        .select_from(Mailing)
        .where(Mailing.account_id == account_id, Mailing.next_sync_at <= now)
    )
    return int(session.execute(statement).scalar_one())


def oldest_due_since(session: Session, account_id: int, now: int) -> int | None:
    """Since when the mailing that has waited longest for its synchronization is due; None: none is."""
    statement = select(func.min(Mailing.next_sync_at)).where(
        Mailing.account_id == account_id, Mailing.next_sync_at <= now
    )
    return session.execute(statement).scalar_one()


def calls_by_outcome(session: Session, account_id: int, since: int) -> dict[str, int]:
    """How many calls were made since then, by outcome."""
    return _counted(
        session,
        RemoteCall.outcome,
        and_(RemoteCall.account_id == account_id, RemoteCall.at >= since),
    )


def state_and_problems(session: Session, operation_id: int) -> tuple[str, list[Any]]:
    """State and stored problems of an operation, read anew even when its row is loaded already."""
    statement = select(Operation.state, Operation.problems).where(Operation.id == operation_id)
    state, problems = session.execute(statement).one()
    return state, problems or []


def _counted(session: Session, column: Any, condition: Any) -> dict[str, int]:
    statement = select(column, func.count()).where(condition).group_by(column).order_by(column)
    return {str(name): count for name, count in session.execute(statement).all()}
