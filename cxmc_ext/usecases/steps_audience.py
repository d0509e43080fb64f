"""Steps that bring the receivers into the audience: read who is there, push the others.

Nobody's subscription status is ever written: existing members get new merge values at most (I2b).
"""

from collections.abc import Iterable, Iterator, Sequence

from cxmc_ext.db.queries import erasure, mailings, recipients
from cxmc_ext.db.queries.recipients import Frozen
from cxmc_ext.domain.errors import NotFound, Refused
from cxmc_ext.domain.remote import BatchResult, Member, NewMember, RowError
from cxmc_ext.domain.rules.addresses import member_hash, normalise
from cxmc_ext.domain.rules.checks import EXISTS, REASON_OF_STATUS, row_reason
from cxmc_ext.domain.rules.merge import differs
from cxmc_ext.domain.values import Reason
from cxmc_ext.usecases.halt import attention
from cxmc_ext.usecases.lots import lots
from cxmc_ext.usecases.run import Run
from cxmc_ext.usecases.steps_people import count, require_somebody

BATCH = 500
"""MailChimp's limit for one batch and for one change of a segment."""
PAGE = 1000


def members(run: Run) -> None:
    """Who is in the audience already: leaves out those who left, refreshes the others' merge values."""
    try:
        for lot in _who_is_there(run):
            note(run, lot)
    except NotFound:
        raise attention("audience_gone") from None
    count(run)
    require_somebody(run)


def push(run: Run) -> None:
    """Subscribes the others in batches, some at once; what a batch refused is a reason, not a failure."""
    mailing_id, done, total = run.mailing.id, run.mailing.pushed, run.mailing.receivers
    exist: list[Frozen] = []
    try:
        for batch, result in run.flow(run.api.push_members, _batches(run, mailing_id)):
            done += _book(run, batch, result, exist)
            mailings.store(run.session, mailing_id, pushed=done)
            run.save(done=done, total=total)
    except NotFound:
        raise attention("audience_gone") from None
    _look_at(run, exist)
    count(run)
    require_somebody(run)


def note(run: Run, found: Iterable[Member]) -> None:
    """What the audience says of members: those who cannot be mailed get the reason, others are in."""
    mailing_id = run.mailing.id
    left: dict[str, list[bytes]] = {}
    inside: list[tuple[Frozen, Member]] = []
    for frozen, member in match(run, found):
        if member.status == "subscribed":
            inside.append((frozen, member))
        else:
            left.setdefault(member.status, []).append(frozen.member_hash)
    for status, hashes in left.items():
        reason = REASON_OF_STATUS.get(status, Reason.REFUSED)
        recipients.exclude(run.session, mailing_id, hashes, reason, f"MailChimp: {status}")
    gone = _refresh(run, inside)
    recipients.mark_pushed(run.session, [one.id for one, _ in inside if one.id not in gone])
    run.save()


def match(run: Run, found: Iterable[Member]) -> list[tuple[Frozen, Member]]:
    """Members with the receiver each of them is; others are left out.

    After an address change at MailChimp a member's id is not the md5 of the address any more, so
    either may name the receiver.
    """
    keyed = [(member, _keys(member)) for member in found]
    rows = recipients.by_hash(
        run.session, run.mailing.id, {key for _, pair in keyed for key in pair}
    )
    met = (
        (rows.get(by_id) or rows.get(by_address), member) for member, (by_id, by_address) in keyed
    )
    return [(row, member) for row, member in met if row is not None]


def _who_is_there(run: Run) -> Iterator[Sequence[Member]]:
    """Whole pages, or one call per receiver where that is fewer; archived members are on no page."""
    mailing = run.mailing
    list_id, receivers = mailing.list_id, mailing.receivers
    pages = run.call(run.api.audience, list_id).member_count // PAGE + 1
    if receivers <= pages:
        yield from _one_by_one(run, list_id)
    else:
        yield from _pages(run, list_id)
        yield from run.stream(run.api.members_changed, list_id, "archived", 0)


