"""A queue without workers and a clock that can be moved, for tests."""

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.worker import wakeups


class ManualQueue:
    """A queue without workers: it keeps each wake-up until the test calls `run_all`.

    Set `available` to False to make it unreachable.
    """

    def __init__(self) -> None:
        self.nudges: deque[tuple[str, int]] = deque()
        self.available = True
        self.handlers: Mapping[str, Callable[[int], None]] = {}

    def bind(self, app: Any) -> None:
        """Lets `run_all` do what a worker of this Flask app would do.

        Args:
            app: The app, with the extension installed.
        """
        self.handlers = {
            "operation": partial(_in_context, app, wakeups.on_operation_nudge),
            "sync": partial(_in_context, app, wakeups.on_sync_nudge),
        }

    def nudge_operation(self, operation_id: int) -> bool:
        return self._nudge("operation", operation_id)

    def nudge_sync(self, mailing_id: int) -> bool:
        return self._nudge("sync", mailing_id)

    def problem(self) -> Problem | None:
        return None if self.available else Problem("queue_unreachable")

    def run_all(self, limit: int = 100_000) -> int:
        """Processes wake-ups, including those queued meanwhile, until none is left.

        Args:
            limit: How many at most.

        Returns:
            How many were processed.

        Raises:
            RuntimeError: There were more, so probably there is no end.
        """
        count = 0
        while self.nudges:
            if count == limit:
                raise RuntimeError(f"more than {limit} wake-ups: {list(self.nudges)[:10]}")
            kind, row_id = self.nudges.popleft()
            self.handlers[kind](row_id)
            count += 1
        return count

    def _nudge(self, kind: str, row_id: int) -> bool:
        if self.available:
            self.nudges.append((kind, row_id))
        return self.available


class Clock:
    """A clock that a test can move.

    Args:
        source: Returns the time before `advance`, in whole Unix seconds.
    """

    def __init__(self, source: Callable[[], int]) -> None:
        self.source = source
        self.offset = 0

    def __call__(self) -> int:
        return self.source() + self.offset

    def advance(self, seconds: int) -> None:
        """Moves the clock forward."""
        self.offset += seconds


def _in_context(app: Any, work: Callable[[Services, int], None], row_id: int) -> None:
    with app.app_context():
        work(app.extensions["cxmc"].services, row_id)
