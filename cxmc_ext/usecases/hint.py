"""What MailChimp's webhook sets in motion: a look at who left, by the API, soon and not too often."""

from cxmc_ext.db.queries import hints
from cxmc_ext.services import Services

GAP = 60
"""Seconds between two looks that hints may cause."""


def somebody_left(services: Services) -> bool:
    """Plans the look; True where it is new. Says nothing about anybody: the API does."""
    session, now = services.session(), services.clock()
    planned = hints.ask_who_left(session, now, GAP)
    session.commit()
    if planned is not None and planned[1] <= now:
        services.queue.nudge_sync(planned[0])
    return planned is not None
