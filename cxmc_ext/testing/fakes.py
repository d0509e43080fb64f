"""What drives the product by hand in a test: a queue without workers and a clock that can be moved."""

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from cxmc_ext.services import Services
from cxmc_ext.usecases.worker import wakeups


class ManualQueue:
    """A queue without workers: remembers each wake-up until the test runs it."""

    def __init__(self) -> None:
        self.nudges: deque[tuple[str, int]] = deque()
        self.available = True
        self.handlers: Mapping[str, Callable[[int], None]] = {}
        """Set by `drive`: what "operation" and "sync" do with an id."""

    def bind(self, app: Any) -> None:
        """From now on `run_all` does in this Flask app what a worker would."""
        self.handlers = {
            "operation": partial(_in_context, app, wakeups.on_operation_nudge),
            "sync": partial(_in_context, app, wakeups.on_sync_nudge),
        }

    def nudge_operation(self, operation_id: int) -> bool:
        return self._nudge("operation", operation_id)

    def nudge_sync(self, mailing_id: int) -> bool:
        return self._nudge("sync", mailing_id)

    def reachable(self) -> bool:
        return self.available

    def run_all(self) -> int:
        """Runs wake-ups, those queued meanwhile too, until none is left; returns how many."""
        count = 0
        while self.nudges:
            kind, row = self.nudges.popleft()
            self.handlers[kind](row)
            count += 1
        return count

    def _nudge(self, kind: str, row: int) -> bool:
        if self.available:
            self.nudges.append((kind, row))
        return self.available


class Clock:
    """The services' clock: a source of whole Unix seconds plus what a test adds."""

    def __init__(self, source: Callable[[], int]) -> None:
        self.source = source
        self.offset = 0

    def __call__(self) -> int:
        return self.source() + self.offset

    def advance(self, seconds: int) -> None:
        self.offset += seconds


def _in_context(app: Any, work: Callable[[Services, int], None], row: int) -> None:
    with app.app_context():
        work(app.extensions["cxmc"].services, row)
