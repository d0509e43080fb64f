"""What the audience itself reports: members who unsubscribed or were cleaned, by whatever way."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import reported_opt_outs, withdrawn_members
from cxmc_ext.db.queries import unsubscribes as unsubscribe_queries
from cxmc_ext.db.queries.unsubscribes import MailedAddress
from cxmc_ext.domain.errors import KeyRefused, Refused
from cxmc_ext.domain.failed_addresses import AddressFailure, FailureReason
from cxmc_ext.domain.mailchimp import Member, Unsubscribe
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.domain.opt_outs import OptOut, OptOutSource
from cxmc_ext.domain.rules.addresses import (
    canonical_address,
    member_hash,
    possible_member_hashes,
)
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.failed_addresses import forget_failures, record_failures
from cxmc_ext.usecases.opt_outs.lookup import opted_out_addresses
from cxmc_ext.usecases.opt_outs.record import record_opt_outs

# Seconds before the last import that are read again: MailChimp may show a change late, and its clock and
# that of a worker may differ, by an hour where one of them has the wrong daylight saving time.
OPT_OUT_OVERLAP = 2 * 3600
# Seconds by which MailChimp's clock may be ahead of ours.
_CLOCK_DIFFERENCE = 300
# The status of a member of whom an opt-out is stored.
SOURCE_BY_STATUS = {
    source.value: source for source in (OptOutSource.UNSUBSCRIBED, OptOutSource.CLEANED)
}
_SUBSCRIBED = "subscribed"
_NOTES = {
    OptOutSource.UNSUBSCRIBED: NoteKind.UNSUBSCRIBED,
    OptOutSource.CLEANED: NoteKind.CLEANED,
    OptOutSource.COMPLAINED: NoteKind.COMPLAINED,
}


class _Left(NamedTuple):
    """A member who unsubscribed or was cleaned."""

    member: Member
    hash: bytes
    """Of the address alone: MailChimp's id may be that of an address before, about which something else is
    stored."""
    source: OptOutSource


class RecordedOptOuts(NamedTuple):
    """What an audience reported, in numbers."""

    reported: int
    """Members who unsubscribed or were cleaned."""
    known: int
    """Of these, how many were stored before."""


def read_since(cursor: int, now: int) -> int:
    """From when on an import reads who left the audience, in Unix seconds.

    Args:
        cursor: When the last import began.
        now: The current time. If it is before the cursor, a worker's clock was ahead: then nobody knows
            what was read, and everything is read again.
    """
    return max(cursor - OPT_OUT_OVERLAP, 0) if cursor <= now + _CLOCK_DIFFERENCE else 0


def unsubscribes_read_at(account: Account) -> int | None:
    """When it was last read who left the audience, in Unix seconds; connecting the account reads it, too."""
    return max(account.unsubscribes_cursor, account.key_stored_at or 0) or None


def record_member_opt_outs(
    services: Services,
    account_id: int,
    list_id: str,
    members: Sequence[Member],
    now: int,
    complained: Set[bytes] | None = None,
) -> RecordedOptOuts:
    """Stores which of at most 1,000 members may not be mailed, each address once. The caller commits.

    A person whom a user takes out of the group by hand is therefore not put back by the next import. What
    is stored of a member who is subscribed now, and changed since, is deleted: they subscribed again. The
    opt-out in the Host ends with an invitation only (`opt_ins`). The address of a cleaned member has
    failed; nobody is opted out for that, unless they complained.

    Args:
        services: Those of the account.
        account_id: The account.
        list_id: The audience.
        members: Members with their status and when they were last changed.
        now: Unix seconds, for members without that time.
        complained: Who marked a mail as spam (`complaint_hashes`); None where that is not known.

    Raises:
        Conflict: See `record_opt_outs`.
    """
    session = services.session()
    left = [
        _Left(
            member,
            member_hash(canonical_address(member.address)),
            _source(member, complained or frozenset()),
        )
        for member in without_forwarded(services, account_id, list_id, members)
        if member.status in SOURCE_BY_STATUS
    ]
    subscribed_at = {
        member_hash(canonical_address(member.address)): member.changed_at
        for member in members
        if member.status == _SUBSCRIBED
    }
    if subscribed_at:
        outdated = reported_opt_outs.delete_before(session, account_id, list_id, subscribed_at)
        forget_failures(services, account_id, outdated)
    if not left:
        return RecordedOptOuts(0, 0)
    stored = reported_opt_outs.reported(session, account_id, [one.hash for one in left])
    new = [one for one in left if _is_news(one.source, stored.get(one.hash))]
    mailed = mailings_by_hash(
        services, account_id, [one.member for one in new], only_reported=False
    )
    opt_outs = _opt_outs(services, account_id, new, mailed, now)
    record_opt_outs(services, account_id, list_id, opt_outs)
    cleaned = [
        _failure(one.member, newest_first(one.member, mailed), now, complained is not None)
        for one in left
        if one.source is OptOutSource.CLEANED
        and stored.get(one.hash) is not OptOutSource.COMPLAINED
    ]
    record_failures(services, account_id, cleaned)
    # Whoever complains reads their mail: the address was cleaned for the complaint.
    working = [one.hash for one in new if one.source is OptOutSource.COMPLAINED]
    forget_failures(services, account_id, working, FailureReason.CLEANED)
    return RecordedOptOuts(len(left), len(left) - len(new))


def _failure(
    member: Member, mailed: Sequence[MailedAddress], now: int, is_no_complaint: bool
) -> AddressFailure:
    """The failed address of a cleaned member, and the last mailing that reached it."""
    address, at = canonical_address(member.address), member.changed_at or now
    mailing_id, title = (mailed[0].mailing_id, mailed[0].title) if mailed else (None, "")
    return AddressFailure(address, FailureReason.CLEANED, at, mailing_id, title, is_no_complaint)


def without_forwarded(
    services: Services, account_id: int, list_id: str, members: Sequence[Member]
) -> list[Member]:
    """Leaves out members who unsubscribed only because we forwarded an opt-out of the CRM.

    That is no news, and says nothing about others with the address. A later change of such a member is news
    only if the CRM has taken the opt-out back: until then it may be any edit. At most 1,000 members.
    """
    # Also by the id: whose address was changed at MailChimp since is still the member we withdrew.
    hashes_of = {
        member.hash: possible_member_hashes(member.hash, member.address)
        for member in members
        if member.status == OptOutSource.UNSUBSCRIBED
    }
    if not hashes_of:
        return list(members)
    every_hash = {each_hash for hashes in hashes_of.values() for each_hash in hashes}
    at = withdrawn_members.forwarded_at(services.session(), account_id, list_id, every_hash)
    # The id comes first: of two hashes that are stored, the one from the id is more likely this member's.
    forwarded = {
        member_id: each_hash
        for member_id, hashes in hashes_of.items()
        for each_hash in reversed(hashes)
        if each_hash in at
    }
    changed = {
        each_hash
        for member in members
        if (each_hash := forwarded.get(member.hash)) is not None
        and (member.changed_at or 0) > at[each_hash] + _CLOCK_DIFFERENCE
    }
    news = changed - _opted_out_in_crm(services, account_id, changed) if changed else set[bytes]()
    return [
        member
        for member in members
        if member.hash not in forwarded or forwarded[member.hash] in news
    ]


def _opted_out_in_crm(services: Services, account_id: int, hashes: Collection[bytes]) -> set[bytes]:
    """The addresses that somebody in an opt-out group has, or was mailed at."""
    mailed = reported_opt_outs.people_mailed_at(services.session(), account_id, hashes)
    pairs = [(one.address, one.person) for people in mailed.values() for one in people]
    return {member_hash(address) for address in opted_out_addresses(services.host, pairs)}


def complaint_hashes(read: Callable[[], Iterable[Unsubscribe]]) -> frozenset[bytes] | None:
    """The member hashes of those who marked a mail as spam; None if MailChimp refuses to list them.

    A refused list must not hide who was cleaned.

    Args:
        read: Reads the complaints of an audience (`GET /lists/{id}/abuse-reports`).

    Raises:
        KeyRefused: MailChimp refuses the key.
        MailChimpError: The call failed otherwise.
    """
    try:
        return frozenset(
            each_hash
            for row in read()
            for each_hash in possible_member_hashes(row.hash, row.address or row.hash)
        )
    except KeyRefused:
        raise
    except Refused:
        return None


def _source(member: Member, complained: Set[bytes]) -> OptOutSource:
    """What a member's status says: the audience also shows as cleaned who marked a mail as spam."""
    source = SOURCE_BY_STATUS[member.status]
    hashes = possible_member_hashes(member.hash, member.address)
    has_complained = source is OptOutSource.CLEANED and not complained.isdisjoint(hashes)
    return OptOutSource.COMPLAINED if has_complained else source


