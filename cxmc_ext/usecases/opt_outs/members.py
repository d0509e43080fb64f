"""Opt-outs that the audience itself reports: members who unsubscribed or were cleaned, by whatever way."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cxmc_ext.db.queries import reported_opt_outs
from cxmc_ext.db.queries import unsubscribes as unsubscribe_queries
from cxmc_ext.db.queries.unsubscribes import MailedAddress
from cxmc_ext.domain.mailchimp import Member
from cxmc_ext.domain.opt_outs import OptOut, OptOutSource
from cxmc_ext.domain.rules.addresses import (
    canonical_address,
    member_hash,
    possible_member_hashes,
)
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.record import record_opt_outs

# The status of a member of whom an opt-out is stored.
SOURCE_BY_STATUS = {
    source.value: source for source in (OptOutSource.UNSUBSCRIBED, OptOutSource.CLEANED)
}
_SUBSCRIBED = "subscribed"
_NOTES = {
    OptOutSource.UNSUBSCRIBED: "Unsubscribed in MailChimp",
    OptOutSource.CLEANED: "Cleaned in MailChimp: the address bounced for good or complained",
}


class RecordedOptOuts(NamedTuple):
    """What an audience reported, in numbers."""

    reported: int
    """Members who unsubscribed or were cleaned."""
    known: int
    """Of these, how many were stored before."""


def record_member_opt_outs(
    services: Services, account_id: int, list_id: str, members: Sequence[Member], now: int
) -> RecordedOptOuts:
    """Stores which of at most 1,000 members may not be mailed, each address once. The caller commits.

    A person whom a user takes out of the group by hand is therefore not put back by the next import. What
    is stored of a member who is subscribed now, and changed since, is deleted: they subscribed again.

    Args:
        services: Those of the account.
        account_id: The account.
        list_id: The audience.
        members: Members with their status and when they were last changed.
        now: Unix seconds, for members without that time.

    Raises:
        Conflict: See `record_opt_outs`.
    """
    session = services.session()
    left = [member for member in members if member.status in SOURCE_BY_STATUS]
    subscribed_at = {
        member_hash(canonical_address(member.address)): member.changed_at
        for member in members
        if member.status == _SUBSCRIBED
    }
    if subscribed_at:
        reported_opt_outs.delete_before(session, account_id, list_id, subscribed_at)
    if not left:
        return RecordedOptOuts(0, 0)
    # By the address alone: the id may be that of an address before, about which something else is stored.
    hashes = [member_hash(canonical_address(member.address)) for member in left]
    stored = reported_opt_outs.reported(session, account_id, hashes)
    new = [member for member, hash_ in zip(left, hashes, strict=True) if hash_ not in stored]
    mailed = mailings_by_hash(services, account_id, new)
    opt_outs = _opt_outs(services, account_id, new, mailed, now)
    record_opt_outs(services, account_id, list_id, opt_outs)
    return RecordedOptOuts(len(left), len(left) - len(new))


def _hashes(members: Iterable[Member]) -> list[bytes]:
    return [
        each_hash
        for member in members
        for each_hash in possible_member_hashes(member.hash, member.address)
    ]


def mailings_by_hash(
    services: Services, account_id: int, members: Iterable[Member]
) -> Mapping[bytes, list[MailedAddress]]:
    """The sent mailings that reached some members, by member hash."""
    mailed: dict[bytes, list[MailedAddress]] = defaultdict(list)
    for row in unsubscribe_queries.mailings_sent_to(
        services.session(), account_id, _hashes(members)
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
    members: Sequence[Member],
    mailed: Mapping[bytes, Sequence[MailedAddress]],
    now: int,
) -> list[OptOut]:
    """One per address: the member's, and the one that was mailed, if it was changed there since."""
    mailed_people = reported_opt_outs.people_mailed_at(
        services.session(), account_id, _hashes(members)
    )
    opt_outs: list[OptOut] = []
    for member in members:
        reached = [
            one for each_hash in _hashes([member]) for one in mailed_people.get(each_hash, ())
        ]
        addresses = {canonical_address(member.address), *(one.address for one in reached)}
        note = _note(member, newest_first(member, mailed))
        refs = frozenset(one.person for one in reached)
        at, source = member.changed_at or now, SOURCE_BY_STATUS[member.status]
        opt_outs += [OptOut(address, source, note, at, refs) for address in sorted(addresses)]
    return opt_outs


def _note(member: Member, mailed: Sequence[MailedAddress]) -> str:
    note = _NOTES[SOURCE_BY_STATUS[member.status]]
    return f"{note}, after the campaign “{mailed[0].title}”" if mailed else note
