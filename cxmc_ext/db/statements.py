"""What queries need in addition to SQLAlchemy: counts of changed rows, and inserts with conflicts."""

from typing import Any, cast

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


def conflict_insert(session: Session, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Returns an INSERT that offers `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite.insert(model) if is_sqlite(session) else postgresql.insert(model)
