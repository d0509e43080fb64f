"""Queries on the recipients of a frozen mailing, read page by page.

“Mailable” recipients have no exclusion reason: there is one per address that will be mailed.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Row, Text, cast, delete, func, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries.keyed_lookup import has_hash, has_id, is_between, next_id
from cxmc_ext.db.queries.recipient_rows import PERSON_KINDS, is_mailed
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.people import PersonRef


class FrozenRecipient(NamedTuple):
    """What is needed of a mailable recipient to build the campaign."""

    id: int
    address: str
    member_hash: bytes
    merge_values: dict[str, str]


class AddressedRecipient(NamedTuple):
    """What is needed of a mailable recipient to fill a segment."""

    id: int
    address: str
    member_hash: bytes


AnyRecipient: TypeAlias = FrozenRecipient | AddressedRecipient


class MailedPerson(NamedTuple):
    """One person whose address will be mailed: a mailable recipient or a duplicate of one."""

    id: int
    address: str
    member_hash: bytes
    person: PersonRef


class FrozenCounts(NamedTuple):
    """Counts of a frozen mailing: all people, the mailable ones, of these in the audience, and exclusions."""

    people: int
    mailable: int
    in_audience: int
    reasons: dict[str, int]


def delete_some(session: Session, mailing_id: int, limit: int) -> bool:
    """Deletes at most `limit` recipients of a mailing; returns whether there were any."""
    ids = [row.id for row in _page(session, mailing_id, 0, limit, (_COLUMNS.id,))]
    if ids:
        session.execute(delete(Recipient).where(has_id(session, ids)))
    return bool(ids)


def count(session: Session, mailing_id: int) -> FrozenCounts:
    """Counts the recipients, without those MailChimp added (`events.add_unknown_recipients`)."""
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
        in_audience=sum(
            count for reason, in_audience, count in rows if reason is None and in_audience
        ),
        reasons=reasons,
    )


def mailable_page(
    session: Session, mailing_id: int, after: int, limit: int
) -> list[AddressedRecipient]:
    """The next mailable recipients with an id above `after`, at most `limit`."""
    rows = _page(session, mailing_id, after, limit, _ADDRESSED_COLUMNS, _IS_MAILABLE)
    return [AddressedRecipient(*row) for row in rows]


def still_mailable(session: Session, ids: Collection[int]) -> list[AddressedRecipient]:
    """Those of at most 1,000 recipients that were not excluded meanwhile."""
    statement = select(*_ADDRESSED_COLUMNS).where(has_id(session, ids), _IS_MAILABLE)
    return [AddressedRecipient(*row) for row in session.execute(statement.order_by(Recipient.id))]


def not_in_audience_page(
    session: Session, mailing_id: int, after: int, limit: int
) -> list[FrozenRecipient]:
    """The next mailable recipients that are not known to be in the audience."""
    is_wanted = (_IS_MAILABLE, _COLUMNS.in_audience.is_(False))
    return _frozen_recipients(_page(session, mailing_id, after, limit, _FROZEN_COLUMNS, *is_wanted))


def left_out_page(
    session: Session,
    mailing_id: int,
    reasons: Collection[ExclusionReason],
    after: int,
    limit: int,
) -> list[FrozenRecipient]:
    """The next recipients who are left out for one of these reasons."""
    is_wanted = _COLUMNS.reason.in_(list(reasons))
    return _frozen_recipients(_page(session, mailing_id, after, limit, _FROZEN_COLUMNS, is_wanted))


def mailable_by_hash(
    session: Session, mailing_id: int, hashes: Collection[bytes]
) -> dict[bytes, FrozenRecipient]:
    """The mailable recipients among at most 1,000 member hashes."""
    statement = select(*_FROZEN_COLUMNS).where(has_hash(session, mailing_id, hashes), _IS_MAILABLE)
    rows = session.execute(statement).all()
    return {row.member_hash: row for row in _frozen_recipients(rows)}


def mailed_people_page(
    session: Session, mailing_id: int, after: int, limit: int
) -> list[MailedPerson]:
    """The next people whose address will be mailed: mailable recipients and their duplicates."""
    columns = (*_ADDRESSED_COLUMNS, _COLUMNS.person_kind, _COLUMNS.person_id)
    rows = _page(session, mailing_id, after, limit, columns, *_IS_MAILED)
    return [
        MailedPerson(id_, address, member_hash, PersonRef(PERSON_KINDS[kind], person_id))
        for id_, address, member_hash, kind, person_id in rows
    ]


def mailed_hashes_page(
    session: Session, mailing_id: int, after: int, limit: int
) -> list[tuple[int, bytes]]:
    """The id and the member hash of the same people."""
    columns = (_COLUMNS.id, _COLUMNS.member_hash)
    rows = _page(session, mailing_id, after, limit, columns, *_IS_MAILED)
    return [(row_id, member_hash) for row_id, member_hash in rows]


def exclude(
    session: Session,
    mailing_id: int,
    hashes: Collection[bytes],
    reason: ExclusionReason,
    detail: str = "",
) -> int:
    """Excludes everybody at these addresses who was to be mailed, duplicates included.

    Args:
        session: The host's session. The caller commits.
        mailing_id: The mailing.
        hashes: Member hashes of at most 1,000 addresses.
        reason: Why they are excluded.
        detail: MailChimp's own words.

    Returns:
        How many recipients were excluded.
    """
    statement = (
        update(Recipient)
        .where(has_hash(session, mailing_id, hashes), is_mailed())
        .values(reason=reason, detail=detail[:300])
    )
    return execute_rowcount(session, statement)


def mark_in_audience(session: Session, ids: Collection[int]) -> None:
    """Records that these recipients are members of the audience."""
    execute_rowcount(
        session, update(Recipient).where(has_id(session, ids)).values(in_audience=True)
    )


def first_in_audience(session: Session, mailing_id: int) -> FrozenRecipient | None:
    """A mailable recipient that is a member of the audience, if there is one."""
    is_wanted = (_IS_MAILABLE, _COLUMNS.in_audience)
    found = _frozen_recipients(_page(session, mailing_id, 0, 1, _FROZEN_COLUMNS, *is_wanted))
    return found[0] if found else None


def id_range(session: Session, mailing_id: int) -> tuple[int, int]:
    """The lowest and highest id of the mailing's recipients; (0, -1) when it has none."""
    low, high = session.execute(
        select(func.min(Recipient.id), func.max(Recipient.id)).where(
            Recipient.mailing_id == mailing_id
        )
    ).one()
    return (0, -1) if low is None else (low, high)


