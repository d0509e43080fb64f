"""Counting of requests and the ten simultaneous slots of an account; its own lock, held for a moment."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from cxmc_ext.standin.models import Json
from cxmc_ext.standin.problems import too_many_requests


class RequestCounter:
    """What was asked, how often, and how much at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.routes: Counter[str] = Counter()
        self.refused = 0
        self.peak = 0
        self._busy: Counter[str] = Counter()

    def add(self, route: str) -> None:
        with self._lock:
            self.routes[route] += 1

    def total_for(self, route: str) -> int:
        """Requests so far of one route, named as in "POST /campaigns"."""
        return self.routes[route]

    @contextmanager
    def connection_slot(self, account_id: str, limit: int) -> Iterator[None]:
        self._take(account_id, limit)
        try:
            yield
        finally:
            with self._lock:
                self._busy[account_id] -= 1

    def summary(self) -> Json:
        with self._lock:
            return {
                "routes": dict(sorted(self.routes.items())),
                "total": self.routes.total(),
                "peak": self.peak,
                "refused": self.refused,
            }

    def _take(self, account_id: str, limit: int) -> None:
        with self._lock:
            if self._busy[account_id] >= limit:
                self.refused += 1
                raise too_many_requests()
            self._busy[account_id] += 1
            self.peak = max(self.peak, self._busy[account_id])
