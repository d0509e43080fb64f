"""The queue that wakes workers."""

from typing import Protocol

from cxmc_ext.domain.problems import Problem


class Queue(Protocol):
    """Wakes a worker. It guarantees nothing: a job may be lost or run twice.

    The row in the database is the truth; without a queue the next tick finds the work.
    """

    def nudge_operation(self, operation_id: int) -> bool:
        """Queues a wake-up for an operation.

        Args:
            operation_id: `Operation.id`.

        Returns:
            False if the queue could not be reached. Never raises.
        """

    def nudge_sync(self, mailing_id: int) -> bool:
        """Queues a wake-up for the sync turn of a mailing.

        Args:
            mailing_id: `Mailing.id`.

        Returns:
            False if the queue could not be reached. Never raises.
        """

    def problem(self) -> Problem | None:
        """Asks the queue whether a wake-up can be queued right now; answers within 2 seconds.

        Called for the control room, the settings block, `/metrics`, `doctor`, `status` and
        `CxMailChimp.health`, and where a page says why work is late. Never raises.

        Returns:
            None if it can; otherwise why not: `Problem("own_queue_unreachable")` for a queue of your own.
        """
