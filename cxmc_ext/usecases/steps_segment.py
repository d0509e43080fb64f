"""Steps that carve the receivers out of the audience: a static segment of our own, then read back.

Each attempt has a segment of its own name, so a worker that was thought dead cannot write into ours.
"""

from collections.abc import Iterator

from cxmc_ext.db.queries import mailings, recipients
from cxmc_ext.domain.remote import Member
from cxmc_ext.domain.values import Reason
from cxmc_ext.usecases.halt import attention
from cxmc_ext.usecases.lots import lots
from cxmc_ext.usecases.run import Run
from cxmc_ext.usecases.steps_audience import BATCH, PAGE, match, note
from cxmc_ext.usecases.steps_gone import GONE, delete_draft, status_of
from cxmc_ext.usecases.steps_people import count, late_opt_outs, leave_out, require_somebody

LOOKS = 3
"""How often the segment is read until two readings agree: pages shift while people leave."""
ASKED_ABOUT = 50
"""Up to this many who are missing are looked up one by one for the true reason."""
_PREFIX = "cx"


def segment(run: Run) -> None:
    """A new segment with everybody who receives; what an earlier attempt left is removed first.

    Only then is who opted out since taken off the list: up to there the old draft can be resumed.
    """
    if run.mailing.segment_name:
        clear_built(run)
        leave_out(run, late_opt_outs(run))
        count(run)
    require_somebody(run)
    mailing_id, list_id, total = run.mailing.id, run.mailing.list_id, run.mailing.receivers
    name = _next_name(run)
    mailings.store(run.session, mailing_id, segment_name=name)
    run.save(total=total)
    first = recipients.receiver_addresses(run.session, mailing_id, 0, BATCH)
    made = run.call(run.api.create_segment, list_id, name, [address for _, address in first])
    mailings.store(run.session, mailing_id, segment_id=made.id)
    run.save(done=len(first))
    _fill(run, made.id, first[-1][0], len(first))


def check_segment(run: Run) -> None:
    """Everybody in the segment must be a receiver; receivers who are not in it get a reason."""
    seen = _Seen(run)
    matched = -1
    for _ in range(LOOKS):
        before, matched = matched, _read(run, seen)
        if matched in (before, run.mailing.receivers):
            break
    _leave_out_missing(run, seen)
    count(run)
    require_somebody(run)


def clear_built(run: Run) -> None:
    """Removes draft and segment of an attempt from MailChimp, then forgets them. Safe to repeat."""
    mailing = run.mailing
    list_id, name, segment_id, remote_id = (
        mailing.list_id,
        mailing.segment_name,
        mailing.segment_id,
        mailing.remote_id,
    )
    if remote_id is not None:
        remove_draft(run, remote_id)
        mailings.forget_draft(run.session, mailing.id)
        run.save()
    if segment_id is None and name:
        found = run.call(run.api.find_segment, list_id, name)
        segment_id = found.id if found else None
    if segment_id is not None:
        run.call(run.api.delete_segment, list_id, segment_id)
    mailings.forget_built(run.session, run.mailing.id)
    run.save()


def remove_draft(run: Run, remote_id: str) -> None:
    """Deletes a campaign that is still a draft.

    :raises Halt: it is none any more.
    """
    status = status_of(run, remote_id)
    if status == GONE:
        return
    if status not in ("save", "paused"):
        raise attention("touched", status=status)
    mailings.condemn(run.session, run.mailing.id)
    delete_draft(run, remote_id)


def token_of(segment_name: str) -> str:
    """The token of the press that made a segment; it stands in the campaign's title as well."""
    return segment_name.split(" ")[1] if segment_name else ""


def attempt_of(segment_name: str) -> int:
    return int(segment_name.rpartition(" ")[2]) if segment_name else 0


def name_of(token: str, attempt: int) -> str:
    return f"{_PREFIX} {token} {attempt}"


def _next_name(run: Run) -> str:
    token = run.operation.token
    last = run.mailing.segment_name
    return name_of(token, attempt_of(last) + 1 if token_of(last) == token else 1)


def _fill(run: Run, segment_id: int, after: int, done: int) -> None:
    for size, _ in run.flow(run.api.add_to_segment, _batches(run, segment_id, after)):
        done += size
        run.save(done=done)


def _batches(
    run: Run, segment_id: int, after: int
) -> Iterator[tuple[int, tuple[str, int, list[str]]]]:
    mailing_id, list_id = run.mailing.id, run.mailing.list_id
    while rows := recipients.receiver_addresses(run.session, mailing_id, after, BATCH):
        after = rows[-1][0]
        yield len(rows), (list_id, segment_id, [address for _, address in rows])


class _Seen:
    """Which recipient rows were met: one bit each, so a million of them fit into 125 kB."""

    def __init__(self, run: Run) -> None:
        self.low, high = recipients.id_range(run.session, run.mailing.id)
        self._bits = bytearray((high - self.low) // 8 + 1)

    def add(self, row_id: int) -> None:
        place, bit = divmod(row_id - self.low, 8)
        self._bits[place] |= 1 << bit

    def __contains__(self, row_id: int) -> bool:
        place, bit = divmod(row_id - self.low, 8)
        return bool(self._bits[place] & (1 << bit))


def _read(run: Run, seen: _Seen) -> int:
    """Reads the segment once; returns how many receivers were met so far in all readings."""
    mailing = run.mailing
    list_id, segment_id = mailing.list_id, mailing.segment_id or 0
    offset, width, full, met = 0, 1, True, 0
    while full:
        offsets = [offset + PAGE * place for place in range(width)]
        answers = run.together(
            run.api.segment_page, [(list_id, segment_id, each) for each in offsets]
        )
        for answer in answers:
            page = answer.take()
            full = full and len(page) == PAGE
            met += _meet(run, seen, page)
        offset, width = offset + PAGE * width, run.width
    return met


def _meet(run: Run, seen: _Seen, page: tuple[Member, ...]) -> int:
    met = match(run, page)
    if len(met) < len(page):
        raise attention("stranger")
    for row, _ in met:
        seen.add(row.id)
    return len(met)


def _leave_out_missing(run: Run, seen: _Seen) -> None:
    mailing_id, after = run.mailing.id, 0
    while rows := recipients.receivers(run.session, mailing_id, after, PAGE):
        after = rows[-1].id
        missing = [row for row in rows if row.id not in seen]
        if 0 < len(missing) <= ASKED_ABOUT:
            _ask_about(run, missing)
        recipients.exclude(
            run.session, mailing_id, [row.member_hash for row in missing], Reason.NOT_IN_AUDIENCE
        )
        run.save()


def _ask_about(run: Run, missing: list[recipients.Frozen]) -> None:
    list_id = run.mailing.list_id
    for lot in lots(missing, run.width):
        answers = run.together(run.api.member, [(list_id, one.member_hash.hex()) for one in lot])
        note(run, [member for answer in answers if (member := answer.take()) is not None])
