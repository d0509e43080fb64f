"""Queries on addresses at which mail does not arrive, and on the people who have them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.failed_address import FailedAddress, MarkedPerson
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries.keyed_lookup import has_hash, has_hash_anywhere, is_of_account, is_one_of
from cxmc_ext.db.queries.recipient_rows import person_of
from cxmc_ext.db.statements import conflict_insert, execute_rowcount, insert_rows
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.domain.failed_addresses import AddressFailure, FailureReason
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.rules.addresses import member_hash


@dataclass(frozen=True, slots=True)
class AddressMark:
    """Who has a failed address, by its member hash, and who is responsible for them."""

    person: PersonRef
    member_hash: bytes
    owner_name: str
    owner_email: str


def known_reasons(
    session: Session, account_id: int, hashes: Collection[bytes]
) -> dict[bytes, FailureReason]:
    """Which of at most 1,000 addresses have failed, and why, by member hash."""
    statement = select(FailedAddress.member_hash, FailedAddress.reason).where(
        _has_hash(session, account_id, hashes)
    )
    return {row.member_hash: row.reason for row in session.execute(statement)}


def explain(session: Session, account_id: int, failure: AddressFailure) -> None:
    """Stores which bounce an address was cleaned for. The caller commits."""
    is_meant = _has_hash(session, account_id, [member_hash(failure.address)])
    statement = update(FailedAddress).where(is_meant, FailedAddress.reason == FailureReason.CLEANED)
    values = {"reason": failure.reason, "at": failure.at, "mailing_id": failure.mailing_id}
    execute_rowcount(session, statement.values(values))


def add(session: Session, account_id: int, failures: Sequence[AddressFailure]) -> None:
    """Adds at most 1,000 failed addresses that are not stored yet. The caller commits."""
    rows = [
        {
            "account_id": account_id,
            "member_hash": member_hash(failure.address),
            "address": failure.address[:254],
            "reason": failure.reason,
            "at": failure.at,
            "mailing_id": failure.mailing_id,
        }
        for failure in failures
    ]
    insert_rows(session, FailedAddress, rows)


def failures(
    session: Session, account_id: int, hashes: Collection[bytes]
) -> dict[bytes, AddressFailure]:
    """What is stored of at most 1,000 addresses, by member hash."""
    rows = session.execute(_failures().where(_has_hash(session, account_id, hashes)))
    return {row.member_hash: _failure(row) for row in rows}


def page(
    session: Session, account_id: int, after: bytes, limit: int
) -> dict[bytes, AddressFailure]:
    """The next failed addresses of an account, by member hash."""
    statement = _failures().where(
        FailedAddress.account_id == account_id, FailedAddress.member_hash > after
    )
    rows = session.execute(statement.order_by(FailedAddress.member_hash).limit(limit))
    return {row.member_hash: _failure(row) for row in rows}


def forget(
    session: Session,
    account_id: int,
    hashes: Collection[bytes],
    reason: FailureReason | None = None,
) -> list[PersonRef]:
    """Deletes what is stored of at most 1,000 addresses, and who has them. The caller commits.

    Args:
        session: The database session.
        account_id: The account.
        hashes: Member hashes.
        reason: Only addresses that failed for this reason.

    Returns:
        The people who were marked.
    """
    is_meant = _has_hash(session, account_id, hashes)
    if reason is not None:
        is_meant = and_(is_meant, FailedAddress.reason == reason)
    deleted = delete(FailedAddress).where(is_meant).returning(FailedAddress.member_hash)
    hashes = session.execute(deleted).scalars().all()
    if not hashes:
        return []
    marked = [mark.person for mark in marks(session, account_id, hashes)]
    execute_rowcount(
        session, delete(MarkedPerson).where(_is_marked_with(session, account_id, hashes))
    )
    return marked


# People.


def marks(session: Session, account_id: int, hashes: Collection[bytes]) -> list[AddressMark]:
    """Who is marked because of at most 1,000 addresses."""
    rows = session.execute(select(MarkedPerson).where(_is_marked_with(session, account_id, hashes)))
    return [
        AddressMark(person_of(row), row.member_hash, row.owner_name, row.owner_email)
        for row in rows.scalars()
    ]


def failure_of(session: Session, account_id: int, person: PersonRef) -> AddressFailure | None:
    """Why a person is marked; None if they are not."""
    statement = _failures().join(MarkedPerson, _is_its_address())
    statement = statement.where(MarkedPerson.account_id == account_id, _is_person(person))
    row = session.execute(statement).first()
    return _failure(row) if row else None


def mark(session: Session, account_id: int, new: Sequence[AddressMark]) -> None:
    """Marks at most 1,000 people; of somebody who is marked, address and owner are replaced."""
    if not new:
        return
    insert = conflict_insert(session, MarkedPerson)
    changed = {name: insert.excluded[name] for name in ("member_hash", "owner_name", "owner_email")}
    key = ["account_id", "person_kind", "person_id"]
    statement = insert.on_conflict_do_update(index_elements=key, set_=changed)
    rows = [
        {
            "account_id": account_id,
            "person_kind": mark.person.kind,
            "person_id": mark.person.id,
            "member_hash": mark.member_hash,
            "owner_name": mark.owner_name[:200],
            "owner_email": mark.owner_email[:254],
        }
        for mark in new
    ]
    session.execute(statement, rows)


def unmark(session: Session, account_id: int, people: Collection[PersonRef]) -> None:
    """Removes the marks of some people. The caller commits."""
    for person in people:
        is_meant = (MarkedPerson.account_id == account_id, _is_person(person))
        execute_rowcount(session, delete(MarkedPerson).where(*is_meant))


def marked_page(
    session: Session, account_id: int, owner: str | None, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """The next marked people, those marked last first.

    Args:
        session: The database session.
        account_id: The account.
        owner: Only people of the owner with this e-mail address; None for everybody.
        before: The id of the last row of the page before.
        limit: How many rows at most.

    Returns:
        Rows of (id, person_kind, person_id, owner_name, owner_email, campaign_ref, address, reason, at,
        title).
    """
    who = (MarkedPerson.id, MarkedPerson.person_kind, MarkedPerson.person_id)
    columns = (*who, MarkedPerson.owner_name, MarkedPerson.owner_email, Mailing.campaign_ref)
    statement = _failures(*columns).join(MarkedPerson, _is_its_address())
    statement = statement.where(MarkedPerson.account_id == account_id)
    if owner is not None:
        statement = statement.where(MarkedPerson.owner_email == owner)
    if before is not None:
        statement = statement.where(MarkedPerson.id < before)
    return session.execute(statement.order_by(MarkedPerson.id.desc()).limit(limit)).all()


def owners(session: Session, account_id: int, limit: int) -> list[tuple[str, str, int]]:
    """The owners with the most marked people: e-mail address, name, and number of people."""
    count = func.count()
    statement = (
        select(MarkedPerson.owner_email, func.max(MarkedPerson.owner_name), count)
        .where(MarkedPerson.account_id == account_id)
        .group_by(MarkedPerson.owner_email)
        .order_by(count.desc(), MarkedPerson.owner_email)
        .limit(limit)
    )
    return [(email, name, n) for email, name, n in session.execute(statement)]


def count_marked(session: Session, account_id: int) -> int:
    """How many people are marked."""
    statement = select(func.count(MarkedPerson.id)).where(MarkedPerson.account_id == account_id)
    return session.execute(statement).scalar_one()


# What the reports say.


def mailed_addresses(
    session: Session, mailing_id: int, hashes: Collection[bytes]
) -> dict[bytes, str]:
    """The address that was mailed, by member hash; erased people are left out."""
    statement = select(Recipient.member_hash, Recipient.address).where(
        has_hash(session, mailing_id, hashes), Recipient.address != ""
    )
    return {row.member_hash: row.address for row in session.execute(statement)}


def always_bounced(
    session: Session, account_id: int, hashes: Collection[bytes], mailings: int
) -> set[bytes]:
    """Which addresses bounced in each of the last mailings that reached them.

    Args:
        session: The database session.
        account_id: The account.
        hashes: Member hashes; every mailing of each is read, so ask for few at once.
        mailings: How many mailings; an address with fewer is not among them.
    """
    bounced = (
        select(Event.recipient_id)
        .where(Event.recipient_id == Recipient.id, Event.kind == EventStatus.BOUNCED)
        .limit(1)
        .correlate(Recipient)
        .scalar_subquery()
    )
    statement = (
        select(Recipient.member_hash, bounced.is_not(None))
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(has_hash_anywhere(session, hashes), is_of_account(account_id))
        .where(Recipient.status > EventStatus.NONE)
        .where(Recipient.reason.is_distinct_from(ExclusionReason.DUPLICATE))
        .order_by(Mailing.sent_at.desc(), Mailing.id.desc())
    )
    latest: dict[bytes, list[bool]] = {}
    for each_hash, has_bounced in session.execute(statement):
        latest.setdefault(each_hash, []).append(bool(has_bounced))
    return {
        each_hash
        for each_hash, results in latest.items()
        if len(results) >= mailings and all(results[:mailings])
    }


def _failures(*more: ColumnElement[Any] | Any) -> Select[Any]:
    return select(
        *more,
        FailedAddress.member_hash,
        FailedAddress.address,
        FailedAddress.reason,
        FailedAddress.at,
        FailedAddress.mailing_id,
        func.coalesce(Mailing.campaign_title, "").label("title"),
    ).outerjoin(Mailing, Mailing.id == FailedAddress.mailing_id)


def _failure(row: Row[Any]) -> AddressFailure:
    return AddressFailure(row.address, row.reason, row.at, row.mailing_id, row.title)


def _has_hash(session: Session, account_id: int, hashes: Collection[bytes]) -> ColumnElement[bool]:
    is_wanted = is_one_of(session, FailedAddress.member_hash, hashes)
    return and_(FailedAddress.account_id == account_id, is_wanted)


def _is_marked_with(
    session: Session, account_id: int, hashes: Collection[bytes]
) -> ColumnElement[bool]:
    is_wanted = is_one_of(session, MarkedPerson.member_hash, hashes)
    return and_(MarkedPerson.account_id == account_id, is_wanted)


def _is_its_address() -> ColumnElement[bool]:
    return and_(
        FailedAddress.account_id == MarkedPerson.account_id,
        FailedAddress.member_hash == MarkedPerson.member_hash,
    )


def _is_person(person: PersonRef) -> ColumnElement[bool]:
    return and_(MarkedPerson.person_kind == person.kind, MarkedPerson.person_id == person.id)
