"""Where a test gets its hands in: around each remote call, and after each commit."""

import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cxmc_ext.domain.ports import Connect


class Killed(BaseException):
    """kill -9: no handler of the product sees it."""


Hook = Callable[[str, int], None]


def nothing(name: str, number: int) -> None:
    del name, number


class Tap:
    """Between the product and its real client: counts the calls, and lets a test act around each."""

    def __init__(self, real: Connect) -> None:
        self.real = real
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.before: Hook = nothing
        self.after: Hook = nothing
        self.calls: list[str] = []

    def __call__(self, key: str, account_row: int) -> "Tapped":
        return Tapped(self, self.real(key, account_row))

    def passing(self, name: str) -> int:
        with self._lock:
            self.calls.append(name)
            return len(self.calls)


class Tapped:
    """The client as the product sees it; its methods keep their names."""

    def __init__(self, tap: Tap, client: Any) -> None:
        self._tap = tap
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method, tap = getattr(self._client, name), self._tap

        @functools.wraps(method)
        def call(*args: Any) -> Any:
            number = tap.passing(name)
            tap.before(name, number)
            answer = method(*args)
            if not isinstance(answer, Iterator):
                tap.after(name, number)
                return answer
            rows = list(answer)
            tap.after(name, number)
            return iter(rows)

        return call


@dataclass
class Commits:
    """Counts the commits of the work under test, and acts after each."""

    after: Hook = nothing
    count: int = 0
    armed: bool = False

    def clear(self) -> None:
        self.after, self.count, self.armed = nothing, 0, False

    def done(self) -> None:
        if self.armed:
            self.count += 1
            self.after("commit", self.count)