def _is_news(source: OptOutSource, stored: OptOutSource | None) -> bool:
    """Whether more is known now: that an address fails is stored, that its owner wants no mail is not."""
    return stored is None or (stored is OptOutSource.CLEANED and source is not OptOutSource.CLEANED)


def _hashes(members: Iterable[Member]) -> list[bytes]:
    return [
        each_hash
        for member in members
        for each_hash in possible_member_hashes(member.hash, member.address)
    ]


def mailings_by_hash(
    services: Services, account_id: int, members: Iterable[Member], *, only_reported: bool = True
) -> Mapping[bytes, list[MailedAddress]]:
    """The sent mailings that reached some members, by member hash; see `mailings_sent_to`."""
    mailed: dict[bytes, list[MailedAddress]] = defaultdict(list)
    for row in unsubscribe_queries.mailings_sent_to(
        services.session(), account_id, _hashes(members), only_reported=only_reported
    ):
        mailed[row.member_hash].append(row)
    return mailed


def newest_first(
    member: Member, mailed: Mapping[bytes, Sequence[MailedAddress]]
) -> list[MailedAddress]:
    """The sent mailings that reached a member, from what `mailings_by_hash` returned."""
    rows = [row for each_hash in _hashes([member]) for row in mailed.get(each_hash, ())]
    return sorted(rows, key=lambda row: (row.sent_at or 0, row.mailing_id), reverse=True)


