"""Step that reads back who is in the segment, and waits until MailChimp lists everybody it was given.

Listings and counts may lag behind a change (“figures in the app may lag minutes” is reported publicly), so
somebody who is missing is only left out after a while, and then the segment is built again without them:
nobody is mailed who is listed as left out.
"""

from collections.abc import Iterator, Sequence

from cxmc_ext.db.queries import recipients
from cxmc_ext.db.queries.recipients import AddressedRecipient
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.mailchimp import Member
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.operations.signals import RetryLater, needs_attention
from cxmc_ext.usecases.sending.archived import is_mailed_as
from cxmc_ext.usecases.sending.members import (
    PAGE_SIZE,
    check_members,
    match_recipients,
    read_pages,
)
from cxmc_ext.usecases.sending.recipient_bitset import RecipientBitset
from cxmc_ext.usecases.sending.recipients import require_recipients, update_counts
from cxmc_ext.usecases.sending.remote_status import CHECK_AGAIN_DELAY
from cxmc_ext.usecases.sending.segment import add_to_segment

# How often the segment is read until two readings agree: pages shift while people leave the audience.
MAX_READINGS = 3
# Up to this many missing recipients are read one by one, to tell the true reason.
MAX_MEMBER_LOOKUPS = 50
# Seconds for which MailChimp's lists and counts may lag behind a change.
MAX_LAG = 300


def check_segment(context: MailingContext) -> str | None:
    """Step: reads the segment back. Recipients that are not in it are excluded, with the reason.

    Returns:
        “segment” to build it again without them, if they may still turn up in this one.

    Raises:
        RetryLater: Recipients are missing that MailChimp may still list.
        StopOperation: The segment holds somebody who is no recipient, or nobody is left to mail, or
            MailChimp does not list many of them.
    """
    missing_count, missing = _find_missing(context)
    if 0 < missing_count <= MAX_MEMBER_LOOKUPS:
        check_members(context, missing)
        missing = recipients.still_mailable(context.session, [person.id for person in missing])
        missing_count = len(missing)
    update_counts(context)
    require_recipients(context)
    if missing_count == 0:
        return None
    if context.payload.lagging_since is None:
        add_to_segment(context, missing if missing_count <= MAX_MEMBER_LOOKUPS else None)
    wait_for_lag(context, missing_count)
    if missing_count > MAX_MEMBER_LOOKUPS:
        raise needs_attention("segment_lags", missing=str(missing_count))
    _exclude(context, missing)
    return "segment"


def wait_for_lag(context: MailingContext, missing_count: int) -> None:
    """Returns once MailChimp has had enough time to show everybody in the segment.

    Raises:
        RetryLater: It has not.
    """
    since = context.payload.lagging_since
    if since is None:
        since = context.now
        context.commit_progress(lagging_since=since)
    elapsed = context.now - since
    if elapsed < MAX_LAG:
        problem = Problem("waiting_listing", values={"missing": str(missing_count)})
        raise RetryLater(max(CHECK_AGAIN_DELAY, elapsed // 2), problem)


def end_lag(context: MailingContext) -> None:
    """Everybody is listed: the next time somebody is missing, the waiting starts anew."""
    if context.payload.lagging_since is not None:
        context.commit_progress(lagging_since=None)


def _find_missing(context: MailingContext) -> tuple[int, list[AddressedRecipient]]:
    """Reads the segment until two readings agree.

    Returns:
        How many recipients it does not show, and the first of them.
    """
    seen = RecipientBitset(context.session, context.mailing.id)
    matched, unreadable = -1, 0
    for _ in range(MAX_READINGS):
        previous, (matched, unreadable) = matched, _read_segment(context, seen)
        if matched in (previous, context.mailing.mailable_count):
            break
    count, first = 0, list[AddressedRecipient]()
    for page in _mailable_pages(context):
        missing = [recipient for recipient in page if recipient.id not in seen]
        count += len(missing)
        first += missing[: MAX_MEMBER_LOOKUPS - len(first)]
    if unreadable > count:
        raise needs_attention("unknown_recipient")
    return count, first


def _mailable_pages(context: MailingContext) -> Iterator[list[AddressedRecipient]]:
    mailing_id, after = context.mailing.id, 0
    while page := recipients.mailable_page(context.session, mailing_id, after, PAGE_SIZE):
        after = page[-1].id
        yield page


def _read_segment(context: MailingContext, seen: RecipientBitset) -> tuple[int, int]:
    """Reads all pages of the segment once.

    Returns:
        How many recipients are on them, and how many rows could not be read: they must be recipients too.
    """
    mailing = context.mailing
    pages = read_pages(context, context.api.segment_page, mailing.list_id, mailing.segment_id or 0)
    matched = unreadable = 0
    for page in pages:
        matched += _mark_seen(context, seen, page)
        unreadable += page.row_count - len(page)
    return matched, unreadable


def _mark_seen(context: MailingContext, seen: RecipientBitset, page: Sequence[Member]) -> int:
    matched = match_recipients(context, page)
    if len(matched) < len(page):
        raise needs_attention("unknown_recipient")
    # Whose address was changed at MailChimp meanwhile counts as missing: the mail would go to another one.
    found = [recipient.id for recipient, member in matched if is_mailed_as(recipient, member)]
    for recipient_id in found:
        seen.add(recipient_id)
    return len(found)


def _exclude(context: MailingContext, missing: Sequence[AddressedRecipient]) -> None:
    """Excludes recipients that MailChimp did not list in time, in its words if it has any."""
    words = add_to_segment(context, missing)
    for recipient in missing:
        recipients.exclude(
            context.session,
            context.mailing.id,
            [recipient.member_hash],
            ExclusionReason.NOT_IN_AUDIENCE,
            words.get(recipient.address, ""),
        )
    end_lag(context)
    update_counts(context)
    require_recipients(context)
