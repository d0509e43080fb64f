"""How many calls one MailChimp account sees at once: what a limiter is, and the one of one process."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from cxmc_ext.domain.errors import Throttled


class Limiter(Protocol):
    """Lends one of an account's slots for the length of one call."""

    def slot(
        self, account_row: int, wait: float = 10.0, hold: float = 130.0
    ) -> AbstractContextManager[None]:
        """Raises Throttled when none came free in `wait` seconds; lost slots return after `hold`."""


class LocalLimiter:
    """The limit within one process; counts threads."""

    def __init__(self, limit: int) -> None:
        self._limit = max(1, limit)
        self._lock = threading.Lock()
        self._slots: dict[int, threading.BoundedSemaphore] = {}

    @contextmanager
    def slot(self, account_row: int, wait: float = 10.0, hold: float = 130.0) -> Iterator[None]:
        del hold  # a slot of a dead process dies with it
        with self._lock:
            slots = self._slots.setdefault(account_row, threading.BoundedSemaphore(self._limit))
        if not slots.acquire(timeout=max(0.0, wait)):
            raise no_slot_error()
        try:
            yield
        finally:
            slots.release()


def no_slot_error() -> Throttled:
    return Throttled("all connections of the account are in use", retry_after=2)