def _opt_outs(
    services: Services,
    account_id: int,
    left: Sequence[_Left],
    mailed: Mapping[bytes, Sequence[MailedAddress]],
    now: int,
) -> list[OptOut]:
    """One per address: the member's, and the one that was mailed, if it was changed there since."""
    mailed_people = reported_opt_outs.people_mailed_at(
        services.session(), account_id, _hashes(one.member for one in left)
    )
    opt_outs: list[OptOut] = []
    for member, _, source in left:
        reached = [
            one for each_hash in _hashes([member]) for one in mailed_people.get(each_hash, ())
        ]
        addresses = {canonical_address(member.address), *(one.address for one in reached)}
        refs = frozenset(one.person for one in reached)
        at = member.changed_at or now
        last = _last_before(at, newest_first(member, mailed))
        note, mailing_id = Note(_NOTES[source]), None
        if last is not None:
            note, mailing_id = Note(_NOTES[source], last.title), last.mailing_id
        opt_outs += [
            OptOut(address, source, note, at, refs, mailing_id) for address in sorted(addresses)
        ]
    return opt_outs


def _last_before(at: int, mailed: Sequence[MailedAddress]) -> MailedAddress | None:
    """The last mailing that was sent before some time."""
    sent = (row for row in mailed if (row.sent_at or 0) <= at + _CLOCK_DIFFERENCE)
    return next(sent, None)
