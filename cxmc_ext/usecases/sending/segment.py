"""Steps that build the static segment the campaign addresses, and read back who is in it.

Every attempt gives its segment a new name, so a worker that was thought dead cannot write into ours.
"""

from collections.abc import Iterator, Sequence

from cxmc_ext.db.queries import mailings, recipients
from cxmc_ext.db.queries.recipients import FrozenRecipient
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.mailchimp import Member
from cxmc_ext.domain.rules.mailchimp_status import DRAFT_STATUSES
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.operations.signals import needs_attention
from cxmc_ext.usecases.sending.audience import (
    BATCH_SIZE,
    PAGE_SIZE,
    check_members,
    match_recipients,
    read_pages,
)
from cxmc_ext.usecases.sending.recipient_bitset import RecipientBitset
from cxmc_ext.usecases.sending.recipients import (
    exclude_recipients,
    find_late_opt_outs,
    require_recipients,
    update_counts,
)
from cxmc_ext.usecases.sending.remote_status import (
    GONE,
    delete_draft,
    delete_segment,
    read_status,
)

# How often the segment is read until two readings agree: pages shift while people leave the audience.
MAX_READINGS = 3
# Up to this many missing recipients are read one by one, to tell the true reason.
MAX_MEMBER_LOOKUPS = 50
_NAME_PREFIX = "cx"


def build_segment(context: MailingContext) -> None:
    """Step: creates a segment with all recipients (`POST /lists/{id}/segments`).

    What an earlier attempt left at MailChimp is removed first. Late opt-outs are excluded only after
    that: until then the old draft could be resumed, and it addresses them.

    Raises:
        StopOperation: Nobody is left to mail.
    """
    if context.mailing.segment_name:
        delete_remote(context)
        exclude_recipients(context, find_late_opt_outs(context))
        update_counts(context)
    require_recipients(context)
    mailing = context.mailing
    mailing_id, list_id, total = mailing.id, mailing.list_id, mailing.mailable_count
    name = _next_name(context)
    mailings.update_columns(context.session, mailing_id, segment_name=name)
    context.commit(progress_total=total)
    first = recipients.mailable_addresses(context.session, mailing_id, 0, BATCH_SIZE)
    addresses = [address for _, address in first]
    segment = context.call(context.api.create_segment, list_id, name, addresses)
    mailings.update_columns(context.session, mailing_id, segment_id=segment.id)
    context.commit(progress_done=len(first))
    _add_remaining(context, segment.id, after=first[-1][0], done=len(first))


def check_segment(context: MailingContext) -> None:
    """Step: reads the segment back. Recipients that are not in it are excluded, with the reason.

    Raises:
        StopOperation: The segment holds somebody who is no recipient, or nobody is left to mail.
    """
    seen = RecipientBitset(context.session, context.mailing.id)
    matched = -1
    for _ in range(MAX_READINGS):
        previous, matched = matched, _read_segment(context, seen)
        if matched in (previous, context.mailing.mailable_count):
            break
    _exclude_missing(context, seen)
    update_counts(context)
    require_recipients(context)


def delete_remote(context: MailingContext) -> None:
    """Deletes the draft and the segment of an attempt at MailChimp and forgets them. May be repeated.

    Raises:
        StopOperation: The campaign is no draft any more.
    """
    mailing = context.mailing
    mailing_id, list_id = mailing.id, mailing.list_id
    segment_name, segment_id = mailing.segment_name, mailing.segment_id
    if mailing.remote_id is not None:
        _delete_if_draft(context, mailing.remote_id)
        mailings.clear_draft(context.session, mailing_id)
        context.commit()
    delete_segment(context, list_id, segment_name, segment_id)
    mailings.clear_draft_and_segment(context.session, mailing_id)
    context.commit()


def segment_name(token: str, attempt: int) -> str:
    """Name of the segment of one attempt of an operation, given the operation's title token."""
    return f"{_NAME_PREFIX} {token} {attempt}"


def segment_token(name: str) -> str:
    """The title token in a segment's name; it is in the campaign's title as well. "" for no name."""
    return name.split(" ")[1] if name else ""


def segment_attempt(name: str) -> int:
    """The number of the attempt in a segment's name; 0 for no name."""
    return int(name.rpartition(" ")[2]) if name else 0


def _delete_if_draft(context: MailingContext, remote_id: str) -> None:
    status = read_status(context, remote_id)
    if status == GONE:
        return
    if status not in DRAFT_STATUSES:
        raise needs_attention("changed_in_mailchimp", status=status)
    mailings.mark_draft_for_deletion(context.session, context.mailing.id)
    delete_draft(context, remote_id)


def _next_name(context: MailingContext) -> str:
    token, last = context.operation.title_token, context.mailing.segment_name
    is_ours = segment_token(last) == token
    return segment_name(token, segment_attempt(last) + 1 if is_ours else 1)


def _add_remaining(context: MailingContext, segment_id: int, *, after: int, done: int) -> None:
    """Adds the recipients after the first batch (`POST /lists/{id}/segments/{segment_id}`)."""
    calls = _remaining_batches(context, segment_id, after)
    for size, _ in context.call_pipelined(context.api.add_to_segment, calls):
        done += size
        context.commit(progress_done=done)


def _remaining_batches(
    context: MailingContext, segment_id: int, after: int
) -> Iterator[tuple[int, tuple[str, int, list[str]]]]:
    mailing_id, list_id = context.mailing.id, context.mailing.list_id
    while page := recipients.mailable_addresses(context.session, mailing_id, after, BATCH_SIZE):
        after = page[-1][0]
        yield len(page), (list_id, segment_id, [address for _, address in page])


def _read_segment(context: MailingContext, seen: RecipientBitset) -> int:
    """Reads all pages of the segment once; returns how many recipients are on them."""
    mailing = context.mailing
    pages = read_pages(context, context.api.segment_page, mailing.list_id, mailing.segment_id or 0)
    return sum(_mark_seen(context, seen, page) for page in pages)


def _mark_seen(context: MailingContext, seen: RecipientBitset, page: Sequence[Member]) -> int:
    matched = match_recipients(context, page)
    if len(matched) < len(page):
        raise needs_attention("unknown_recipient")
    for recipient, _ in matched:
        seen.add(recipient.id)
    return len(matched)


def _exclude_missing(context: MailingContext, seen: RecipientBitset) -> None:
    mailing_id, after = context.mailing.id, 0
    while page := recipients.mailable_page(context.session, mailing_id, after, PAGE_SIZE):
        after = page[-1].id
        missing: list[FrozenRecipient] = [
            recipient for recipient in page if recipient.id not in seen
        ]
        if 0 < len(missing) <= MAX_MEMBER_LOOKUPS:
            check_members(context, missing)
        hashes = [recipient.member_hash for recipient in missing]
        reason = ExclusionReason.NOT_IN_AUDIENCE
        recipients.exclude(context.session, mailing_id, hashes, reason)
        context.commit()
