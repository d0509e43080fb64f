"""Archived members whom our own records know as subscribed are restored; nobody else is.

Archiving is not an opt-out: contacts are archived because each of them costs money. But it hides whether the
member had unsubscribed before (https://github.com/brandonseydel/MailChimp.Net/issues/529), so MailChimp's
status alone proves nothing.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from cxmc_ext.db.queries import erasure, recipients, reported_opt_outs, withdrawn_members
from cxmc_ext.db.queries.known_subscribers import known_subscribers
from cxmc_ext.db.queries.recipients import FrozenRecipient
from cxmc_ext.domain.errors import MailChimpError, NotFound
from cxmc_ext.domain.mailchimp import Member, NewMember
from cxmc_ext.domain.rules.addresses import canonical_address
from cxmc_ext.domain.rules.mailchimp_reasons import exclusion_for_error
from cxmc_ext.usecases.operations.call_result import CallResult
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.sending.contact_limit import count_added, require_room
from cxmc_ext.usecases.sending.isolation import may_suspect_rows
from cxmc_ext.usecases.shared.batches import in_batches

RecipientMember: TypeAlias = tuple[FrozenRecipient, Member]

_ARCHIVED = "archived"


def restore_archived(
    context: MailingContext, pairs: Sequence[RecipientMember]
) -> list[RecipientMember]:
    """Subscribes the archived members again whom an earlier mailing of ours reached in this audience.

    A member that MailChimp refuses to restore is excluded with its reason.

    Args:
        context: The context of the step.
        pairs: At most 1,000 recipients with the members that they are.

    Returns:
        The same pairs, with the members as they are now.
    """
    candidates = _candidates(context, pairs)
    current: dict[str, Member] = {}
    for batch in in_batches(candidates, context.max_parallel_calls):
        current |= _restore(context, batch)
    return [(recipient, current.get(member.hash, member)) for recipient, member in pairs]


def _candidates(context: MailingContext, pairs: Sequence[RecipientMember]) -> list[RecipientMember]:
    # The same mailbox may be a second member in another spelling; then that one counts.
    others = {recipient.id for recipient, member in pairs if member.status != _ARCHIVED}
    archived = [pair for pair in pairs if pair[0].id not in others]
    if not archived:
        return []
    session, account_id = context.session, context.account.id
    hashes = [recipient.member_hash for recipient, _ in archived]
    known = known_subscribers(session, context.mailing, hashes)
    known -= reported_opt_outs.reported(session, account_id, hashes).keys()
    suppressed = erasure.suppression_list(session, account_id)
    return [
        (recipient, member)
        for recipient, member in archived
        if recipient.member_hash in known and not suppressed.digest_of(recipient.address)
    ]


def is_mailed_as(recipient: FrozenRecipient, member: Member) -> bool:
    """Whether a mail to the member goes to the recipient's address."""
    return canonical_address(member.address) == recipient.address


def _restore(context: MailingContext, batch: Sequence[RecipientMember]) -> dict[str, Member]:
    """Reads the members once more, because a page may be minutes old, and restores those still archived.

    Returns:
        The members as they are now, by MailChimp's id.
    """
    list_id, api = context.mailing.list_id, context.api
    read = context.call_many(api.member, [(list_id, member.hash) for _, member in batch])
    members = [
        (recipient, member)
        for (recipient, _), result in zip(batch, read, strict=True)
        if not _may_be_skipped(context, result) and (member := result.unwrap()) is not None
    ]
    archived = [
        (recipient, member)
        for recipient, member in members
        if member.status == _ARCHIVED and is_mailed_as(recipient, member)
    ]
    require_room(context, len(archived))
    answers = context.call_many(
        api.restore_member,
        [
            (list_id, member.hash, NewMember(member.address, recipient.merge_values))
            for recipient, member in archived
        ],
    )
    # What MailChimp refused because of a value is tried without values: they are written afterwards, one by
    # one, like those of every member.
    refused = [
        index for index, answer in enumerate(answers) if answer.error and answer.error.fields
    ]
    again = [
        (list_id, archived[index][1].hash, NewMember(archived[index][1].address, {}))
        for index in refused
    ]
    for index, answer in zip(refused, context.call_many(api.restore_member, again), strict=True):
        answers[index] = answer
    current = {member.hash: member for _, member in members}
    for (recipient, member), answer in zip(archived, answers, strict=True):
        if answer.error is not None and _may_be_skipped(context, answer):
            _exclude(context, recipient, answer.error)
        else:
            current[member.hash] = answer.unwrap()
    _record_restored(context, archived, answers)
    return current


def _record_restored(
    context: MailingContext,
    archived: Sequence[RecipientMember],
    answers: Sequence[CallResult[Any]],
) -> None:
    hashes = [
        recipient.member_hash
        for (recipient, _), answer in zip(archived, answers, strict=True)
        if answer.error is None
    ]
    if not hashes:
        return
    list_id = context.mailing.list_id
    withdrawn_members.forget(context.session, context.account.id, list_id, hashes)
    count_added(context, len(hashes))
    context.commit()


def _may_be_skipped(context: MailingContext, result: CallResult[Any]) -> bool:
    """Whether the call failed because of this member; other failures end the step, which is repeated."""
    error = result.error
    return isinstance(error, NotFound) or (error is not None and may_suspect_rows(context, error))


def _exclude(context: MailingContext, recipient: FrozenRecipient, error: MailChimpError) -> None:
    hashes = [recipient.member_hash]
    reason = exclusion_for_error(error)
    recipients.exclude(context.session, context.mailing.id, hashes, reason, error.text)
