"""Queries on contacts: how many an account has, and which addresses are members as far as we know."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    case,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.models.reported_opt_out import ReportedOptOut
from cxmc_ext.db.models.withdrawn_member import WithdrawnMember
from cxmc_ext.db.queries import withdrawn_members
from cxmc_ext.db.queries.keyed_lookup import has_hash_anywhere, is_of_account
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.people import PersonKind, PersonRef


def store_use(session: Session, account_id: int, used: int, now: int, changed_before: int) -> None:
    """Stores how many contacts MailChimp counts. The caller commits.

    Args:
        session: The database session.
        account_id: The account.
        used: The number MailChimp reported.
        now: Unix seconds.
        changed_before: A number that we changed after this time is newer than MailChimp's, and stays.
    """
    statement = (
        update(Account)
        .where(Account.id == account_id, Account.contacts_changed_at <= changed_before)
        .values(contacts_used=used, contacts_read_at=now)
    )
    execute_rowcount(session, statement)


def add_to_use(session: Session, account_id: int, added: int, now: int) -> None:
    """Counts contacts that we added or, as a negative number, archived. The caller commits."""
    statement = (
        update(Account)
        .where(Account.id == account_id)
        .values(contacts_used=Account.contacts_used + added, contacts_changed_at=now)
    )
    execute_rowcount(session, statement)


def known_members(
    session: Session, account_id: int, list_id: str, hashes: Collection[bytes]
) -> set[bytes]:
    """Which of at most 1,000 addresses were in an audience when one of our campaigns was created.

    Without those whom we archived since.
    """
    statement = (
        select(Recipient.member_hash)
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(has_hash_anywhere(session, hashes), is_of_account(account_id))
        .where(Mailing.list_id == list_id, Recipient.in_audience)
        .distinct()
    )
    members = set(session.execute(statement).scalars())
    return members - withdrawn_members.withdrawn(session, account_id, list_id, members).keys()


class UnusedContact(NamedTuple):
    """A member whom no mailing has addressed for long."""

    member_hash: bytes
    last_used_at: int


class KnownMember(NamedTuple):
    """A member with the people who were mailed at the address."""

    member_hash: bytes
    address: str
    people: frozenset[PersonRef]


def count_unused(session: Session, account_id: int, list_id: str, before: int, limit: int) -> int:
    """How many members no mailing has addressed since a time; counting stops at `limit`."""
    unused = _unused(account_id, list_id, before).order_by(Recipient.member_hash).limit(limit)
    return session.execute(select(func.count()).select_from(unused.subquery())).scalar_one()


def unused_page(
    session: Session, account_id: int, list_id: str, before: int, after: bytes, limit: int
) -> list[UnusedContact]:
    """The next members, by hash, whom no mailing has addressed since a time.

    Args:
        session: The database session.
        account_id: The account.
        list_id: The audience.
        before: Unix seconds.
        after: The hash of the last one of the page before; b"" for the first page.
        limit: How many.
    """
    statement = (
        _unused(account_id, list_id, before)
        .where(Recipient.member_hash > after)
        .order_by(Recipient.member_hash)
        .limit(limit)
    )
    return [UnusedContact(*row) for row in session.execute(statement)]


def used_since(
    session: Session, account_id: int, list_id: str, hashes: Collection[bytes], since: int
) -> set[bytes]:
    """Which of at most 1,000 addresses a mailing has addressed since a time, or is going to."""
    statement = (
        select(Recipient.member_hash)
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(has_hash_anywhere(session, hashes), is_of_account(account_id))
        .where(Mailing.list_id == list_id, _used_at() >= since)
        .distinct()
    )
    return set(session.execute(statement).scalars())


def names_at(session: Session, account_id: int, hashes: Collection[bytes]) -> dict[bytes, Any]:
    """A recipient (name, address, person) at each of at most 1,000 addresses."""
    statement = (
        select(Recipient)
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(has_hash_anywhere(session, hashes), is_of_account(account_id))
    )
    return {row.member_hash: row for row in session.execute(statement).scalars()}


def members_page(
    session: Session, account_id: int, list_id: str, after: bytes, limit: int
) -> tuple[list[KnownMember], bytes | None]:
    """The next members of an audience, by hash, from at most `limit` rows.

    Returns:
        The members, and the hash to go on after; None at the end.
    """
    statement = (
        select(
            Recipient.member_hash,
            Recipient.address,
            Recipient.person_kind,
            Recipient.person_id,
        )
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(Recipient.member_hash > after, Recipient.in_audience, Recipient.address != "")
        .where(is_of_account(account_id), Mailing.list_id == list_id)
        .order_by(Recipient.member_hash)
        .limit(limit)
    )
    rows = session.execute(statement).all()
    if not rows:
        return [], None
    last = rows[-1][0]
    if len(rows) == limit and rows[0][0] != last:
        rows = [row for row in rows if row[0] != last]  # perhaps not all of its rows
    people: dict[tuple[bytes, str], set[tuple[str, str]]] = defaultdict(set)
    for member_hash, address, kind, person_id in rows:
        people[member_hash, address].add((kind, person_id))
    members = [
        KnownMember(*key, frozenset(PersonRef(PersonKind(kind), id_) for kind, id_ in refs if id_))
        for key, refs in people.items()
    ]
    return members, rows[-1][0]


# A mailing that may still address its recipients counts as used now.
_IN_PROGRESS = (
    MailingState.PREPARING,
    MailingState.NOT_READY,
    MailingState.SEND_INTENT,
    MailingState.IN_MAILCHIMP,
    MailingState.SCHEDULED,
    MailingState.SENDING,
    MailingState.ATTENTION,
)
_FOR_EVER = 2**62


def _used_at() -> ColumnElement[int]:
    """When a mailing addressed its recipients."""
    ended = func.coalesce(Mailing.sent_at, Mailing.remote_created_at, Mailing.frozen_at, 0)
    return case((Mailing.state.in_(_IN_PROGRESS), literal(_FOR_EVER, BigInteger)), else_=ended)


def _unused(account_id: int, list_id: str, before: int) -> Select[bytes, int]:
    """Members without a newer mailing who are still in the audience, as far as we know."""
    last_used = func.max(_used_at())
    is_member = func.max(case((Recipient.in_audience, 1), else_=0)) == 1
    withdrawn = select(WithdrawnMember.member_hash).where(
        WithdrawnMember.account_id == account_id,
        WithdrawnMember.list_id == list_id,
        WithdrawnMember.member_hash == Recipient.member_hash,
    )
    left = select(ReportedOptOut.member_hash).where(
        ReportedOptOut.account_id == account_id,
        ReportedOptOut.member_hash == Recipient.member_hash,
    )
    return (
        select(Recipient.member_hash, last_used)
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(is_of_account(account_id), Mailing.list_id == list_id)
        # Without an empty hash; so that the index by address gives the order, and a page reads a part of it.
        .where(Recipient.member_hash > b"", Recipient.address != "")
        .group_by(Recipient.member_hash)
        .having(last_used < before, is_member)
        # Looked up for each address of the page. `OFFSET 0`: without statistics PostgreSQL would read the
        # other table once for every recipient.
        .having(~withdrawn.offset(0).exists(), ~left.offset(0).exists())
    )
