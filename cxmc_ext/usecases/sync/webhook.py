"""What MailChimp's webhook sets in motion: a look at who left, by the API, soon and not too often."""

from cxmc_ext.db.queries import webhook
from cxmc_ext.services import Services

MIN_GAP = 10
"""Seconds between two looks that hints may cause."""


def schedule_unsubscribe_check(services: Services, list_id: str) -> None:
    """Plans a look at that audience. Says nothing about anybody: the API does.

    An audience of no account of ours plans nothing.
    """
    session, now = services.session(), services.clock()
    planned = [
        webhook.schedule_unsubscribe_check(session, account, now, MIN_GAP)
        for account in webhook.accounts_with_audience(session, list_id)
    ]
    session.commit()
    for mailing_id, at in filter(None, planned):
        if at <= now:
            services.queue.nudge_sync(mailing_id)
