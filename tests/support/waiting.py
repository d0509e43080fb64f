"""Waiting for other threads and processes: by polling, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
_SHORTEST, _LONGEST = 0.005, 0.1


def wait_until(condition: Callable[[], Result], seconds: float = 60, what: str = "") -> Result:
    """Calls `condition` again and again until its result is true.

    Args:
        condition: Called after pauses that grow from 5 to 100 milliseconds.
        seconds: How long to wait at most.
        what: What is waited for, for the message of the AssertionError.

    Returns:
        The first true result.
    """
    deadline, pause = time.monotonic() + seconds, _SHORTEST
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what or condition}"
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST)
    return result
