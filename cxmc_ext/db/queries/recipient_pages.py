"""Queries of the recipients page: pages and streams of recipients, and the status of people."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.recipient import Recipient, RecipientStatus
from cxmc_ext.db.queries.clicked_links import clicked_by
from cxmc_ext.db.queries.keyed_lookup import has_hash, has_id, is_person
from cxmc_ext.db.queries.recipient_rows import person_of
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.domain.people import PersonKind, PersonRef

_STREAM = 1000
_Rows = TypeVar("_Rows", bound=Select[*tuple[Any, ...]])


class PersonRow(NamedTuple):
    """A person of a mailing, and MailChimp's id of their address."""

    ref: PersonRef
    member_hash: bytes


@dataclass(frozen=True, slots=True)
class RecipientFilter:
    """Which recipients.

    Attributes:
        left_out: True for the excluded, False for the mailed, None for both.
        reason: Only those left out for this reason.
        status: Only those with this status.
        link_id: Only those who clicked this link, or another one of the same entry of a block.
        blank: Only the mailed who have no value for this merge tag.
    """

    left_out: bool | None = None
    reason: ExclusionReason | None = None
    status: EventStatus | None = None
    link_id: int | None = None
    blank: str | None = None


def page(
    session: Session, mailing_id: int, wanted: RecipientFilter, offset: int, limit: int
) -> list[Recipient]:
    """A page of the recipients, in the order of their ids."""
    return list(session.scalars(_rows(session, mailing_id, wanted).offset(offset).limit(limit)))


def iterate(session: Session, mailing_id: int, wanted: RecipientFilter) -> Iterator[Recipient]:
    """All recipients in the same order, loading `_STREAM` at a time and forgetting them afterwards."""
    last = 0
    while True:
        rows = list(
            session.scalars(
                _rows(session, mailing_id, wanted).where(Recipient.id > last).limit(_STREAM)
            )
        )
        yield from rows
        if len(rows) < _STREAM:
            return
        last = rows[-1].id
        session.expunge_all()


def statuses_of(
    session: Session, mailing_id: int, refs: Collection[PersonRef]
) -> list[tuple[str, str, ExclusionReason | None, int]]:
    """(person kind, person id, exclusion reason, status) of at most 1,000 people, if recipients."""
    rows = session.execute(
        select(
            Recipient.person_kind, Recipient.person_id, Recipient.reason, Recipient.status
        ).where(is_person(session, mailing_id, refs))
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows] if refs else []


def people_with_status(
    session: Session,
    mailing_id: int,
    status: EventStatus,
    size: int,
    link_id: int | None = None,
) -> Iterator[Sequence[PersonRow]]:
    """The mailed people with exactly this status, page by page.

    Args:
        session: The host's session.
        mailing_id: The mailing.
        status: The status.
        size: How many people per page.
        link_id: Only people who clicked this link; None for everybody.
    """
    chosen = (
        select(RecipientStatus.recipient_id)
        .where(RecipientStatus.mailing_id == mailing_id, RecipientStatus.status == status)
        .order_by(RecipientStatus.recipient_id)
        .limit(size)
    )
    if link_id is not None:
        chosen = chosen.where(RecipientStatus.recipient_id.in_(clicked_by(session, link_id)))
    last = 0
    while ids := session.scalars(chosen.where(RecipientStatus.recipient_id > last)).all():
        last = ids[-1]
        if people := _people(session, ids):
            yield people


def known_people(
    session: Session, mailing_id: int, hashes: Mapping[PersonRef, bytes]
) -> set[PersonRef]:
    """Which of at most 1,000 people are recipients of a mailing, or have the address of one.

    Whoever had left the campaign before it was sent is none.

    Args:
        session: The host's session.
        mailing_id: The mailing.
        hashes: The member hash of each person's address; b"" without one.
    """
    if not hashes:
        return set()
    known = {
        PersonRef(PersonKind(kind), id_)
        for kind, id_, reason, _ in statuses_of(session, mailing_id, hashes.keys())
        if reason != ExclusionReason.REMOVED
    }
    wanted = {key for key in hashes.values() if key}
    has_stayed = Recipient.reason.is_distinct_from(ExclusionReason.REMOVED)
    rows = session.scalars(
        select(Recipient.member_hash).where(has_hash(session, mailing_id, wanted), has_stayed)
    )
    mailed = set(rows) if wanted else set()
    return known | {ref for ref, key in hashes.items() if key in mailed}


def _rows(session: Session, mailing_id: int, wanted: RecipientFilter) -> "Select[Recipient]":
    order = Recipient.id if wanted.status is None else RecipientStatus.recipient_id
    chosen = select(Recipient).where(Recipient.mailing_id == mailing_id).order_by(order)
    if wanted.left_out is not None:
        missing = Recipient.reason.is_not(None) if wanted.left_out else Recipient.reason.is_(None)
        chosen = chosen.where(missing)
    if wanted.reason is not None:
        chosen = chosen.where(Recipient.reason == wanted.reason)
    if wanted.status is not None:
        chosen = _with_status(chosen, mailing_id, wanted.status)
    if wanted.link_id is not None:
        chosen = chosen.where(Recipient.id.in_(clicked_by(session, wanted.link_id)))
    if wanted.blank is not None:
        value = func.coalesce(Recipient.merge_values[wanted.blank].as_string(), "")
        chosen = chosen.where(Recipient.reason.is_(None), value == "")
    return chosen


def _people(session: Session, ids: Sequence[int]) -> list[PersonRow]:
    """Those of at most 1,000 recipients who are mailed and are people of the CRM."""
    columns = Recipient.person_kind, Recipient.person_id, Recipient.member_hash
    rows = session.execute(
        select(*columns)
        .where(has_id(session, ids), Recipient.reason.is_(None), Recipient.person_kind != "")
        .order_by(Recipient.id)
    )
    return [PersonRow(person_of(row), row.member_hash) for row in rows]


def _with_status(chosen: _Rows, mailing_id: int, status: EventStatus) -> _Rows:
    return chosen.join(RecipientStatus, RecipientStatus.recipient_id == Recipient.id).where(
        RecipientStatus.mailing_id == mailing_id, RecipientStatus.status == status
    )
