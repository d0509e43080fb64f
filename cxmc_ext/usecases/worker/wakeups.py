"""What a wake-up sets in motion: the row it names, unless that has to wait for somebody else's."""

from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import worker_allocation
from cxmc_ext.usecases.sync import turn as syncing
from cxmc_ext.usecases.worker import runner


def on_operation_nudge(services: Services, operation_id: int) -> None:
    """Carries out the operation, or the one that comes next where this one may not or need not run."""
    if not runner.run(services, operation_id):
        following = worker_allocation.next_operation(services)
        if following is not None:
            runner.run(services, following)
    _pass_on(services)


def on_sync_nudge(services: Services, mailing_id: int) -> None:
    """One turn of the mailing; who waits for a press to be carried out comes before it."""
    following = worker_allocation.next_operation(services)
    if following is None:
        syncing.run(services, mailing_id)
    else:
        runner.run(services, following)
        services.queue.nudge_sync(mailing_id)
    _pass_on(services)


def _pass_on(services: Services) -> None:
    """A worker is free again: what was refused one before is woken, once."""
    following = worker_allocation.next_operation(services)
    if following is not None:
        runner.nudge_if_idle(services, following)
