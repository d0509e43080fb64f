"""The periodic look for due work: what a lost nudge, a dead worker or a delay has left."""

from cxmc_ext.db.queries import operations
from cxmc_ext.services import Services
from cxmc_ext.usecases.sending import maintenance_requests
from cxmc_ext.usecases.shared import audit, heartbeats
from cxmc_ext.usecases.sync import schedule as sync_schedule


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
    audit.prune(services)
    heartbeats.delete_old_heartbeats(services)
    session = services.session()
    due = operations.due_for_nudge(session, limit, services.clock())
    session.commit()
    nudged = [operation_id for operation_id in due if services.queue.nudge_operation(operation_id)]
    if nudged:
        operations.mark_nudged(session, nudged)
        session.commit()
    mailing_ids = sync_schedule.claim_due(services, limit)
    return len(nudged) + sum(services.queue.nudge_sync(mailing_id) for mailing_id in mailing_ids)
