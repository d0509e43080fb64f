"""The periodic look for due work: what a lost nudge, a dead worker or a delay has left."""

import logging
from collections.abc import Callable

from cxmc_ext.db.queries import operations
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts.disabled import note_disabled_accounts
from cxmc_ext.usecases.notices.telling import tell_notices
from cxmc_ext.usecases.sending import maintenance_requests
from cxmc_ext.usecases.shared import audit, heartbeats
from cxmc_ext.usecases.shared.error_places import describe_error
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.worker import wakeups

_log = logging.getLogger(__name__)


def tick(services: Services, limit: int = 20) -> int:
    """Nudges what is due, operations before syncs. Two ticks at once do no harm.

    Args:
        services: The services of the app.
        limit: How many operations, and how many syncs, are nudged at most.

    Returns:
        How many were nudged.
    """
    heartbeats.write_heartbeat(services, "tick", "tick")
    maintenance_requests.request_due_maintenance(services)
    note_disabled_accounts(services)
    audit.prune(services)
    heartbeats.delete_old_heartbeats(services)
    session = services.session()
    due = operations.due_for_nudge(session, limit, services.clock())
    session.commit()
    nudged = [operation_id for operation_id in due if services.queue.nudge_operation(operation_id)]
    if nudged:
        operations.mark_nudged(session, nudged)
        session.commit()
    synced = wakeups.nudge_syncs(services, limit)
    tell_notices(services)  # last, because a listener may be slow
    return len(nudged) + synced


def work_without_queue(services: Services, limit: int = 20) -> int:
    """Does in this process what `tick` would have nudged workers for: the queue takes no wake-ups.

    Args:
        services: The services of the app.
        limit: How many operations, and how many sync turns, at most.

    Returns:
        How many were begun.
    """
    session = services.session()
    due = operations.due_without_queue(session, limit, services.clock())
    session.commit()
    for operation_id in due:
        _run_safely(services, wakeups.on_operation_nudge, operation_id)
    mailing_ids = sync_schedule.claim_due(services, limit)
    for mailing_id in mailing_ids:
        _run_safely(services, wakeups.on_sync_nudge, mailing_id)
    return len(due) + len(mailing_ids)


def _run_safely(services: Services, work: Callable[[Services, int], None], row_id: int) -> None:
    """One row that cannot be processed costs that row; it stays due."""
    try:
        work(services, row_id)
    except Exception as error:  # noqa: BLE001 - logged, like a failed job
        services.session().rollback()
        _log.error("%s %d failed: %s", work.__name__, row_id, describe_error(error))
