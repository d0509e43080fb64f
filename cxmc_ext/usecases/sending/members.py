"""Reads members of the audience, and applies what they are to the recipients.

The subscription status of a member is never written, except in `archived`. Existing members get new merge
values at most.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cxmc_ext.db.queries import merge_values, recipients, withdrawn_members
from cxmc_ext.db.queries.recipients import AnyRecipient, FrozenRecipient
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.contacts import WithdrawalCause
from cxmc_ext.domain.errors import MailChimpError, NotFound, Unknown
from cxmc_ext.domain.mailchimp import Member, Page
from cxmc_ext.domain.rules.addresses import (
    member_hashes,
    possible_member_hashes,
)
from cxmc_ext.domain.rules.mailchimp_reasons import EXCLUSION_BY_MEMBER_STATUS, exclusion_for_error
from cxmc_ext.domain.rules.merge_fields import values_to_write, without_refused
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.opt_outs.members import record_member_opt_outs
from cxmc_ext.usecases.sending.archived import is_mailed_as, restore_archived
from cxmc_ext.usecases.sending.isolation import RowIsolation, may_suspect_rows
from cxmc_ext.usecases.shared.batches import in_batches

# Members per page that is read; MailChimp's limit.
PAGE_SIZE = 1000
# A member whose values at MailChimp differ, and the values to write.
_Outdated: TypeAlias = tuple[FrozenRecipient, Member, dict[str, str]]
# No audience of ours has more members.
MAX_ROWS = 5_000_000


@dataclass(frozen=True, slots=True)
class MembersRead:
    """What reading some members one by one has brought."""

    members: list[Member] = field(default_factory=list)
    failing: list[tuple[AnyRecipient, MailChimpError]] = field(default_factory=list)
    """Recipients whose member MailChimp cannot show, with its error."""


class MemberReader:
    """Reads the members behind recipients one by one (`GET /lists/{id}/members/{hash}`).

    One that always fails, while others can be read, is reported instead of ending the step.
    """

    def __init__(self, context: MailingContext) -> None:
        list_id = context.mailing.list_id
        known = recipients.first_in_audience(context.session, context.mailing.id)
        self._isolation: RowIsolation[tuple[AnyRecipient, bytes], Member | None] = RowIsolation(
            context,
            context.api.member,
            lambda rows: (list_id, rows[0][1].hex()),
            control=(known, known.member_hash) if known else None,
        )

    def read(self, frozen: Sequence[AnyRecipient]) -> MembersRead:
        """Reads the members; recipients that are none are left out.

        Raises:
            MailChimpError: An outage.
        """
        read = MembersRead()
        rows = [
            (recipient, each_hash)
            for recipient in frozen
            for each_hash in member_hashes(recipient.address)
        ]
        for ((recipient, _),), answer in self._isolation.call_each(rows):
            if isinstance(answer, MailChimpError):
                read.failing.append((recipient, answer))
            elif answer is not None:
                read.members.append(answer)
        return read


def read_pages(
    context: MailingContext, method: Callable[..., Page[Member]], *arguments: Any
) -> Iterator[Page[Member]]:
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


def _forget_archived(context: MailingContext, subscribed: Sequence[bytes]) -> None:
    """Who was archived here as unused and is subscribed now came back by another way, and can go again."""
    for hashes in in_batches(subscribed, PAGE_SIZE):
        withdrawn_members.forget(
            context.session,
            context.account.id,
            context.mailing.list_id,
            hashes,
            (WithdrawalCause.UNUSED,),
        )


def apply_member_status(context: MailingContext, members: Iterable[Member]) -> None:
    """Notes which recipients are subscribed members and excludes those with another status. Commits.

    Members who unsubscribed or were cleaned are opted out, whether they are recipients or not. Archived
    members whom our records know as subscribed are restored first. A subscribed member with another address
    is not the recipient, who is subscribed as a new one; one who left is, and excludes the recipient.
    """
    session, mailing_id = context.session, context.mailing.id
    members = list(members)
    for batch in in_batches(members, PAGE_SIZE):
        record_member_opt_outs(
            context.services, context.account.id, context.mailing.list_id, batch, context.now
        )
    subscribed: list[tuple[FrozenRecipient, Member]] = []
    hashes_by_status: dict[str, list[bytes]] = {}
    for recipient, member in restore_archived(context, match_recipients(context, members)):
        if member.status != "subscribed":
            hashes_by_status.setdefault(member.status, []).append(recipient.member_hash)
        elif is_mailed_as(recipient, member):
            subscribed.append((recipient, member))
    for status, hashes in hashes_by_status.items():
        reason = EXCLUSION_BY_MEMBER_STATUS.get(status, ExclusionReason.REFUSED)
        recipients.exclude(session, mailing_id, hashes, reason, f"MailChimp: {status}")
    _forget_archived(context, [recipient.member_hash for recipient, _ in subscribed])
    missing = _update_merge_values(context, subscribed)
    ids = [recipient.id for recipient, _ in subscribed if recipient.id not in missing]
    recipients.mark_in_audience(session, ids)
    context.commit()


def check_members(context: MailingContext, frozen: Sequence[AnyRecipient]) -> None:
    """Reads the members behind some recipients one by one, and applies their status.

    A recipient that is not a member stays as it is. One that MailChimp cannot show is excluded.
    """
    reader = MemberReader(context)
    for batch in in_batches(frozen, context.max_parallel_calls):
        read = reader.read(batch)
        for recipient, error in read.failing:
            exclude_failing(context, [recipient], error)
        apply_member_status(context, read.members)


def exclude_failing(
    context: MailingContext,
    failing: Sequence[AnyRecipient],
    error: MailChimpError,
) -> None:
    """Excludes recipients with whom every call fails, with MailChimp's words. The caller commits."""
    hashes = [recipient.member_hash for recipient in failing]
    reason = exclusion_for_error(error)
    recipients.exclude(context.session, context.mailing.id, hashes, reason, error.text)


