"""Steps that bring the recipients into the audience: check the existing members, subscribe the others.

The subscription status of a member is never written. Existing members get new merge values at most.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from cxmc_ext.db.queries import erasure, mailings, recipients
from cxmc_ext.db.queries.recipients import FrozenRecipient
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.errors import NotFound, Refused, Unknown
from cxmc_ext.domain.mailchimp import BatchResult, Member, NewMember, Page
from cxmc_ext.domain.rules.addresses import member_hash, member_hashes, normalize_address
from cxmc_ext.domain.rules.mailchimp_reasons import (
    CONTACT_EXISTS,
    EXCLUSION_BY_MEMBER_STATUS,
    exclusion_for_row_error,
)
from cxmc_ext.domain.rules.merge_fields import needs_update
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.operations.signals import needs_attention
from cxmc_ext.usecases.sending.recipients import require_recipients, update_counts
from cxmc_ext.usecases.shared.batches import in_batches

# MailChimp's limit for one batch of members (POST /lists/{id}) and for one change of a segment.
# https://mailchimp.com/developer/marketing/api/lists/batch-subscribe-or-unsubscribe/
BATCH_SIZE = 500
# Members per page that is read; MailChimp's limit.
PAGE_SIZE = 1000
# No audience of ours has more members.
MAX_ROWS = 5_000_000


def check_existing_members(context: MailingContext) -> None:
    """Step: finds out who is in the audience already, and excludes those who left it.

    Raises:
        StopOperation: The audience does not exist any more, or nobody is left to mail.
    """
    try:
        for members in _existing_members(context):
            apply_member_status(context, members)
    except NotFound:
        raise needs_attention("audience_gone") from None
    update_counts(context)
    require_recipients(context)


def subscribe_new(context: MailingContext) -> None:
    """Step: subscribes the others in batches (`POST /lists/{id}`), several in parallel.

    An address that MailChimp refuses is excluded; that is not a failure of the step.

    Raises:
        StopOperation: The audience does not exist any more, or nobody is left to mail.
    """
    mailing = context.mailing
    mailing_id, done, total = mailing.id, mailing.in_audience_count, mailing.mailable_count
    already_members: list[FrozenRecipient] = []
    try:
        calls = _new_member_batches(context, mailing_id)
        for batch, result in context.call_pipelined(context.api.subscribe_members, calls):
            subscribed, existing = _record_batch(context, batch, result)
            already_members += existing
            done += subscribed
            mailings.update_columns(context.session, mailing_id, in_audience_count=done)
            context.commit(progress_done=done, progress_total=total)
    except NotFound:
        raise needs_attention("audience_gone") from None
    check_members(context, already_members)
    update_counts(context)
    require_recipients(context)


def apply_member_status(context: MailingContext, members: Iterable[Member]) -> None:
    """Notes which recipients are subscribed members and excludes those with another status. Commits."""
    session, mailing_id = context.session, context.mailing.id
    subscribed: list[tuple[FrozenRecipient, Member]] = []
    hashes_by_status: dict[str, list[bytes]] = {}
    for recipient, member in match_recipients(context, members):
        if member.status == "subscribed":
            subscribed.append((recipient, member))
        else:
            hashes_by_status.setdefault(member.status, []).append(recipient.member_hash)
    for status, hashes in hashes_by_status.items():
        reason = EXCLUSION_BY_MEMBER_STATUS.get(status, ExclusionReason.REFUSED)
        recipients.exclude(session, mailing_id, hashes, reason, f"MailChimp: {status}")
    missing = _update_merge_values(context, subscribed)
    ids = [recipient.id for recipient, _ in subscribed if recipient.id not in missing]
    recipients.mark_in_audience(session, ids)
    context.commit()


def check_members(context: MailingContext, frozen: Sequence[FrozenRecipient]) -> None:
    """Reads the members behind some recipients one by one, and applies their status.

    A recipient that is not a member stays as it is.
    """
    for batch in in_batches(frozen, context.max_parallel_calls):
        apply_member_status(context, _members_of(context, batch))


def match_recipients(
    context: MailingContext, members: Iterable[Member]
) -> list[tuple[FrozenRecipient, Member]]:
    """Pairs members with the recipients they are. Members that are no recipients are left out.

    A member is found by its id or by its address: after an address change at MailChimp its id is not
    the md5 of its address any more.
    """
    hashes = [(member, _possible_hashes(member)) for member in members]
    wanted = {possible_hash for _, pair in hashes for possible_hash in pair}
    by_hash = recipients.mailable_by_hash(context.session, context.mailing.id, wanted)
    pairs = (
        (by_hash.get(id_hash) or by_hash.get(address_hash), member)
        for member, (id_hash, address_hash) in hashes
    )
    return [(recipient, member) for recipient, member in pairs if recipient is not None]


def read_pages(
    context: MailingContext, method: Callable[..., Page[Member]], *arguments: Any
) -> Iterator[Sequence[Member]]:
    """Reads all pages of a collection: the first alone, then as many in parallel as allowed.

    Args:
        context: The context of the step.
        method: The client's method; its last argument is the offset.
        *arguments: The other arguments.

    Raises:
        Unknown: The pages have no end.
    """
    offset, width, is_full = 0, 1, True
    while is_full and offset < MAX_ROWS:
        offsets = range(offset, offset + PAGE_SIZE * width, PAGE_SIZE)
        for result in context.call_many(
            method, [(*arguments, page_offset) for page_offset in offsets]
        ):
            page = result.unwrap()
            is_full = is_full and page.row_count == PAGE_SIZE
            yield page
        offset, width = offset + PAGE_SIZE * width, context.max_parallel_calls
    if is_full:
        raise Unknown("endless answer")


def _existing_members(context: MailingContext) -> Iterator[Sequence[Member]]:
    """Reads all pages of the audience, or one member per recipient where that takes fewer calls.

    Archived members are on no page of their own accord, so their changes are read separately. A member
    that is missed because somebody left during the paging is found when it is subscribed.
    """
    mailing = context.mailing
    list_id, unknown_count = mailing.list_id, mailing.mailable_count - mailing.in_audience_count
    page_count = context.call(context.api.audience, list_id).member_count // PAGE_SIZE + 1
    if unknown_count <= page_count:
        yield from _member_by_member(context)
    else:
        yield from read_pages(context, context.api.members_page, list_id)
        yield from context.call_paged(context.api.members_changed, list_id, "archived", 0)


def _member_by_member(context: MailingContext) -> Iterator[Sequence[Member]]:
    mailing_id, after = context.mailing.id, 0
    while page := recipients.not_in_audience_page(
        context.session, mailing_id, after, context.max_parallel_calls
    ):
        after = page[-1].id
        yield _members_of(context, page)


def _members_of(context: MailingContext, frozen: Sequence[FrozenRecipient]) -> list[Member]:
    list_id = context.mailing.list_id
    arguments = [
        (list_id, each_hash.hex())
        for recipient in frozen
        for each_hash in member_hashes(recipient.address)
    ]
    results = context.call_many(context.api.member, arguments)
    return [member for result in results if (member := result.unwrap()) is not None]


def _possible_hashes(member: Member) -> tuple[bytes, bytes]:
    try:
        id_hash = bytes.fromhex(member.hash)
    except ValueError:
        id_hash = b""
    return id_hash, member_hash(normalize_address(member.address) or "")


def _update_merge_values(
    context: MailingContext, subscribed: Sequence[tuple[FrozenRecipient, Member]]
) -> set[int]:
    """Writes changed merge values (`PATCH /lists/{id}/members/{hash}`).

    A value that MailChimp refuses excludes nobody.

    Returns:
        Ids of recipients that turned out not to be members any more.
    """
    list_id = context.mailing.list_id
    missing: set[int] = set()
    outdated = [
        (recipient, member)
        for recipient, member in subscribed
        if needs_update(recipient.merge_values, member.merge_values)
    ]
    for batch in in_batches(outdated, context.max_parallel_calls):
        results = context.call_many(
            context.api.update_merge_values,
            [(list_id, member.hash, recipient.merge_values) for recipient, member in batch],
        )
        for (recipient, _), result in zip(batch, results, strict=True):
            if isinstance(result.error, NotFound):
                missing.add(recipient.id)
            elif type(result.error) is not Refused:
                result.unwrap()
    return missing


def _new_member_batches(
    context: MailingContext, mailing_id: int
) -> Iterator[tuple[Sequence[FrozenRecipient], tuple[str, list[NewMember]]]]:
    list_id, after = context.mailing.list_id, 0
    while page := recipients.not_in_audience_page(context.session, mailing_id, after, BATCH_SIZE):
        after = page[-1].id
        if batch := without_erased(context, page):
            members = [NewMember(person.address, person.merge_values) for person in batch]
            yield batch, (list_id, members)


def without_erased(
    context: MailingContext, frozen: Sequence[FrozenRecipient]
) -> list[FrozenRecipient]:
    """Excludes recipients that were erased since they were frozen; their address is never sent again."""
    suppressed = erasure.suppression_list(context.session, context.account.id)
    erased = {
        recipient.member_hash for recipient in frozen if suppressed.digest_of(recipient.address)
    }
    if erased:
        recipients.exclude(
            context.session, context.mailing.id, list(erased), ExclusionReason.ERASURE
        )
    return [recipient for recipient in frozen if recipient.member_hash not in erased]


def _record_batch(
    context: MailingContext, batch: Sequence[FrozenRecipient], result: BatchResult
) -> tuple[int, list[FrozenRecipient]]:
    """Stores what became of each row of a batch.

    Returns:
        How many were subscribed, and the rows that MailChimp knows already: only the member's status
        tells whether they get the mail.
    """
    errors = {normalize_address(error.address) or error.address: error for error in result.errors}
    subscribed = [recipient.id for recipient in batch if recipient.address not in errors]
    recipients.mark_in_audience(context.session, subscribed)
    existing: list[FrozenRecipient] = []
    for recipient in batch:
        error = errors.get(recipient.address)
        if error is not None and error.code == CONTACT_EXISTS:
            existing.append(recipient)
        elif error is not None:
            reason, hashes = exclusion_for_row_error(error), [recipient.member_hash]
            recipients.exclude(context.session, context.mailing.id, hashes, reason, error.text)
    return len(subscribed), existing
