"""The contacts that the plan counts, and its limit: a send that would exceed it adds nobody.

What we add and take out is always counted. MailChimp's own number is read where it costs no further call.
"""

from cxmc_ext.db.queries import contacts
from cxmc_ext.domain.mailchimp import Audience
from cxmc_ext.domain.rules.contact_limit import ContactUse, count_contacts
from cxmc_ext.usecases.operations.context import AnyContext, MailingContext
from cxmc_ext.usecases.operations.signals import not_ready

# Seconds for which MailChimp may report a number from before our own changes: it caches for at least five
# minutes (https://mailchimp.com/developer/marketing/api/lists/get-list-info/).
_STATS_LAG = 600


def read_audience(context: MailingContext) -> Audience:
    """Reads the mailing's audience; with a limit also the contacts of all audiences, in the same call.

    Raises:
        NotFound: The audience does not exist any more.
    """
    list_id = context.mailing.list_id
    if context.account.contact_limit:
        return read_contacts(context, list_id)
    return context.call(context.api.audience, list_id)


def read_contacts(context: AnyContext, list_id: str) -> Audience:
    """Reads one audience, and in the same call (`GET /lists`) how many contacts all of them have.

    Raises:
        NotFound: The audience does not exist any more.
    """
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
    """Counts contacts that were added, for the next send and the page “Contacts”. The caller commits."""
    if added > 0:
        contacts.add_to_use(context.session, context.account.id, added, context.now)
