"""A worker that stands still at one call while the others go on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.fault_environment import FaultEnvironment

TIMEOUT = 120
"""Seconds: the others finish a whole campaign meanwhile, also on a busy machine."""


class FrozenWorker:
    """Freezes the worker that comes to a call, until it is let go."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.is_frozen, self._melted = threading.Event(), threading.Event()

    def on_call(self, _: str, number: int) -> None:
        if number == self.number and not self.is_frozen.is_set():
            self.is_frozen.set()
            assert self._melted.wait(TIMEOUT)

    @contextmanager
    def frozen(self, env: FaultEnvironment) -> Iterator[None]:
        """A worker takes what is queued and freezes; inside the block it stays frozen."""

        def work() -> None:
            with env.app.app_context():
                env.queue.run_all()
                env.app.extensions["sqlalchemy"].session.remove()

        worker = threading.Thread(target=work)
        worker.start()
        try:
            assert self.is_frozen.wait(TIMEOUT)
            yield
        finally:
            self._melted.set()
            worker.join(TIMEOUT)
