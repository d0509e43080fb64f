"""Where a test gets its hands in: around each remote call, and after each commit."""

import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cxmc_ext.domain.ports.mailchimp import ClientFactory


class WorkerKilled(BaseException):
    """kill -9: no handler of the product sees it."""


Hook = Callable[[str, int], None]


def no_hook(name: str, number: int) -> None:
    del name, number


class CallHooks:
    """Between the product and its real client: counts the calls, and lets a test act around each."""

    def __init__(self, real: ClientFactory) -> None:
        self.client_factory = real
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.before: Hook = no_hook
        self.after: Hook = no_hook
        self.calls: list[str] = []

    def __call__(self, key: str, account_row: int) -> "HookedClient":
        return HookedClient(self, self.client_factory(key, account_row))

    def count_call(self, name: str) -> int:
        with self._lock:
            self.calls.append(name)
            return len(self.calls)


class HookedClient:
    """The client as the product sees it; its methods keep their names."""

    def __init__(self, tap: CallHooks, client: Any) -> None:
        self._tap = tap
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method, tap = getattr(self._client, name), self._tap

        @functools.wraps(method)
        def call(*args: Any) -> Any:
            number = tap.count_call(name)
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
class CommitHooks:
    """Counts the commits of the work under test, and acts after each."""

    after: Hook = no_hook
    count: int = 0
    enabled: bool = False

    def clear(self) -> None:
        self.after, self.count, self.enabled = no_hook, 0, False

    def on_commit(self) -> None:
        if self.enabled:
            self.count += 1
            self.after("commit", self.count)
