"""Waiting for other threads and processes: by polling, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
_POLL_SECONDS = 0.05


def wait_until(condition: Callable[[], Result], seconds: float = 60, what: str = "") -> Result:
    """Calls `condition` until its result is true.

    Args:
        condition: Called every 50 milliseconds.
        seconds: How long to wait at most.
        what: What is waited for, for the message of the AssertionError.

    Returns:
        The first true result.
    """
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what or condition}"
        time.sleep(_POLL_SECONDS)
    return result
