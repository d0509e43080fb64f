"""What MailChimp's webhook triggers: an import of unsubscribes through the API, soon but not too often."""

from cxmc_ext.db.queries import webhook
from cxmc_ext.services import Services

# Seconds between two imports that webhook calls may trigger.
MIN_GAP = 10


def schedule_unsubscribe_check(services: Services, list_id: str) -> None:
    """Plans an import of the unsubscribes of an audience.

    The content of a webhook call is not trusted: it only names the audience, and the API is asked. An
    audience that belongs to no account of ours has no effect.

    Args:
        services: Those of any account.
        list_id: MailChimp's id of the audience.
    """
    session, now = services.session(), services.clock()
    planned = [
        webhook.schedule_unsubscribe_check(session, account_id, now, MIN_GAP)
        for account_id in webhook.accounts_with_audience(session, list_id)
    ]
    session.commit()
    for mailing_id, due_at in filter(None, planned):
        if due_at <= now:
            services.queue.nudge_sync(mailing_id)
