"""The Host reads and writes within our transaction, which must still be open afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from cxmc_ext.domain.errors import HostError


@contextmanager
def within_transaction(session: Session, method: str) -> Iterator[None]:
    """For calls of the Host between a lock, or a first write, and what must be committed with it.

    Args:
        session: The database session, with an open transaction.
        method: The last method of the Host that is called.

    Raises:
        HostError: The Host has ended the transaction. With a rollback, what we had written would be lost
            without a trace; with either, what we had locked is free.
    """
    before = session.get_transaction()
    yield
    if session.get_transaction() is not before:
        raise HostError(method, "it, or one called before it, ended the transaction")
