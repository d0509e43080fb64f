"""Work inside the Host's transaction whose failure leaves that transaction usable."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """Undoes what the block did to the database if it fails, and nothing else.

    PostgreSQL refuses every further statement of a transaction in which one has failed, up to a rollback; the
    Host would lose its whole page. The block may commit or roll back itself.
    """
    nested = session.begin_nested()
    try:
        yield
    except BaseException:
        if nested.is_active:
            nested.rollback()
        raise
    if nested.is_active:
        nested.commit()
