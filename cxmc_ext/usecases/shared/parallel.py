"""Parallel calls whose results come back in the order in which they were started."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def ordered_window(
    pool: Executor,
    width: int,
    next_call: Callable[[], Callable[[], T] | None],
    wait: Callable[[Future[T]], R],
) -> Iterator[R]:
    """Runs calls in a pool and yields their results in order.

    Only the calls themselves run in other threads: `next_call` and `wait` run in the caller's thread,
    so they may use its database session.

    Args:
        pool: Where the calls run.
        width: How many calls may be started and not yet taken.
        next_call: Returns the next call, or None if there is none at the moment. It is asked whenever
            a place is free: before a result is yielded and again after it.
        wait: Waits for one call and returns what is yielded for it; usually `Future.result`.

    Raises:
        Exception: What `next_call` or `wait` raises. Calls that have not started are canceled.
    """
    pending: deque[Future[T]] = deque()

    def fill() -> None:
        while len(pending) < width and (call := next_call()) is not None:
            pending.append(pool.submit(call))

    try:
        fill()
        while pending:
            result = wait(pending.popleft())
            fill()
            yield result
            fill()
    finally:
        for future in pending:
            future.cancel()
