"""A worker that stops at one call while other workers go on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.fault_environment import FaultEnvironment

# Seconds in which the others finish a whole campaign, on a busy machine too.
TIMEOUT = 120


class FrozenWorker:
    """Stops the first worker that comes to call `number` until the test lets it continue.

    Use `on_call` as a hook, then `frozen` to run the worker.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.is_frozen, self._may_continue = threading.Event(), threading.Event()

    def on_call(self, _: str, number: int) -> None:
        if number == self.number and not self.is_frozen.is_set():
            self.is_frozen.set()
            assert self._may_continue.wait(TIMEOUT), "the test never lets the worker continue"

    @contextmanager
    def frozen(self, env: FaultEnvironment) -> Iterator[None]:
        """Runs what is queued in a thread, which stays frozen inside the block and ends after it."""

        def work() -> None:
            with env.app.app_context():
                env.queue.run_all()
                env.app.extensions["sqlalchemy"].session.remove()

        worker = threading.Thread(target=work)
        worker.start()
        try:
            assert self.is_frozen.wait(TIMEOUT), f"no worker comes to call {self.number}"
            yield
        finally:
            self._may_continue.set()
            worker.join(TIMEOUT)
            assert not worker.is_alive(), "the frozen worker never ends"
