"""The regular look for due work: whatever a lost wake-up, a dead worker or a pause left lying."""

from cxmc_ext.db.queries import operations
from cxmc_ext.services import Services
from cxmc_ext.usecases.sending import maintenance_requests
from cxmc_ext.usecases.shared import audit, heartbeats
from cxmc_ext.usecases.sync import schedule as sync_schedule


def tick(services: Services, limit: int = 20) -> int:
    """Nudges what is due, operations before synchronisations; returns how many were nudged.

    Two ticks at once do no harm: a nudge too many finds nothing to claim.
    """
    heartbeats.write_heartbeat(services, "tick", "tick")
    maintenance_requests.request_due_maintenance(services)
    audit.prune(services)
    session = services.session()
    due = operations.due_for_nudge(session, limit, services.clock())
    session.commit()
    woken = [one for one in due if services.queue.nudge_operation(one)]
    if woken:
        operations.mark_nudged(session, woken)
        session.commit()
    mailings = sync_schedule.claim_due(services, limit)
    return len(woken) + sum(services.queue.nudge_sync(mailing_id) for mailing_id in mailings)
