"""What both kinds of work on members check, and how they take members out of the audience."""

from collections.abc import Callable, Sequence

from cxmc_ext.domain.errors import KeyRefused, NotFound, Refused
from cxmc_ext.domain.mailchimp import Member
from cxmc_ext.domain.operation_payloads import ContactsPayload
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.operations.context import AnyContext, OperationContext
from cxmc_ext.usecases.operations.signals import RetryLater, failed
from cxmc_ext.usecases.sending.contact_limit import read_contacts
from cxmc_ext.usecases.shared import worker_allocation

ContactsContext = OperationContext[ContactsPayload]


def require_audience(context: ContactsContext) -> None:
    """The key must be of the account, and the audience the one, that were connected at the press.

    The same call tells how many contacts there are, before any is taken out. Without it, a member that
    MailChimp does not know would look like one who is gone.

    Raises:
        StopOperation: Another account or audience is connected, or the audience does not exist any more.
    """
    account, operation = context.account, context.operation
    if account.key_refused:
        raise failed("key_refused")
    is_same = account.list_id == context.payload.list_id
    if not is_same or account.remote_account_id != operation.remote_account_id:
        raise failed("other_account")
    try:
        read_contacts(context, account.list_id)
    except NotFound:
        raise failed("audience_gone") from None


def read_members(context: ContactsContext, hashes: Sequence[bytes]) -> list[Member | None]:
    """Reads some members (`GET /lists/{id}/members/{hash}`); None: MailChimp does not know the address."""
    list_id = context.payload.list_id
    results = context.call_many(context.api.member, [(list_id, each.hex()) for each in hashes])
    return [result.unwrap() for result in results]


def withdraw(
    context: ContactsContext, method: Callable[[str, str], None], members: Sequence[Member]
) -> list[Member]:
    """Archives or unsubscribes members who were read a moment ago.

    Returns:
        Those who are out of the audience now. One that MailChimp refuses, or says it does not know, is
        missing; its row is tried again by the next run.

    Raises:
        MailChimpError: An outage, or MailChimp refuses all of them.
    """
    list_id = context.payload.list_id
    results = context.call_many(method, [(list_id, member.hash) for member in members])
    done: list[Member] = []
    refused = None
    for member, result in zip(members, results, strict=True):
        error = result.error
        if error is None:
            done.append(member)
        elif isinstance(error, NotFound):
            continue  # it knew the address a moment ago: the next run looks
        elif isinstance(error, Refused) and not isinstance(error, KeyRefused):
            refused = error
        else:
            raise error
    if refused is not None and not done:
        raise refused
    return done


def give_way(context: AnyContext) -> None:
    """Called between batches: this work may take hours, so it has no deadline and waits for others.

    Raises:
        RetryLater: Another operation waits for a worker.
    """
    context.commit(deadline=context.now + context.services.settings.give_up_after)
    waiting = worker_allocation.oldest_operation(context.services)
    if waiting is not None and waiting != context.operation_id:
        raise RetryLater(1, Problem("waiting_turn"))
