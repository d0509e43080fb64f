"""What statements need to know of the database: how many rows they changed, and which one it is."""

from typing import Any, cast

from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase


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
