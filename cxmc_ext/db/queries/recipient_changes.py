"""Queries that compare the recipients of a mailing with the CRM, and change them before it is sent."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries.keyed_lookup import has_hash, has_id, is_person
from cxmc_ext.db.queries.recipient_rows import MAILED_REASONS, PERSON_KINDS, is_mailed
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.people import PersonRef


class FrozenPerson(NamedTuple):
    """One person as frozen. Without a reason, or as a duplicate, the mail to the address is for them."""

    id: int
    person: PersonRef
    member_hash: bytes
    reason: ExclusionReason | None

    @property
    def is_mailed(self) -> bool:
        """Whether they get the mail, be it through their primary recipient."""
        return self.reason in MAILED_REASONS


def people_by_ref(
    session: Session, mailing_id: int, refs: Collection[PersonRef]
) -> dict[PersonRef, list[FrozenPerson]]:
    """The rows of at most 1,000 people, whether they are mailed or not.

    Whoever left the campaign and came back while it was being read has two.
    """
    rows: dict[PersonRef, list[FrozenPerson]] = {}
    for row in _people(session, is_person(session, mailing_id, refs)):
        rows.setdefault(row.person, []).append(row)
    return rows


def mailed_people_by_hash(
    session: Session, mailing_id: int, hashes: Collection[bytes]
) -> list[FrozenPerson]:
    """The mailed people at some of at most 1,000 addresses, those in the audience first."""
    return _people(session, and_(has_hash(session, mailing_id, hashes), is_mailed()))


def exclude_by_id(session: Session, ids: Sequence[int], reason: ExclusionReason) -> None:
    """Excludes at most 1,000 recipients, whatever becomes of others at their address."""
    values = {"reason": reason, "primary_id": None, "detail": ""}
    execute_rowcount(session, update(Recipient).where(has_id(session, ids)).values(**values))


def update_by_id(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """Sets columns of recipients, given as {"id": …, column: value} with the same keys each."""
    columns = [
        {"row_id": row["id"]} | {name: value for name, value in row.items() if name != "id"}
        for row in rows
    ]
    if columns:
        session.connection().execute(
            update(_TABLE).where(_TABLE.c.id == bindparam("row_id")), columns
        )


def mark_duplicates_again(session: Session, mailing_id: int, hashes: Collection[bytes]) -> None:
    """Chooses the primary recipient of at most 1,000 addresses again; the others are its duplicates.

    A recipient who is in the audience already comes first, so that nothing is asked in vain.
    """
    primary_by_hash: dict[bytes, int] = {}
    rows = []
    for person in mailed_people_by_hash(session, mailing_id, hashes):
        primary_id = primary_by_hash.setdefault(person.member_hash, person.id)
        is_primary = primary_id == person.id
        rows.append(
            {
                "id": person.id,
                "reason": None if is_primary else ExclusionReason.DUPLICATE,
                "primary_id": None if is_primary else primary_id,
            }
        )
    update_by_id(session, rows)


def _people(session: Session, is_wanted: ColumnElement[bool]) -> list[FrozenPerson]:
    c = _TABLE.c
    statement = (
        select(c.id, c.person_kind, c.person_id, c.member_hash, c.reason)
        .where(Recipient.person_id != "", is_wanted)
        .order_by(Recipient.in_audience.desc(), Recipient.id)
    )
    return [
        FrozenPerson(id_, PersonRef(PERSON_KINDS[kind], person_id), member_hash, reason)
        for id_, kind, person_id, member_hash, reason in session.execute(statement)
    ]


_TABLE = cast("Table", Recipient.__table__)