def match_recipients(
    context: MailingContext, members: Iterable[Member]
) -> list[tuple[FrozenRecipient, Member]]:
    """Pairs members with the recipients they are or were. Members that are no recipients are left out.

    A member is found by its address, because that is where MailChimp sends the mail. After an address
    change at MailChimp its id may still be the md5 of the address before: then it is found by that, and
    `is_mailed_as` is False.
    """
    hashes_of = [
        (member, possible_member_hashes(member.hash, member.address)) for member in members
    ]
    wanted = {each_hash for _, hashes in hashes_of for each_hash in hashes}
    by_hash = recipients.mailable_by_hash(context.session, context.mailing.id, wanted)
    pairs = (
        (by_hash.get(hashes[-1]) or by_hash.get(hashes[0]), member) for member, hashes in hashes_of
    )
    return [(recipient, member) for recipient, member in pairs if recipient is not None]


def _update_merge_values(
    context: MailingContext, subscribed: Sequence[tuple[FrozenRecipient, Member]]
) -> set[int]:
    """Writes changed merge values (`PATCH /lists/{id}/members/{hash}`).

    A value that MailChimp does not take excludes nobody: the others are written without it, the mail has the
    old one, and the recipients page says so.

    Returns:
        Ids of recipients that turned out not to be members any more.
    """
    list_id = context.mailing.list_id
    missing: set[int] = set()
    hashes = [recipient.member_hash for recipient, _ in subscribed]
    written = merge_values.last_written_values(context.session, context.mailing, hashes)
    outdated: list[_Outdated] = [
        (recipient, member, values)
        for recipient, member in subscribed
        if (
            values := values_to_write(
                recipient.merge_values,
                member.merge_values,
                written.get(recipient.member_hash, {}),
            )
        )
    ]
    while outdated:
        refused: list[_Outdated] = []
        for batch in in_batches(outdated, context.max_parallel_calls):
            results = context.call_many(
                context.api.update_merge_values,
                [(list_id, member.hash, values) for _, member, values in batch],
            )
            for row, result in zip(batch, results, strict=True):
                if isinstance(result.error, NotFound):
                    missing.add(row[0].id)
                elif result.error is not None and may_suspect_rows(context, result.error):
                    refused += _note_refused(context, row, result.error)
                else:
                    result.unwrap()
        outdated = refused
    return missing


def _note_refused(
    context: MailingContext, row: _Outdated, error: MailChimpError
) -> list[_Outdated]:
    """Notes MailChimp's words; returns the row without the refused values, if it has others."""
    recipient, member, values = row
    tags = [tag for tag, _ in error.fields]
    kept = without_refused(recipient.merge_values, tags)
    merge_values.note_refused(context.session, recipient.id, kept, error.text)
    rest = without_refused(values, tags)
    if kept is None or not rest:
        return []
    return [(recipient._replace(merge_values=kept), member, rest)]
