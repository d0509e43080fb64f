"""What a worker does with a nudge: the row it names, unless another one must come first."""

from cxmc_ext.services import Services
from cxmc_ext.usecases.notices.telling import tell_notices
from cxmc_ext.usecases.shared import worker_allocation
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.worker import runner


def on_operation_nudge(services: Services, operation_id: int) -> None:
    """Runs the operation, or the next one if this one may not or need not run."""
    if not runner.run(services, operation_id):
        next_id = worker_allocation.next_operation(services)
        if next_id is not None:
            runner.run(services, next_id)
    _end_job(services)


def on_sync_nudge(services: Services, mailing_id: int) -> None:
    """Runs one sync turn of the mailing. Operations come first: somebody may be waiting for them."""
    next_id = worker_allocation.next_operation(services)
    if next_id is None:
        sync_turn.run(services, mailing_id)
    else:
        runner.run(services, next_id)
        services.queue.nudge_sync(mailing_id)
    _end_job(services)


def _end_job(services: Services) -> None:
    """This worker is about to be free: wakes one for an operation that was refused a worker before."""
    tell_notices(services)
    next_id = worker_allocation.next_operation(services)
    if next_id is not None:
        runner.nudge_if_idle(services, next_id)
