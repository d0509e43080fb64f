"""The regular look for due work: whatever a lost wake-up, a dead worker or a pause left lying."""

from cxmc_ext.db.queries import operations
from cxmc_ext.services import Services
from cxmc_ext.usecases import audit, sync, ticks, upkeep


def tick(services: Services, limit: int = 20) -> int:
    """Nudges what is due, operations before synchronisations; returns how many were nudged.

    Two ticks at once do no harm: a nudge too many finds nothing to claim.
    """
    ticks.beat(services, "tick", "tick")
    upkeep.ask_for(services)
    audit.prune(services)
    session = services.session()
    due = operations.due(session, limit, services.clock())
    session.commit()
    woken = [one for one in due if services.queue.nudge_operation(one)]
    if woken:
        operations.woken(session, woken)
        session.commit()
    mailings = sync.claim_due(services, limit)
    return len(woken) + sum(services.queue.nudge_sync(mailing_id) for mailing_id in mailings)
