"""Steps that bring the receivers into the audience: read who is there, push the others.

Nobody's subscription status is ever written: existing members get new merge values at most (I2b).
"""

from collections.abc import Iterable, Iterator, Sequence

from cxmc_ext.db.queries import erasure, mailings, recipients
from cxmc_ext.db.queries.recipients import FrozenRecipient
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.errors import NotFound, Refused
from cxmc_ext.domain.mailchimp import BatchResult, Member, NewMember, RowError
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.domain.rules.mailchimp_reasons import (
    CONTACT_EXISTS,
    EXCLUSION_BY_MEMBER_STATUS,
    exclusion_for_row_error,
)
from cxmc_ext.domain.rules.merge_fields import needs_update
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.signals import needs_attention
from cxmc_ext.usecases.sending.recipients import require_recipients, update_counts
from cxmc_ext.usecases.shared.batches import in_batches

BATCH = 500
"""MailChimp's limit for one batch and for one change of a segment."""
PAGE = 1000


def check_existing_members(run: OperationContext) -> None:
    """Who is in the audience already: leaves out those who left, refreshes the others' merge values."""
    try:
        for lot in _existing_members(run):
            apply_member_status(run, lot)
    except NotFound:
        raise needs_attention("audience_gone") from None
    update_counts(run)
    require_recipients(run)


def subscribe_new(run: OperationContext) -> None:
    """Subscribes the others in batches, some at once; what a batch refused is a reason, not a failure."""
    mailing_id, done, total = (
        run.mailing.id,
        run.mailing.in_audience_count,
        run.mailing.mailable_count,
    )
    exist: list[FrozenRecipient] = []
    try:
        for batch, result in run.call_pipelined(
            run.api.subscribe_members, _batches(run, mailing_id)
        ):
            done += _record_batch(run, batch, result, exist)
            mailings.update_columns(run.session, mailing_id, in_audience_count=done)
            run.commit(progress_done=done, progress_total=total)
    except NotFound:
        raise needs_attention("audience_gone") from None
    _check_members(run, exist)
    update_counts(run)
    require_recipients(run)


def apply_member_status(run: OperationContext, found: Iterable[Member]) -> None:
    """What the audience says of members: those who cannot be mailed get the reason, others are in."""
    mailing_id = run.mailing.id
    left: dict[str, list[bytes]] = {}
    inside: list[tuple[FrozenRecipient, Member]] = []
    for frozen, member in match_recipients(run, found):
        if member.status == "subscribed":
            inside.append((frozen, member))
        else:
            left.setdefault(member.status, []).append(frozen.member_hash)
    for status, hashes in left.items():
        reason = EXCLUSION_BY_MEMBER_STATUS.get(status, ExclusionReason.REFUSED)
        recipients.exclude(run.session, mailing_id, hashes, reason, f"MailChimp: {status}")
    gone = _refresh(run, inside)
    recipients.mark_in_audience(run.session, [one.id for one, _ in inside if one.id not in gone])
    run.commit()


def match_recipients(
    run: OperationContext, found: Iterable[Member]
) -> list[tuple[FrozenRecipient, Member]]:
    """Members with the receiver each of them is; others are left out.

    After an address change at MailChimp a member's id is not the md5 of the address any more, so
    either may name the receiver.
    """
    keyed = [(member, _possible_hashes(member)) for member in found]
    rows = recipients.mailable_by_hash(
        run.session, run.mailing.id, {key for _, pair in keyed for key in pair}
    )
    met = (
        (rows.get(by_id) or rows.get(by_address), member) for member, (by_id, by_address) in keyed
    )
    return [(row, member) for row, member in met if row is not None]


def _existing_members(run: OperationContext) -> Iterator[Sequence[Member]]:
    """Whole pages, or one call per receiver where that is fewer; archived members are on no page."""
    mailing = run.mailing
    list_id, receivers = mailing.list_id, mailing.mailable_count
    pages = run.call(run.api.audience, list_id).member_count // PAGE + 1
    if receivers <= pages:
        yield from _member_by_member(run, list_id)
    else:
        yield from _pages(run, list_id)
        yield from run.call_paged(run.api.members_changed, list_id, "archived", 0)


