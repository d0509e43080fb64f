"""The plan's limit of contacts: a send that would exceed it is stopped before anybody is added.

Nothing here is called or written while no limit is known.
"""

from cxmc_ext.db.queries import contacts
from cxmc_ext.domain.mailchimp import Audience
from cxmc_ext.domain.rules.contact_limit import ContactUse, count_contacts
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.operations.signals import not_ready

# Seconds for which MailChimp may report a number from before our own changes: it caches for at least five
# minutes (https://mailchimp.com/developer/marketing/api/lists/get-list-info/).
_STATS_LAG = 600


def read_audience(context: MailingContext) -> Audience:
    """Reads the mailing's audience, and with a limit the contacts of all audiences in the same call.

    Raises:
        NotFound: The audience does not exist any more.
    """
    list_id = context.mailing.list_id
    if not context.account.contact_limit:
        return context.call(context.api.audience, list_id)
    audiences = context.call(context.api.audiences).items
    now = context.now
    used = count_contacts(audiences)
    contacts.store_use(context.session, context.account.id, used, now, now - _STATS_LAG)
    context.commit()
    listed = next((audience for audience in audiences if audience.id == list_id), None)
    return listed or context.call(context.api.audience, list_id)


def require_room(context: MailingContext, added: int) -> None:
    """Stops the send if the plan does not allow so many contacts more.

    Raises:
        StopOperation: They would exceed the limit (`contact_limit_exceeded`).
    """
    account = context.account
    if not account.contact_limit:
        return
    use = ContactUse(account.contacts_used, account.contact_limit, added)
    if use.is_over:
        raise not_ready(
            "contact_limit_exceeded",
            added=str(use.added),
            used=str(use.used),
            limit=str(use.limit),
        )


def count_added(context: MailingContext, added: int) -> None:
    """Counts contacts that were added, for the next send. Commits."""
    if context.account.contact_limit and added > 0:
        contacts.add_to_use(context.session, context.account.id, added, context.now)
        context.commit()
