"""Waiting for what other processes do: by looking, with a deadline."""

import time
from collections.abc import Callable
from typing import Any


def wait_until(found: Callable[[], Any], seconds: float = 30.0, what: str = "") -> Any:
    """Polls until `found()` is truthy; fails with `what` after the deadline."""
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what or found}"
        time.sleep(0.1)
    return result
