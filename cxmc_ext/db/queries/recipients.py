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

from cxmc_ext.db.models import Recipient
from cxmc_ext.db.statements import changed
from cxmc_ext.domain.values import PersonKind, PersonRef, Reason


class Frozen(NamedTuple):
    """What building needs of a receiver."""

    id: int
    address: str
    member_hash: bytes
    merge: dict[str, str]


class Owner(NamedTuple):
    """One person behind an address that will be mailed."""

    id: int
    address: str
    member_hash: bytes
    person: PersonRef


class Tally(NamedTuple):
    """How many persons there are, how many receive, how many of those are in the audience, why not."""

    people: int
    receivers: int
    pushed: int
    reasons: dict[str, int]


def clear(session: Session, mailing_id: int) -> None:
    session.execute(delete(Recipient).where(Recipient.mailing_id == mailing_id))


def add(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(_TABLE), list(rows))


def spread_opt_outs(session: Session, mailing_id: int) -> None:
    """Who shares an address with somebody who opted out is not mailed at it either."""
    left = aliased(Recipient)
    opted_out = select(left.member_hash).where(
        left.mailing_id == mailing_id, left.reason == Reason.OPTED_OUT, left.member_hash != b""
    )
    statement = (
        update(Recipient)
        .where(_receives(mailing_id), Recipient.member_hash.in_(opted_out))
        .values(reason=Reason.OPTED_OUT)
    )
    changed(session, statement)


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
        .where(_receives(mailing_id), earlier)
        .values(reason=Reason.DUPLICATE, primary_id=primary)
    )
    changed(session, statement)


def tally(session: Session, mailing_id: int) -> Tally:
    statement = (
        select(Recipient.reason, Recipient.pushed, func.count())
        .where(Recipient.mailing_id == mailing_id, Recipient.person_kind != "")
        .group_by(Recipient.reason, Recipient.pushed)
    )
    rows = session.execute(statement).all()
    reasons: dict[str, int] = {}
    for reason, _, count in rows:
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + count
    return Tally(
        people=sum(count for _, _, count in rows),
        receivers=sum(count for reason, _, count in rows if reason is None),
        pushed=sum(count for reason, pushed, count in rows if reason is None and pushed),
        reasons=reasons,
    )


def receivers(session: Session, mailing_id: int, after: int, limit: int) -> list[Frozen]:
    """The next receivers by id."""
    statement = _lot(mailing_id, after, limit)
    return [Frozen(*row) for row in session.execute(statement)]


def receiver_addresses(
    session: Session, mailing_id: int, after: int, limit: int
) -> list[tuple[int, str]]:
    """(id, address) of the next receivers: what a segment is filled with."""
    statement = _lot(mailing_id, after, limit).with_only_columns(Recipient.id, Recipient.address)
    return [(row.id, row.address) for row in session.execute(statement)]


def unpushed(session: Session, mailing_id: int, after: int, limit: int) -> list[Frozen]:
    """The next receivers that are not known to be in the audience."""
    statement = _lot(mailing_id, after, limit).where(Recipient.pushed.is_(False))
    return [Frozen(*row) for row in session.execute(statement)]


def by_hash(session: Session, mailing_id: int, hashes: Collection[bytes]) -> dict[bytes, Frozen]:
    """The receivers among at most 1,000 members."""
    statement = select(*_FROZEN).where(
        _receives(mailing_id), Recipient.member_hash.in_(list(hashes))
    )
    return {row.member_hash: Frozen(*row) for row in session.execute(statement)}


def owners(session: Session, mailing_id: int, after: int, limit: int) -> list[Owner]:
    """The next persons whose address will be mailed: receivers and those who share an address."""
    statement = (
        select(
            Recipient.id,
            Recipient.address,
            Recipient.member_hash,
            Recipient.person_kind,
            Recipient.person_id,
        )
        .where(Recipient.mailing_id == mailing_id, _mailed(), Recipient.id > after)
        .where(Recipient.person_id != "")
        .order_by(Recipient.id)
        .limit(limit)
    )
    return [
        Owner(
            row.id,
            row.address,
            row.member_hash,
            PersonRef(PersonKind(row.person_kind), row.person_id),
        )
        for row in session.execute(statement)
    ]


def exclude(
    session: Session, mailing_id: int, hashes: Collection[bytes], reason: Reason, detail: str = ""
) -> int:
    """Everybody at these addresses (at most 1,000) is left out; returns how many rows changed."""
    statement = (
        update(Recipient)
        .where(
            Recipient.mailing_id == mailing_id, Recipient.member_hash.in_(list(hashes)), _mailed()
        )
        .values(reason=reason, detail=detail[:300])
    )
    return changed(session, statement)


def mark_pushed(session: Session, ids: Collection[int]) -> None:
    changed(session, update(Recipient).where(Recipient.id.in_(list(ids))).values(pushed=True))


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
_FROZEN = (Recipient.id, Recipient.address, Recipient.member_hash, Recipient.merge)


def _lot(mailing_id: int, after: int, limit: int) -> Select[Any]:
    return (
        select(*_FROZEN)
        .where(_receives(mailing_id), Recipient.id > after)
        .order_by(Recipient.id)
        .limit(limit)
    )


def _receives(mailing_id: int) -> ColumnElement[bool]:
    return and_(Recipient.mailing_id == mailing_id, Recipient.reason.is_(None))


def _mailed() -> ColumnElement[bool]:
    return or_(Recipient.reason.is_(None), Recipient.reason == Reason.DUPLICATE)
