"""The limit of concurrent calls per MailChimp account: the protocol, and a version for one process.

MailChimp allows 10 simultaneous connections per user:
https://mailchimp.com/developer/marketing/docs/fundamentals/
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from cxmc_ext.domain.errors import Throttled


class Limiter(Protocol):
    """Lends slots for concurrent calls."""

    def slot(
        self, account_row: int, wait: float = 10.0, hold: float = 130.0
    ) -> AbstractContextManager[None]:
        """Holds one slot of an account inside the with block.

        Args:
            account_row: `Account.id`.
            wait: Seconds to wait for a free slot.
            hold: Seconds after which the slot of a process that died is free again.

        Raises:
            Throttled: No slot became free in time.
        """
        ...


class LocalLimiter:
    """Limits the threads of one process.

    Args:
        limit: Concurrent calls per account, at least 1.
    """

    def __init__(self, limit: int) -> None:
        self._limit = max(1, limit)
        self._lock = threading.Lock()
        self._slots: dict[int, threading.BoundedSemaphore] = {}

    @contextmanager
    def slot(self, account_row: int, wait: float = 10.0, hold: float = 130.0) -> Iterator[None]:
        del hold  # the slots of a process end with it
        with self._lock:
            slots = self._slots.setdefault(account_row, threading.BoundedSemaphore(self._limit))
        if not slots.acquire(timeout=max(0.0, wait)):
            raise no_slot_error()
        try:
            yield
        finally:
            slots.release()


def no_slot_error() -> Throttled:
    """Creates the error for a call that got no slot; try again after 2 seconds."""
    return Throttled("all connections of the account are in use", retry_after=2)