# Columns of the table: attributes of the class cost a third more time for each row.
_COLUMNS = Recipient.__table__.c
_ADDRESSED_COLUMNS = (_COLUMNS.id, _COLUMNS.address, _COLUMNS.member_hash)
# All merge values of a page are parsed as one text: a third of the time.
_FROZEN_COLUMNS = (*_ADDRESSED_COLUMNS, cast(_COLUMNS.merge_values, Text))
_IS_MAILABLE = _COLUMNS.reason.is_(None)
_IS_MAILED = (is_mailed(), _COLUMNS.person_id != "")
# Ids that one statement of a page looks at.
_RANGE = 1000


def _page(
    session: Session,
    mailing_id: int,
    after: int,
    limit: int,
    columns: Sequence[ColumnElement[Any]],
    *conditions: ColumnElement[bool],
) -> list[Row[*tuple[Any, ...]]]:
    """The next recipients of a mailing with an id above `after`, in this order, at most `limit`."""
    rows = list[Row[*tuple[Any, ...]]]()
    while len(rows) < limit and (first := next_id(session, mailing_id, after)) is not None:
        after = first + _RANGE - 1
        found = select(*columns).where(is_between(session, mailing_id, first, after), *conditions)
        rows += session.execute(found.order_by(_COLUMNS.id).limit(limit - len(rows))).all()
    return rows


def _frozen_recipients(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[FrozenRecipient]:
    """Parses rows of `_FROZEN_COLUMNS`."""
    merge_values = json.loads(f"[{','.join(row[3] for row in rows)}]")
    return [
        FrozenRecipient(id_, address, member_hash, values)
        for (id_, address, member_hash, _), values in zip(rows, merge_values, strict=True)
    ]
