"""Steps that carve the receivers out of the audience: a static segment of our own, then read back.

Each attempt has a segment of its own name, so a worker that was thought dead cannot write into ours.
"""

from collections.abc import Iterator

from cxmc_ext.db.queries import mailings, recipients
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.mailchimp import Member
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.signals import needs_attention
from cxmc_ext.usecases.sending.audience import BATCH, PAGE, apply_member_status, match_recipients
from cxmc_ext.usecases.sending.recipients import (
    exclude_recipients,
    find_late_opt_outs,
    require_recipients,
    update_counts,
)
from cxmc_ext.usecases.sending.remote_status import GONE, delete_draft, read_status
from cxmc_ext.usecases.shared.batches import in_batches

MAX_READINGS = 3
"""How often the segment is read until two readings agree: pages shift while people leave."""
MAX_MEMBER_LOOKUPS = 50
"""Up to this many who are missing are looked up one by one for the true reason."""
_PREFIX = "cx"


def build_segment(run: OperationContext) -> None:
    """A new segment with everybody who receives; what an earlier attempt left is removed first.

    Only then is who opted out since taken off the list: up to there the old draft can be resumed.
    """
    if run.mailing.segment_name:
        delete_remote(run)
        exclude_recipients(run, find_late_opt_outs(run))
        update_counts(run)
    require_recipients(run)
    mailing_id, list_id, total = run.mailing.id, run.mailing.list_id, run.mailing.mailable_count
    name = _next_name(run)
    mailings.update_columns(run.session, mailing_id, segment_name=name)
    run.commit(progress_total=total)
    first = recipients.mailable_addresses(run.session, mailing_id, 0, BATCH)
    made = run.call(run.api.create_segment, list_id, name, [address for _, address in first])
    mailings.update_columns(run.session, mailing_id, segment_id=made.id)
    run.commit(progress_done=len(first))
    _fill(run, made.id, first[-1][0], len(first))


def check_segment(run: OperationContext) -> None:
    """Everybody in the segment must be a receiver; receivers who are not in it get a reason."""
    seen = _RecipientBitset(run)
    matched = -1
    for _ in range(MAX_READINGS):
        before, matched = matched, _read(run, seen)
        if matched in (before, run.mailing.mailable_count):
            break
    _exclude_missing(run, seen)
    update_counts(run)
    require_recipients(run)


def delete_remote(run: OperationContext) -> None:
    """Removes draft and segment of an attempt from MailChimp, then forgets them. Safe to repeat."""
    mailing = run.mailing
    list_id, name, segment_id, remote_id = (
        mailing.list_id,
        mailing.segment_name,
        mailing.segment_id,
        mailing.remote_id,
    )
    if remote_id is not None:
        delete_if_draft(run, remote_id)
        mailings.clear_draft(run.session, mailing.id)
        run.commit()
    if segment_id is None and name:
        found = run.call(run.api.find_segment, list_id, name)
        segment_id = found.id if found else None
    if segment_id is not None:
        run.call(run.api.delete_segment, list_id, segment_id)
    mailings.clear_draft_and_segment(run.session, run.mailing.id)
    run.commit()


def delete_if_draft(run: OperationContext, remote_id: str) -> None:
    """Deletes a campaign that is still a draft.

    :raises Halt: it is none any more.
    """
    status = read_status(run, remote_id)
    if status == GONE:
        return
    if status not in ("save", "paused"):
        raise needs_attention("changed_in_mailchimp", status=status)
    mailings.mark_draft_for_deletion(run.session, run.mailing.id)
    delete_draft(run, remote_id)


def segment_token(segment_name: str) -> str:
    """The token of the press that made a segment; it stands in the campaign's title as well."""
    return segment_name.split(" ")[1] if segment_name else ""


def segment_attempt(segment_name: str) -> int:
    return int(segment_name.rpartition(" ")[2]) if segment_name else 0


def segment_name(token: str, attempt: int) -> str:
    return f"{_PREFIX} {token} {attempt}"


def _next_name(run: OperationContext) -> str:
    token = run.operation.title_token
    last = run.mailing.segment_name
    return segment_name(token, segment_attempt(last) + 1 if segment_token(last) == token else 1)


def _fill(run: OperationContext, segment_id: int, after: int, done: int) -> None:
    for size, _ in run.call_pipelined(run.api.add_to_segment, _batches(run, segment_id, after)):
        done += size
        run.commit(progress_done=done)


def _batches(
    run: OperationContext, segment_id: int, after: int
) -> Iterator[tuple[int, tuple[str, int, list[str]]]]:
    mailing_id, list_id = run.mailing.id, run.mailing.list_id
    while rows := recipients.mailable_addresses(run.session, mailing_id, after, BATCH):
        after = rows[-1][0]
        yield len(rows), (list_id, segment_id, [address for _, address in rows])


class _RecipientBitset:
    """Which recipient rows were met: one bit each, so a million of them fit into 125 kB."""

    def __init__(self, run: OperationContext) -> None:
        self.low, high = recipients.id_range(run.session, run.mailing.id)
        self._bits = bytearray((high - self.low) // 8 + 1)

    def add(self, row_id: int) -> None:
        place, bit = divmod(row_id - self.low, 8)
        self._bits[place] |= 1 << bit

    def __contains__(self, row_id: int) -> bool:
        place, bit = divmod(row_id - self.low, 8)
        return bool(self._bits[place] & (1 << bit))


def _read(run: OperationContext, seen: _RecipientBitset) -> int:
    """Reads the segment once; returns how many receivers were met so far in all readings."""
    mailing = run.mailing
    list_id, segment_id = mailing.list_id, mailing.segment_id or 0
    offset, width, full, met = 0, 1, True, 0
    while full:
        offsets = [offset + PAGE * place for place in range(width)]
        answers = run.call_many(
            run.api.segment_page, [(list_id, segment_id, each) for each in offsets]
        )
        for answer in answers:
            page = answer.unwrap()
            full = full and len(page) == PAGE
            met += _mark_seen(run, seen, page)
        offset, width = offset + PAGE * width, run.max_parallel_calls
    return met


def _mark_seen(run: OperationContext, seen: _RecipientBitset, page: tuple[Member, ...]) -> int:
    met = match_recipients(run, page)
    if len(met) < len(page):
        raise needs_attention("unknown_recipient")
    for row, _ in met:
        seen.add(row.id)
    return len(met)


def _exclude_missing(run: OperationContext, seen: _RecipientBitset) -> None:
    mailing_id, after = run.mailing.id, 0
    while rows := recipients.mailable_page(run.session, mailing_id, after, PAGE):
        after = rows[-1].id
        missing = [row for row in rows if row.id not in seen]
        if 0 < len(missing) <= MAX_MEMBER_LOOKUPS:
            _check_members(run, missing)
        recipients.exclude(
            run.session,
            mailing_id,
            [row.member_hash for row in missing],
            ExclusionReason.NOT_IN_AUDIENCE,
        )
        run.commit()


def _check_members(run: OperationContext, missing: list[recipients.FrozenRecipient]) -> None:
    list_id = run.mailing.list_id
    for lot in in_batches(missing, run.max_parallel_calls):
        answers = run.call_many(run.api.member, [(list_id, one.member_hash.hex()) for one in lot])
        apply_member_status(
            run, [member for answer in answers if (member := answer.unwrap()) is not None]
        )
