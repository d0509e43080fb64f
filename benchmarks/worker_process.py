"""A worker in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def running_worker(app: str) -> Iterator[None]:
    """Runs `flask cxmc worker` for the app in this module, until the block ends."""
    command = [sys.executable, "-m", "flask", "--app", app, "cxmc", "worker"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()
