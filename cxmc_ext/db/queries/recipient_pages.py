"""Recipients of a frozen campaign, a page at a time or in a stream, and their one status."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.domain.people import PersonKind, PersonRef

_STREAM = 1000


@dataclass(frozen=True, slots=True)
class RecipientFilter:
    """Which rows: `left` True or False for everybody left out or mailed, None for no matter."""

    left_out: bool | None = None
    reason: ExclusionReason | None = None
    status: EventStatus | None = None


def page(
    session: Session, mailing_id: int, wanted: RecipientFilter, offset: int, limit: int
) -> list[Recipient]:
    return list(session.scalars(_rows(mailing_id, wanted).offset(offset).limit(limit)))


def iterate(session: Session, mailing_id: int, wanted: RecipientFilter) -> Iterator[Recipient]:
    """Every row in the order of the page, in bounded memory."""
    last = 0
    while True:
        rows = list(
            session.scalars(_rows(mailing_id, wanted).where(Recipient.id > last).limit(_STREAM))
        )
        yield from rows
        if len(rows) < _STREAM:
            return
        last = rows[-1].id
        session.expunge_all()


def statuses_of(
    session: Session, mailing_id: int, refs: Collection[PersonRef]
) -> list[tuple[str, str, str | None, int]]:
    """(kind, id, reason, status) of at most 1,000 people."""
    kinds = {ref.kind for ref in refs}
    among = or_(
        *(
            and_(
                Recipient.person_kind == kind,
                Recipient.person_id.in_([ref.id for ref in refs if ref.kind == kind]),
            )
            for kind in kinds
        )
    )
    rows = session.execute(
        select(
            Recipient.person_kind, Recipient.person_id, Recipient.reason, Recipient.status
        ).where(Recipient.mailing_id == mailing_id, among)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows] if refs else []


def people_with_status(
    session: Session, mailing_id: int, status: EventStatus, after: int, limit: int
) -> list[tuple[int, PersonRef]]:
    """(row, person) of those who got the mail and stand there, by row; strangers are left out."""
    row = Recipient
    found = session.execute(
        select(row.id, row.person_kind, row.person_id)
        .where(row.mailing_id == mailing_id, row.status == status, row.id > after)
        .where(row.reason.is_(None), row.person_kind != "")
        .order_by(row.id)
        .limit(limit)
    )
    return [(one.id, PersonRef(PersonKind(one.person_kind), one.person_id)) for one in found]


def _rows(mailing_id: int, wanted: RecipientFilter) -> "Select[Recipient]":
    chosen = select(Recipient).where(Recipient.mailing_id == mailing_id).order_by(Recipient.id)
    if wanted.left_out is not None:
        missing = Recipient.reason.is_not(None) if wanted.left_out else Recipient.reason.is_(None)
        chosen = chosen.where(missing)
    if wanted.reason is not None:
        chosen = chosen.where(Recipient.reason == wanted.reason)
    if wanted.status is not None:
        chosen = chosen.where(Recipient.status == wanted.status)
    return chosen
