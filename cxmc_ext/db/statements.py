"""What queries need in addition to SQLAlchemy: counts of changed rows, and inserts of many rows."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase

from cxmc_ext.db.base import Base


def execute_rowcount(session: Session, statement: UpdateBase) -> int:
    """Runs an UPDATE or DELETE without refreshing loaded objects.

    Returns:
        How many rows matched.
    """
    unsynchronized = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(unsynchronized)).rowcount


def is_sqlite(session: Session) -> bool:
    """Whether the database is SQLite; otherwise it is PostgreSQL."""
    return session.get_bind().dialect.name == "sqlite"


def insert_rows(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows, if there are any. The caller commits."""
    if rows:
        session.execute(insert(_table(model)), rows)


def conflict_insert(session: Session, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Returns an INSERT that offers `on_conflict_do_nothing` and `on_conflict_do_update`."""
    table = _table(model)
    return sqlite.insert(table) if is_sqlite(session) else postgresql.insert(table)


def _table(model: type[Base]) -> Table:
    """Rows go into the table itself: through the mapped class each takes twice as long (SQLAlchemy 2.0)."""
    return cast("Table", model.__table__)
