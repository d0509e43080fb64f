"""Queries on people who were invited back."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.invitation import Invitation
from cxmc_ext.db.queries.keyed_lookup import is_one_of
from cxmc_ext.db.statements import conflict_insert, execute_rowcount
from cxmc_ext.domain.invitations import InvitedPerson
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.rules.addresses import member_hash


def store(session: Session, account_id: int, invited: InvitedPerson) -> None:
    """Stores an invitation; it replaces an earlier one of the address. The caller commits."""
    values = {
        "address": invited.address,
        "list_id": invited.list_id,
        "person_kind": invited.person.kind,
        "person_id": invited.person.id,
        "invited_at": invited.at,
        "invited_by": invited.by[:200],
        "is_mailed": invited.is_mailed,
        "checked_at": invited.at,
        "confirmed_at": None,
    }
    key = {"account_id": account_id, "member_hash": member_hash(invited.address)}
    statement = conflict_insert(session, Invitation).values(**key, **values)
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def open_ones(
    session: Session, account_id: int, invited_after: int, checked_before: int, limit: int
) -> Sequence[Invitation]:
    """Invitations that were not confirmed, those read longest ago first.

    Args:
        session: The database session.
        account_id: The account.
        invited_after: Invitations made after this time, in Unix seconds, …
        checked_before: … and others that were not read since this time.
        limit: How many.
    """
    statement = (
        select(Invitation)
        .where(Invitation.account_id == account_id, Invitation.confirmed_at.is_(None))
        .where(or_(Invitation.invited_at > invited_after, Invitation.checked_at < checked_before))
        .order_by(Invitation.checked_at)
        .limit(limit)
    )
    return session.execute(statement).scalars().all()


def note_checked(session: Session, account_id: int, hashes: Collection[bytes], at: int) -> None:
    """Notes when members were read. The caller commits."""
    statement = (
        update(Invitation).where(_has_hash(session, account_id, hashes)).values(checked_at=at)
    )
    execute_rowcount(session, statement)


def confirm(session: Session, account_id: int, each_hash: bytes, at: int) -> bool:
    """Notes that somebody confirmed; returns whether that was not known. The caller commits."""
    statement = update(Invitation).where(_has_hash(session, account_id, [each_hash]))
    statement = statement.where(Invitation.confirmed_at.is_(None)).values(confirmed_at=at)
    return execute_rowcount(session, statement) == 1


def confirmed(session: Session, account_id: int, hashes: Collection[bytes]) -> dict[bytes, int]:
    """When some addresses confirmed, by member hash."""
    statement = select(Invitation.member_hash, Invitation.confirmed_at).where(
        _has_hash(session, account_id, hashes), Invitation.confirmed_at.is_not(None)
    )
    rows = session.execute(statement)
    return {row.member_hash: row.confirmed_at for row in rows if row.confirmed_at is not None}


def open_among(session: Session, account_id: int, hashes: Collection[bytes]) -> set[bytes]:
    """Those of at most 1,000 addresses that were invited and have not confirmed."""
    statement = select(Invitation.member_hash).where(
        _has_hash(session, account_id, hashes), Invitation.confirmed_at.is_(None)
    )
    return set(session.execute(statement).scalars())


def of_address(session: Session, account_id: int, each_hash: bytes) -> Invitation | None:
    """The last invitation of an address."""
    statement = select(Invitation).where(_has_hash(session, account_id, [each_hash]))
    return session.execute(statement).scalars().first()


def forget(session: Session, account_id: int, hashes: Collection[bytes]) -> None:
    """Deletes the invitations of some addresses. The caller commits."""
    execute_rowcount(session, delete(Invitation).where(_has_hash(session, account_id, hashes)))


def forget_person(session: Session, account_id: int, person: PersonRef) -> None:
    """Deletes the invitations of a person. The caller commits."""
    is_person = and_(
        Invitation.account_id == account_id,
        Invitation.person_kind == person.kind,
        Invitation.person_id == person.id,
    )
    execute_rowcount(session, delete(Invitation).where(is_person))


def _has_hash(session: Session, account_id: int, hashes: Collection[bytes]) -> ColumnElement[bool]:
    is_wanted = is_one_of(session, Invitation.member_hash, hashes)
    return and_(Invitation.account_id == account_id, is_wanted)
