"""Leaves out members who may have unsubscribed after their address was changed at MailChimp.

A changed address may give a member another id (observed 2019). Then nothing connects the two: if that person
unsubscribes, the audience names an address at which nobody here was mailed. The address of the CRM is unknown
there, so it would be subscribed anew. The report of the mail may tell who it was, but not before it is read,
and only if it shows the address of before.
"""

from functools import cache, partial

from cxmc_ext.db.queries import known_subscribers, recipients
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.usecases.operations.context import MailingContext

_PAGE_SIZE = 1000
# Seconds by which the clocks of MailChimp and of a worker may differ.
_CLOCK_DIFFERENCE = 300


def exclude_moved_members(context: MailingContext) -> None:
    """Excludes recipients who are no members any more, if somebody unknown has left since.

    Whoever was never a member is not concerned, nor is anybody if all who left are known. So this also
    leaves out people who only changed their address or were deleted at MailChimp, but nobody else.

    Each page is committed, so that the lease does not end in a large campaign.
    """
    session, mailing, after = context.session, context.mailing, 0
    if not known_subscribers.has_earlier_mailing(session, mailing):
        return
    last_opt_out = cache(partial(known_subscribers.last_unknown_opt_out, session, mailing))
    while page := recipients.not_in_audience_page(session, mailing.id, after, _PAGE_SIZE):
        after = page[-1].id
        hashes = [recipient.member_hash for recipient in page]
        last = known_subscribers.last_subscribed(session, mailing, hashes)
        moved = [each for each, at in last.items() if last_opt_out() >= at - _CLOCK_DIFFERENCE]
        if moved:
            recipients.exclude(session, mailing.id, moved, ExclusionReason.MOVED)
        context.commit()
