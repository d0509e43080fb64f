"""A worker that stands still at one call while the others go on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.lab import Lab


class Ice:
    """Freezes the worker that comes to a call, until it is let go."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.reached, self._melted = threading.Event(), threading.Event()

    def pass_by(self, _: str, number: int) -> None:
        if number == self.number and not self.reached.is_set():
            self.reached.set()
            assert self._melted.wait(20)

    @contextmanager
    def around(self, lab: Lab) -> Iterator[None]:
        """A worker takes what is queued and freezes; inside the block it stays frozen."""

        def work() -> None:
            with lab.app.app_context():
                lab.queue.run_all()
                lab.app.extensions["sqlalchemy"].session.remove()

        worker = threading.Thread(target=work)
        worker.start()
        try:
            assert self.reached.wait(10)
            yield
        finally:
            self._melted.set()
            worker.join(20)
