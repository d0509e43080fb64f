"""Tells database errors that pass by themselves from those that do not."""

import sqlite3

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

DB_ERRORS: tuple[type[Exception], ...] = (OperationalError, PoolTimeout)


def is_transient(error: Exception) -> bool:
    """Whether waiting helps: the database is locked, restarting, or out of connections.

    SQLite reports a missing table as OperationalError too; waiting does not help there.
    """
    cause = getattr(error, "orig", None)
    return not isinstance(cause, sqlite3.Error) or "locked" in str(cause)