def _pages(run: OperationContext, list_id: str) -> Iterator[Sequence[Member]]:
    """A member who is missed because somebody left while paging is found by the push."""
    offset, width, full = 0, 1, True
    while full:
        offsets = [offset + PAGE * place for place in range(width)]
        answers = run.call_many(run.api.members_page, [(list_id, each) for each in offsets])
        for answer in answers:
            page = answer.unwrap()
            full = full and len(page) == PAGE
            yield page
        offset, width = offset + PAGE * width, run.max_parallel_calls


def _member_by_member(run: OperationContext, list_id: str) -> Iterator[Sequence[Member]]:
    after, mailing_id = 0, run.mailing.id
    while rows := recipients.mailable_page(run.session, mailing_id, after, run.max_parallel_calls):
        after = rows[-1].id
        answers = run.call_many(run.api.member, [(list_id, one.member_hash.hex()) for one in rows])
        yield [member for answer in answers if (member := answer.unwrap()) is not None]


def _possible_hashes(member: Member) -> tuple[bytes, bytes]:
    try:
        by_id = bytes.fromhex(member.hash)
    except ValueError:
        by_id = b""
    return by_id, member_hash(normalize_address(member.address) or "")


def _refresh(run: OperationContext, inside: Sequence[tuple[FrozenRecipient, Member]]) -> set[int]:
    """Writes changed merge values; returns who turned out not to be a member any more.

    A value that MailChimp refuses keeps nobody from the mail.
    """
    list_id = run.mailing.list_id
    gone: set[int] = set()
    for lot in in_batches(
        [pair for pair in inside if needs_update(pair[0].merge_values, pair[1].merge_values)],
        run.max_parallel_calls,
    ):
        answers = run.call_many(
            run.api.update_merge_values,
            [(list_id, member.hash, one.merge_values) for one, member in lot],
        )
        for (one, _), answer in zip(lot, answers, strict=True):
            if isinstance(answer.error, NotFound):
                gone.add(one.id)
            elif type(answer.error) is not Refused:
                answer.unwrap()
    return gone


def _batches(
    run: OperationContext, mailing_id: int
) -> Iterator[tuple[Sequence[FrozenRecipient], tuple[str, list[NewMember]]]]:
    list_id, after = run.mailing.list_id, 0
    while rows := recipients.not_in_audience_page(run.session, mailing_id, after, BATCH):
        after = rows[-1].id
        if batch := _without_erased(run, rows):
            yield batch, (list_id, [NewMember(row.address, row.merge_values) for row in batch])


def _without_erased(
    run: OperationContext, rows: Sequence[FrozenRecipient]
) -> list[FrozenRecipient]:
    """Without those who were erased since they were frozen: their address is never pushed again."""
    veil = erasure.suppression_list(run.session, run.account.id)
    erased = {row.member_hash for row in rows if veil.digest_of(row.address)}
    for lot in in_batches(erased, BATCH):
        recipients.exclude(run.session, run.mailing.id, lot, ExclusionReason.ERASURE)
    return [row for row in rows if row.member_hash not in erased]


def _record_batch(
    run: OperationContext,
    batch: Sequence[FrozenRecipient],
    result: BatchResult,
    exist: list[FrozenRecipient],
) -> int:
    """Writes down what became of each row; returns how many are in by this batch.

    :param exist: takes those who turned out to be members already; they are looked at afterwards.
    """
    errors = {normalize_address(error.address) or error.address: error for error in result.errors}
    inside = [row.id for row in batch if row.address not in errors]
    recipients.mark_in_audience(run.session, inside)
    for row in batch:
        error = errors.get(row.address)
        if error is not None and error.code == CONTACT_EXISTS:
            exist.append(row)
        elif error is not None:
            _exclude_refused(run, row, error)
    return len(inside)


def _exclude_refused(run: OperationContext, row: FrozenRecipient, error: RowError) -> None:
    reason = exclusion_for_row_error(error)
    recipients.exclude(run.session, run.mailing.id, [row.member_hash], reason, error.text)


def _check_members(run: OperationContext, exist: Sequence[FrozenRecipient]) -> None:
    """Members that were not seen before: only their status says whether they get the mail."""
    list_id = run.mailing.list_id
    for lot in in_batches(exist, run.max_parallel_calls):
        answers = run.call_many(run.api.member, [(list_id, one.member_hash.hex()) for one in lot])
        apply_member_status(
            run, [member for answer in answers if (member := answer.unwrap()) is not None]
        )
