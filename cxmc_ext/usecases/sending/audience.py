"""Steps that bring the recipients into the audience: check the existing members, subscribe the others.

The subscription status of a member is never written, except in `archived`. Existing members get new merge
values at most.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cxmc_ext.db.queries import erasure, merge_values, recipients
from cxmc_ext.db.queries.recipients import FrozenRecipient
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.errors import MailChimpError, NotFound, Refused
from cxmc_ext.domain.mailchimp import BatchResult, Member, NewMember
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import normalize_address
from cxmc_ext.domain.rules.mailchimp_reasons import (
    CONTACT_EXISTS,
    exclusion_for_row_error,
)
from cxmc_ext.domain.rules.merge_fields import without_refused
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.operations.signals import RetryLater, needs_attention
from cxmc_ext.usecases.sending.contact_limit import count_added, read_audience, require_room
from cxmc_ext.usecases.sending.isolation import Answered, RowIsolation, may_suspect_rows
from cxmc_ext.usecases.sending.members import (
    PAGE_SIZE,
    MemberReader,
    apply_member_status,
    check_members,
    exclude_failing,
    read_pages,
)
from cxmc_ext.usecases.sending.moved_members import exclude_moved_members
from cxmc_ext.usecases.sending.recipients import require_recipients, store_counts, update_counts

# MailChimp's limit for one batch of members (POST /lists/{id}) and for one change of a segment.
# https://mailchimp.com/developer/marketing/api/lists/batch-subscribe-or-unsubscribe/
BATCH_SIZE = 500
# Up to this many recipients are read one by one when reading all members keeps failing.
_MAX_SINGLE_READS = 2000
# Reasons for which people are left out because an audience reported them before.
_REPORTED_REASONS = (ExclusionReason.UNSUBSCRIBED, ExclusionReason.CLEANED)


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
    exclude_moved_members(context)
    update_counts(context)
    require_recipients(context)


def subscribe_new(context: MailingContext) -> None:
    """Step: subscribes the others in batches (`POST /lists/{id}`), several in parallel.

    An address that MailChimp refuses is excluded; that is not a failure of the step. Rows of which it
    refuses a merge value are pushed again without that value, which the recipients page names.

    Raises:
        StopOperation: The audience does not exist any more, nobody is left to mail, or they would exceed
            the plan's limit of contacts.
    """
    mailing = context.mailing
    before, total = mailing.in_audience_count, mailing.mailable_count
    require_room(context, total - before)
    done = max(before, context.operation.progress_done)  # an earlier attempt may have got further
    is_complete = False
    while not is_complete:
        is_complete, already_members = True, list[FrozenRecipient]()
        try:
            for batch, answer in _subscribe_batches(context):
                if isinstance(answer, MailChimpError):
                    exclude_failing(context, batch, answer)
                else:
                    recorded = _record_batch(context, batch, answer)
                    already_members += recorded.existing
                    done += recorded.subscribed_count
                    is_complete = is_complete and not recorded.has_refused_values
                context.set_progress(done, total)
        except NotFound:
            raise needs_attention("audience_gone") from None
        check_members(context, already_members)
    counts = store_counts(context.session, mailing.id)
    count_added(context, counts.in_audience - before)
    context.commit()
    require_recipients(context)


def _existing_members(context: MailingContext) -> Iterator[Sequence[Member]]:
    """Reads all pages of the audience, or one member per recipient where that takes fewer calls.

    One member may make a page fail again and again, so after some failures they are read one by one, too.
    Archived members are on no page of their own accord, so their changes are read separately. A member
    that is missed because somebody left during the paging is found when it is subscribed.
    """
    mailing = context.mailing
    list_id, unknown_count = mailing.list_id, mailing.mailable_count - mailing.in_audience_count
    page_count = read_audience(context).member_count // PAGE_SIZE + 1
    is_failing = may_suspect_rows(context) and unknown_count <= _MAX_SINGLE_READS
    if unknown_count <= page_count or is_failing:
        yield from _member_by_member(context)
    else:
        yield from read_pages(context, context.api.members_page, list_id)
        yield from context.call_paged(context.api.members_changed, list_id, "archived", 0)


def _member_by_member(context: MailingContext) -> Iterator[Sequence[Member]]:
    """Members that cannot be read are left out: subscribing them tells whether they exist."""
    reader, mailing_id, after = MemberReader(context), context.mailing.id, 0
    while page := recipients.not_in_audience_page(
        context.session, mailing_id, after, context.max_parallel_calls
    ):
        after = page[-1].id
        yield reader.read(page).members
    # Who was left out because of an earlier unsubscribe may have subscribed again since.
    after = 0
    while page := recipients.left_out_page(
        context.session, mailing_id, _REPORTED_REASONS, after, context.max_parallel_calls
    ):
        after = page[-1].id
        yield reader.read(page).members


def _subscribe_batches(context: MailingContext) -> Iterator[Answered[FrozenRecipient, BatchResult]]:
    """All batches at once; one after the other, isolating single rows, when that fails."""
    method = context.api.subscribe_members
    if not may_suspect_rows(context):
        try:
            list_id = context.mailing.list_id
            calls = ((batch, (list_id, _members(batch))) for batch in _new_members(context))
            yield from context.call_pipelined(method, calls)
        except Refused as refused:
            if not may_suspect_rows(context, refused):
                raise
        else:
            return
    control = recipients.first_in_audience(context.session, context.mailing.id)
    isolation = RowIsolation(context, method, lambda rows: _arguments(context, rows), control)
    yield from isolation.call_batches(_new_members(context))


def _new_members(context: MailingContext) -> Iterator[list[FrozenRecipient]]:
    """Batches of those who are not in the audience, without whoever was erased."""
    mailing_id, after = context.mailing.id, 0
    while page := recipients.not_in_audience_page(context.session, mailing_id, after, BATCH_SIZE):
        after = page[-1].id
        if batch := without_erased(context, page):
            yield batch


def _arguments(
    context: MailingContext, batch: Sequence[FrozenRecipient]
) -> tuple[str, list[NewMember]]:
    """Arguments of `subscribe_members`.

    Raises:
        RetryLater: Somebody was erased since the batch was read.
    """
    if len(without_erased(context, batch)) < len(batch):
        raise RetryLater(0, Problem("waiting_settle"))
    return context.mailing.list_id, _members(batch)


def _members(batch: Sequence[FrozenRecipient]) -> list[NewMember]:
    return [NewMember(person.address, person.merge_values) for person in batch]


def without_erased(
    context: MailingContext, frozen: Sequence[FrozenRecipient]
) -> list[FrozenRecipient]:
    """Excludes recipients that were erased since they were frozen; their address is never sent again."""
    suppressed = erasure.suppression_list(context.session, context.operation.account_id)
    erased = {
        recipient.member_hash for recipient in frozen if suppressed.digest_of(recipient.address)
    }
    if erased:
        recipients.exclude(
            context.session, context.mailing.id, list(erased), ExclusionReason.ERASURE
        )
    return [recipient for recipient in frozen if recipient.member_hash not in erased]


class _RecordedBatch(NamedTuple):
    subscribed_count: int
    existing: list[FrozenRecipient]
    """Rows that MailChimp knows already: only the member's status tells whether they get the mail."""
    has_refused_values: bool
    """There are rows to push again, without a value."""


def _record_batch(
    context: MailingContext, batch: Sequence[FrozenRecipient], result: BatchResult
) -> _RecordedBatch:
    """Stores what became of each row of a batch."""
    session, mailing_id = context.session, context.mailing.id
    errors = {normalize_address(error.address) or error.address: error for error in result.errors}
    subscribed = [recipient.id for recipient in batch if recipient.address not in errors]
    recipients.mark_in_audience(session, subscribed)
    existing: list[FrozenRecipient] = []
    has_refused_values = False
    for recipient in batch:
        error = errors.get(recipient.address)
        if error is None:
            continue
        kept = without_refused(recipient.merge_values, [error.field])
        if error.code == CONTACT_EXISTS:
            existing.append(recipient)
        elif kept is not None:
            merge_values.note_refused(session, recipient.id, kept, error.message)
            has_refused_values = True
        else:
            reason, hashes = exclusion_for_row_error(error), [recipient.member_hash]
            recipients.exclude(session, mailing_id, hashes, reason, error.message)
    return _RecordedBatch(len(subscribed), existing, has_refused_values)
