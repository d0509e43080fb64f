"""A database that is busy or away for a moment: how the edges recognise it."""

import sqlite3

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

DB_ERRORS: tuple[type[Exception], ...] = (OperationalError, NoConnection)


def is_transient(error: Exception) -> bool:
    """Whether waiting helps: locked, restarting, or out of connections; not a table that lacks."""
    told = getattr(error, "orig", None)
    return not isinstance(told, sqlite3.Error) or "locked" in str(told)
