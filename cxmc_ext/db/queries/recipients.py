"""Statements on frozen recipients: who will receive, who is left out and why. Rows come in bounded lots.

“Receivers” are the rows without a reason: one per address that will be mailed.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.people import PersonKind, PersonRef


class FrozenRecipient(NamedTuple):
    """What building needs of a receiver."""

    id: int
    address: str
    member_hash: bytes
    merge_values: dict[str, str]


class MailedPerson(NamedTuple):
    """One person behind an address that will be mailed."""

    id: int
    address: str
    member_hash: bytes
    person: PersonRef


class FrozenCounts(NamedTuple):
    """How many persons there are, how many receive, how many of those are in the audience, why not."""

    people: int
    mailable: int
    in_audience: int
    reasons: dict[str, int]


def delete_all(session: Session, mailing_id: int) -> None:
    session.execute(delete(Recipient).where(Recipient.mailing_id == mailing_id))


def insert_rows(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(_TABLE), list(rows))


def exclude_opted_out_addresses(session: Session, mailing_id: int) -> None:
    """Who shares an address with somebody who opted out is not mailed at it either."""
    left = aliased(Recipient)
    opted_out = select(left.member_hash).where(
        left.mailing_id == mailing_id,
        left.reason == ExclusionReason.OPTED_OUT,
        left.member_hash != b"",
    )
    statement = (
        update(Recipient)
        .where(_is_mailable(mailing_id), Recipient.member_hash.in_(opted_out))
        .values(reason=ExclusionReason.OPTED_OUT)
    )
    execute_rowcount(session, statement)


def mark_duplicates(session: Session, mailing_id: int) -> None:
    """Of those who share an address the first receives; the others point at it."""
    first = aliased(Recipient)
    same = and_(
        first.mailing_id == mailing_id,
        first.member_hash == Recipient.member_hash,
        first.reason.is_(None),
    )
    primary = select(func.min(first.id)).where(same).scalar_subquery()
    earlier = exists().where(same, first.id < Recipient.id)
    statement = (
        update(Recipient)
        .where(_is_mailable(mailing_id), earlier)
        .values(reason=ExclusionReason.DUPLICATE, primary_id=primary)
    )
    execute_rowcount(session, statement)


def count(session: Session, mailing_id: int) -> FrozenCounts:
    statement = (
        select(Recipient.reason, Recipient.in_audience, func.count())
        .where(Recipient.mailing_id == mailing_id, Recipient.person_kind != "")
        .group_by(Recipient.reason, Recipient.in_audience)
    )
    rows = session.execute(statement).all()
    reasons: dict[str, int] = {}
    for reason, _, count in rows:
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + count
    return FrozenCounts(
        people=sum(count for _, _, count in rows),
        mailable=sum(count for reason, _, count in rows if reason is None),
        in_audience=sum(count for reason, pushed, count in rows if reason is None and pushed),
        reasons=reasons,
    )


def mailable_page(
    session: Session, mailing_id: int, after: int, limit: int
) -> list[FrozenRecipient]:
    """The next receivers by id."""
    statement = _mailable_rows(mailing_id, after, limit)
    return [FrozenRecipient(*row) for row in session.execute(statement)]


def mailable_addresses(
    session: Session, mailing_id: int, after: int, limit: int
) -> list[tuple[int, str]]:
    """(id, address) of the next receivers: what a segment is filled with."""
    statement = _mailable_rows(mailing_id, after, limit).with_only_columns(
        Recipient.id, Recipient.address
    )
    return [(row.id, row.address) for row in session.execute(statement)]


def not_in_audience_page(
    session: Session, mailing_id: int, after: int, limit: int
) -> list[FrozenRecipient]:
    """The next receivers that are not known to be in the audience."""
    statement = _mailable_rows(mailing_id, after, limit).where(Recipient.in_audience.is_(False))
    return [FrozenRecipient(*row) for row in session.execute(statement)]


def mailable_by_hash(
    session: Session, mailing_id: int, hashes: Collection[bytes]
) -> dict[bytes, FrozenRecipient]:
    """The receivers among at most 1,000 members."""
    statement = select(*_FROZEN_COLUMNS).where(
        _is_mailable(mailing_id), Recipient.member_hash.in_(list(hashes))
    )
    return {row.member_hash: FrozenRecipient(*row) for row in session.execute(statement)}


def mailed_people_page(
    session: Session, mailing_id: int, after: int, limit: int
) -> list[MailedPerson]:
    """The next persons whose address will be mailed: receivers and those who share an address."""
    statement = (
        select(
            Recipient.id,
            Recipient.address,
            Recipient.member_hash,
            Recipient.person_kind,
            Recipient.person_id,
        )
        .where(Recipient.mailing_id == mailing_id, _is_mailed_address(), Recipient.id > after)
        .where(Recipient.person_id != "")
        .order_by(Recipient.id)
        .limit(limit)
    )
    return [
        MailedPerson(
            row.id,
            row.address,
            row.member_hash,
            PersonRef(PersonKind(row.person_kind), row.person_id),
        )
        for row in session.execute(statement)
    ]


def exclude(
    session: Session,
    mailing_id: int,
    hashes: Collection[bytes],
    reason: ExclusionReason,
    detail: str = "",
) -> int:
    """Everybody at these addresses (at most 1,000) is left out; returns how many rows changed."""
    statement = (
        update(Recipient)
        .where(
            Recipient.mailing_id == mailing_id,
            Recipient.member_hash.in_(list(hashes)),
            _is_mailed_address(),
        )
        .values(reason=reason, detail=detail[:300])
    )
    return execute_rowcount(session, statement)


def mark_in_audience(session: Session, ids: Collection[int]) -> None:
    execute_rowcount(
        session, update(Recipient).where(Recipient.id.in_(list(ids))).values(in_audience=True)
    )


def id_range(session: Session, mailing_id: int) -> tuple[int, int]:
    """Lowest and highest id of the mailing's rows; (0, -1) without any."""
    low, high = session.execute(
        select(func.min(Recipient.id), func.max(Recipient.id)).where(
            Recipient.mailing_id == mailing_id
        )
    ).one()
    return (0, -1) if low is None else (low, high)


_TABLE = cast("Table", Recipient.__table__)
"""For lots: through the mapper they take twice as long."""
_FROZEN_COLUMNS = (Recipient.id, Recipient.address, Recipient.member_hash, Recipient.merge_values)


def _mailable_rows(mailing_id: int, after: int, limit: int) -> Select[Any]:
    return (
        select(*_FROZEN_COLUMNS)
        .where(_is_mailable(mailing_id), Recipient.id > after)
        .order_by(Recipient.id)
        .limit(limit)
    )


def _is_mailable(mailing_id: int) -> ColumnElement[bool]:
    return and_(Recipient.mailing_id == mailing_id, Recipient.reason.is_(None))


def _is_mailed_address() -> ColumnElement[bool]:
    return or_(Recipient.reason.is_(None), Recipient.reason == ExclusionReason.DUPLICATE)
