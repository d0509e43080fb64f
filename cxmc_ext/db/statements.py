"""How a statement that must change rows is run: how many it hit decides what happens next."""

from typing import Any, cast

from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase


def execute_rowcount(session: Session, statement: UpdateBase) -> int:
    """Runs it behind the back of loaded objects and returns the number of rows it hit."""
    quiet = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(quiet)).rowcount
