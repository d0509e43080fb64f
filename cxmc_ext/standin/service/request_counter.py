"""Counts API calls, and limits how many of an account may be in flight at once."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from cxmc_ext.standin.models import Json
from cxmc_ext.standin.problems import too_many_requests


class RequestCounter:
    """Calls by route, and the connections in use by account. Has its own lock, held only for a moment.

    `routes` counts calls by route, for example "GET /lists/{list_id}"; `peak` is the highest number of
    simultaneous calls of one account; `refused` counts those beyond the limit.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.routes: Counter[str] = Counter()
        self.refused = 0
        self.peak = 0
        self._in_flight: Counter[str] = Counter()

    def add(self, route: str) -> None:
        with self._lock:
            self.routes[route] += 1

    def total_for(self, route: str) -> int:
        return self.routes[route]

    @property
    def in_flight(self) -> int:
        """How many calls are being worked on right now."""
        return self._in_flight.total()

    @contextmanager
    def connection_slot(self, account_id: str, limit: int) -> Iterator[None]:
        """Occupies one of the account's connections.

        Raises:
            Problem: 429, all `limit` connections are in use.
        """
        self._acquire(account_id, limit)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight[account_id] -= 1

    def summary(self) -> Json:
        with self._lock:
            return {
                "routes": dict(sorted(self.routes.items())),
                "total": self.routes.total(),
                "peak": self.peak,
                "refused": self.refused,
            }

    def _acquire(self, account_id: str, limit: int) -> None:
        with self._lock:
            if self._in_flight[account_id] >= limit:
                self.refused += 1
                raise too_many_requests()
            self._in_flight[account_id] += 1
            self.peak = max(self.peak, self._in_flight[account_id])
