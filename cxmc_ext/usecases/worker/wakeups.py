"""What a worker does with a nudge: the row it names, unless another one must come first."""

import time
from dataclasses import replace
from functools import lru_cache

from cxmc_ext.db.queries import sync_due
from cxmc_ext.services import Services
from cxmc_ext.usecases.notices.telling import tell_notices
from cxmc_ext.usecases.shared import worker_allocation
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.worker import runner

# Seconds after which a worker begins no further sync turn by itself. A worker that is told to stop ends its
# job first, and the next job starts with as little memory as this one did.
SYNC_SECONDS = 20
# Clients that are kept meanwhile, each with its connections.
_CLIENTS = 16


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


def sync_further(services: Services, seconds: float = SYNC_SECONDS) -> None:
    """Runs the sync turns that are due besides the one that was nudged, operations first.

    With a job of its own each small mailing costs a process and new connections, several times what its
    turn does. A mailing is claimed right before its turn, so a worker that is killed holds only one. If more
    are due after this time, a worker is nudged for them.
    """
    # Turns of one account share its connections. The clients, and the keys in them, end with this call.
    clients = lru_cache(_CLIENTS)(services.client_factory)
    services = replace(services, client_factory=clients)
    end, account_id = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        operation_id = worker_allocation.oldest_operation(services)
        if operation_id is None or not runner.run(services, operation_id):
            claimed = sync_schedule.claim_next(services, account_id)
            if claimed is None:
                return
            account_id, mailing_id = claimed
            sync_turn.run(services, mailing_id)
        tell_notices(services)
    nudge_syncs(services, 1)


def nudge_syncs(services: Services, limit: int) -> int:
    """Claims due mailings and nudges workers for them; what could not be nudged is due again at once.

    No more are nudged than workers are idle: each goes on with what else is due.

    Args:
        services: The services of the app.
        limit: How many at most.

    Returns:
        How many were nudged.
    """
    idle = worker_allocation.idle_workers(services)
    limit = limit if idle is None else min(limit, max(1, idle))
    mailing_ids = sync_schedule.claim_due(services, limit)
    lost = [mailing_id for mailing_id in mailing_ids if not services.queue.nudge_sync(mailing_id)]
    session = services.session()
    for mailing_id in lost:
        sync_due.reschedule(session, mailing_id, services.clock())
    session.commit()
    return len(mailing_ids) - len(lost)


def _end_job(services: Services) -> None:
    """This worker is about to be free: wakes one for an operation that was refused a worker before."""
    tell_notices(services)
    next_id = worker_allocation.next_operation(services)
    if next_id is not None:
        runner.nudge_if_idle(services, next_id)