def _pages(run: Run, list_id: str) -> Iterator[Sequence[Member]]:
    """A member who is missed because somebody left while paging is found by the push."""
    offset, width, full = 0, 1, True
    while full:
        offsets = [offset + PAGE * place for place in range(width)]
        answers = run.together(run.api.members_page, [(list_id, each) for each in offsets])
        for answer in answers:
            page = answer.take()
            full = full and len(page) == PAGE
            yield page
        offset, width = offset + PAGE * width, run.width


def _one_by_one(run: Run, list_id: str) -> Iterator[Sequence[Member]]:
    after, mailing_id = 0, run.mailing.id
    while rows := recipients.receivers(run.session, mailing_id, after, run.width):
        after = rows[-1].id
        answers = run.together(run.api.member, [(list_id, one.member_hash.hex()) for one in rows])
        yield [member for answer in answers if (member := answer.take()) is not None]


def _keys(member: Member) -> tuple[bytes, bytes]:
    try:
        by_id = bytes.fromhex(member.hash)
    except ValueError:
        by_id = b""
    return by_id, member_hash(normalise(member.address) or "")


def _refresh(run: Run, inside: Sequence[tuple[Frozen, Member]]) -> set[int]:
    """Writes changed merge values; returns who turned out not to be a member any more.

    A value that MailChimp refuses keeps nobody from the mail.
    """
    list_id = run.mailing.list_id
    gone: set[int] = set()
    for lot in lots([pair for pair in inside if differs(pair[0].merge, pair[1].merge)], run.width):
        answers = run.together(
            run.api.update_merge, [(list_id, member.hash, one.merge) for one, member in lot]
        )
        for (one, _), answer in zip(lot, answers, strict=True):
            if isinstance(answer.error, NotFound):
                gone.add(one.id)
            elif type(answer.error) is not Refused:
                answer.take()
    return gone


def _batches(
    run: Run, mailing_id: int
) -> Iterator[tuple[Sequence[Frozen], tuple[str, list[NewMember]]]]:
    list_id, after = run.mailing.list_id, 0
    while rows := recipients.unpushed(run.session, mailing_id, after, BATCH):
        after = rows[-1].id
        if batch := _kept(run, rows):
            yield batch, (list_id, [NewMember(row.address, row.merge) for row in batch])


def _kept(run: Run, rows: Sequence[Frozen]) -> list[Frozen]:
    """Without those who were erased since they were frozen: their address is never pushed again."""
    veil = erasure.veil(run.session, run.account.id)
    erased = {row.member_hash for row in rows if veil.mark_of(row.address)}
    for lot in lots(erased, BATCH):
        recipients.exclude(run.session, run.mailing.id, lot, Reason.ERASED)
    return [row for row in rows if row.member_hash not in erased]


def _book(run: Run, batch: Sequence[Frozen], result: BatchResult, exist: list[Frozen]) -> int:
    """Writes down what became of each row; returns how many are in by this batch.

    :param exist: takes those who turned out to be members already; they are looked at afterwards.
    """
    errors = {normalise(error.address) or error.address: error for error in result.errors}
    inside = [row.id for row in batch if row.address not in errors]
    recipients.mark_pushed(run.session, inside)
    for row in batch:
        error = errors.get(row.address)
        if error is not None and error.code == EXISTS:
            exist.append(row)
        elif error is not None:
            _refuse(run, row, error)
    return len(inside)


def _refuse(run: Run, row: Frozen, error: RowError) -> None:
    reason = row_reason(error)
    recipients.exclude(run.session, run.mailing.id, [row.member_hash], reason, error.text)


def _look_at(run: Run, exist: Sequence[Frozen]) -> None:
    """Members that were not seen before: only their status says whether they get the mail."""
    list_id = run.mailing.list_id
    for lot in lots(exist, run.width):
        answers = run.together(run.api.member, [(list_id, one.member_hash.hex()) for one in lot])
        note(run, [member for answer in answers if (member := answer.take()) is not None])
