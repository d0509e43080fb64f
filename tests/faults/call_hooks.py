"""Hooks for tests: before and after each remote call, and after each commit."""

import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cxmc_ext.domain.ports.mailchimp import ClientFactory


class WorkerKilled(BaseException):
    """Ends the work like `kill -9`: no handler of the product catches it."""


# Called with the name of the call and how many there were, itself included.
Hook = Callable[[str, int], None]
# Called with the name of the call and its arguments.
ArgumentsHook = Callable[[str, tuple[Any, ...]], None]


# Calls that begin when their first row is asked for.
PAGED_CALLS = ("members_changed", "report_summaries")


def no_hook(name: str, number: int) -> None:
    del name, number


def no_arguments_hook(name: str, arguments: tuple[Any, ...]) -> None:
    del name, arguments


class CallHooks:
    """A client factory around another one: counts the calls and lets a test act around each."""

    def __init__(self, factory: ClientFactory) -> None:
        self.client_factory = factory
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.before: Hook = no_hook
        self.before_with_arguments: ArgumentsHook = no_arguments_hook
        self.after: Hook = no_hook
        self.calls: list[str] = []

    def __call__(self, key: str, account_row: int) -> "HookedClient":
        return HookedClient(self, self.client_factory(key, account_row))

    def count_call(self, name: str) -> int:
        """Notes a call; returns its number, from 1."""
        with self._lock:
            self.calls.append(name)
            return len(self.calls)


class HookedClient:
    """A client whose methods keep their names and call the hooks."""

    def __init__(self, hooks: CallHooks, client: Any) -> None:
        self._hooks = hooks
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method, hooks = getattr(self._client, name), self._hooks

        @functools.wraps(method)
        def call(*args: Any) -> Any:
            number = hooks.count_call(name)
            hooks.before(name, number)
            hooks.before_with_arguments(name, args)
            answer = method(*args)
            hooks.after(name, number)
            return answer

        @functools.wraps(method)
        def call_paged(*args: Any) -> Iterator[Any]:
            number = hooks.count_call(name)
            hooks.before(name, number)
            hooks.before_with_arguments(name, args)
            rows = list(method(*args))
            hooks.after(name, number)
            yield from rows

        return call_paged if name in PAGED_CALLS else call


@dataclass
class CommitHooks:
    """Counts the commits of the work under test, and lets a test act after each."""

    after: Hook = no_hook
    count: int = 0
    enabled: bool = False

    def clear(self) -> None:
        self.after, self.count, self.enabled = no_hook, 0, False

    def on_commit(self) -> None:
        if self.enabled:
            self.count += 1
            self.after("commit", self.count)
