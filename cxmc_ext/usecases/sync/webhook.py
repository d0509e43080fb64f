"""What MailChimp's webhook triggers: an import of unsubscribes through the API, soon but not too often."""

from cxmc_ext.db.queries import webhook
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.domain.rules.webhook_signature import is_signed_with
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import api_keys

# Seconds between two imports that webhook calls may trigger.
MIN_GAP = 10


def is_from_mailchimp(services: Services, list_id: str, body: bytes, signature: str) -> bool:
    """Whether a call is signed by MailChimp; always, where it does not sign the calls of the audience.

    Args:
        services: Those of any account.
        list_id: MailChimp's id of the audience that the call names.
        body: The body as it arrived.
        signature: The header `X-Mailchimp-Signature`.
    """
    sealed_keys = webhook.signing_keys(services.session(), list_id)
    services.session().rollback()
    if not sealed_keys:
        return True
    now = services.clock()
    return any(
        is_signed_with(_unsealed(services, *sealed), body, signature, now) for sealed in sealed_keys
    )


def _unsealed(services: Services, account_id: int, sealed: str) -> str:
    """The key, or "", with which nothing is signed, if it cannot be decrypted."""
    try:
        return api_keys.unseal(services, account_id, sealed)
    except SetupError:
        return ""


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
