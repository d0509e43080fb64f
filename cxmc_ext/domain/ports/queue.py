"""What the product needs from the world around it. Satisfying the shape is enough; nobody inherits."""

from typing import Protocol


class Queue(Protocol):
    """The wake-up. Never a promise: a job may be lost or run twice; the row is the truth."""

    def nudge_operation(self, operation_id: int) -> bool:
        """True if a wake-up was queued, False if the queue could not be reached."""

    def nudge_sync(self, mailing_id: int) -> bool: ...
    def reachable(self) -> bool:
        """Whether a wake-up could be queued right now; answers within 2 s."""
