"""Events: what an import adds to them, counts, and timelines for the screens."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient, RecipientStatus
from cxmc_ext.db.queries.unsubscribes import PROVISIONAL
from cxmc_ext.db.statements import insert_rows
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason


class TimelineEvent(NamedTuple):
    """One line of a timeline. `person_kind` is "" for somebody whom the Host does not know."""

    at: int
    kind: int
    url: str
    item_title: str
    """The entry of a block that a clicked link belongs to; "" for none."""
    occurrence: int
    recipient_id: int
    mailing_id: int
    campaign_ref: str
    campaign_title: str
    person_kind: str
    person_id: str
    name: str
    address: str
    has_mail: bool


def campaign_timeline(
    session: Session,
    mailing_id: int,
    kinds: Collection[int] = (),
    before: tuple[int, int] | None = None,
    limit: int = 50,
) -> list[TimelineEvent]:
    """Reads the events of a mailing, newest first.

    Args:
        session: The database session.
        mailing_id: The mailing.
        kinds: Only these kinds of event; empty for all of them.
        before: (at, recipient_id) of the last line of the previous page.
        limit: How many events at most.
    """
    statement = _timeline().where(Event.mailing_id == mailing_id)
    if kinds:
        statement = statement.where(Event.kind.in_(list(kinds)))
    if before:
        at, recipient = before
        statement = statement.where(
            Event.at <= at, or_(Event.at < at, Event.recipient_id < recipient)
        )
    statement = statement.order_by(Event.at.desc(), Event.recipient_id.desc(), Event.kind.desc())
    return [TimelineEvent(*row) for row in session.execute(statement.limit(limit))]


def person_timeline(
    session: Session,
    account_id: int,
    kind: str,
    person_id: str,
    hashes: Collection[bytes] = (),
    limit: int = 50,
    before: int | None = None,
    kinds: Collection[int] = (),
) -> list[TimelineEvent]:
    """Reads the events of a person, also those through people who share the address, newest first.

    Args:
        session: The database session.
        account_id: Only mailings of this account.
        kind: The kind of person.
        person_id: The Host's id of the person.
        hashes: Member hashes of the addresses that the person has now.
        limit: How many events at most.
        before: Only events before this time, in Unix seconds.
        kinds: Only these kinds of event; empty for all of them.
    """
    ids = _event_owners(session, account_id, kind, person_id, hashes)
    if not ids:
        return []
    # Without a condition on the account: SQLite would begin with it, and read all events of its mailings.
    statement = _timeline().where(Event.recipient_id.in_(ids))
    if kinds:
        statement = statement.where(Event.kind.in_(list(kinds)))
    if before is not None:
        statement = statement.where(Event.at < before)
    statement = statement.order_by(Event.at.desc(), Event.kind.desc())
    return [TimelineEvent(*row) for row in session.execute(statement.limit(limit))]


def add_unknown_recipients(session: Session, mailing_id: int, people: dict[bytes, str]) -> None:
    """Adds recipients whom MailChimp mailed although they were not frozen, so that their events are kept.

    Args:
        session: The database session. The caller commits.
        mailing_id: The mailing.
        people: Member hash → address; "" for somebody who was erased.
    """
    rows = [
        {"mailing_id": mailing_id, "member_hash": key, "address": address[:254], "merge_values": {}}
        for key, address in people.items()
    ]
    insert_rows(session, Recipient, rows)


def delete_unsubscribed(session: Session, keys: Collection[tuple[int, int]]) -> None:
    """Deletes “unsubscribed” events, given as (recipient_id, at). The caller commits."""
    for recipient_id, at in keys:
        session.execute(
            delete(Event)
            .where(Event.recipient_id == recipient_id, Event.at == at)
            .where(Event.kind == EventStatus.UNSUBSCRIBED)
            .execution_options(synchronize_session=False)
        )


def with_duplicates(session: Session, mailing_id: int, ids: Collection[int]) -> list[int]:
    """Adds the rows of other people with the same address to the ids of primary recipients."""
    statement = select(Recipient.id).where(
        Recipient.mailing_id == mailing_id,
        Recipient.reason == ExclusionReason.DUPLICATE,
        Recipient.primary_id.in_(list(ids)),
    )
    return [*ids, *session.execute(statement).scalars()]


def provisional_unsubscribes(session: Session, mailing_id: int) -> int:
    """Counts the unsubscribes of a mailing that only the audience reported."""
    statement = select(func.count()).where(
        Event.mailing_id == mailing_id,
        Event.kind == EventStatus.UNSUBSCRIBED,
        Event.occurrence == PROVISIONAL,
    )
    return session.execute(statement).scalar_one()


def event_counts(session: Session, mailing_id: int) -> dict[str, int]:
    """Counts the stored events of a mailing by kind."""
    statement = (
        select(Event.kind, func.count()).where(Event.mailing_id == mailing_id).group_by(Event.kind)
    )
    return _by_status_name(session.execute(statement).all())


def status_counts(session: Session, mailing_id: int) -> dict[str, int]:
    """Counts the addresses of a mailing by status; people who share an address count once."""
    rows = (
        select(RecipientStatus.status, func.count())
        .where(RecipientStatus.mailing_id == mailing_id)
        .group_by(RecipientStatus.status)
    )
    duplicates = rows.join(Recipient, Recipient.id == RecipientStatus.recipient_id).where(
        Recipient.mailing_id == mailing_id, Recipient.reason == ExclusionReason.DUPLICATE
    )
    counts = _by_status_name(session.execute(rows).all())
    for name, count in _by_status_name(session.execute(duplicates).all()).items():
        counts[name] -= count
    return counts


def opened_in_both(session: Session, first: int, second: int) -> int:
    """Counts the addresses of a mailing whose people opened it, or the mailing that brought it again."""
    again = aliased(Recipient)
    own = select(Event.recipient_id).where(
        Event.mailing_id == first, Event.kind == EventStatus.OPENED
    )
    opened_again = (
        select(again.person_kind, again.person_id)
        .join(Event, Event.recipient_id == again.id)
        .where(Event.mailing_id == second, Event.kind == EventStatus.OPENED, again.person_id != "")
    )
    person = tuple_(Recipient.person_kind, Recipient.person_id)
    statement = select(func.count()).where(
        Recipient.mailing_id == first,
        Recipient.reason.is_(None),
        or_(Recipient.id.in_(own), person.in_(opened_again)),
    )
    return session.execute(statement).scalar_one()


def hourly_people(
    session: Session, mailing_id: int, start: int, count: int
) -> list[tuple[int, int, int]]:
    """Counts people by hour: (hour, people who opened, people who clicked).

    Args:
        session: The database session.
        mailing_id: The mailing.
        start: The beginning of hour 0, in Unix seconds.
        count: How many hours.
    """
    hour = (Event.at - start) // 3600
    statement = (
        select(
            hour,
            func.count(func.distinct(_recipient_if(EventStatus.OPENED))),
            func.count(func.distinct(_recipient_if(EventStatus.CLICKED))),
        )
        .where(Event.mailing_id == mailing_id, Event.at >= start)
        .where(
            Event.at < start + count * 3600,
            Event.kind.in_((EventStatus.OPENED, EventStatus.CLICKED)),
        )
        .group_by(hour)
        .order_by(hour)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def _timeline() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Event.at,
            Event.kind,
            func.coalesce(ClickedLink.url, ""),
            func.coalesce(ClickedLink.item_title, ""),
            Event.occurrence,
            Event.recipient_id,
            Event.mailing_id,
            Mailing.campaign_ref,
            Mailing.campaign_title,
            Recipient.person_kind,
            Recipient.person_id,
            Recipient.name,
            Recipient.address,
            Mailing.mail_read_at.is_not(None),
        )
        .join(Recipient, Recipient.id == Event.recipient_id)
        .join(Mailing, Mailing.id == Event.mailing_id)
        .outerjoin(ClickedLink, ClickedLink.id == Event.link_id)
    )


def _event_owners(
    session: Session, account_id: int, kind: str, person_id: str, hashes: Collection[bytes]
) -> list[int]:
    """The rows that carry a person's events: their own, those of their addresses, and the primary ones."""
    own = aliased(Recipient)
    is_wanted = _any(
        and_(own.person_kind == kind, own.person_id == person_id),
        own.member_hash.in_(list(hashes)) if hashes else None,
    )
    rows = session.execute(select(own.id, own.primary_id, own.mailing_id).where(is_wanted)).all()
    of_account = select(Mailing.id).where(
        Mailing.id.in_({row.mailing_id for row in rows}), Mailing.account_id == account_id
    )
    mailings = set(session.execute(of_account).scalars())
    return list({row.primary_id or row.id for row in rows if row.mailing_id in mailings})


def _any(*conditions: ColumnElement[bool] | None) -> ColumnElement[bool]:
    return or_(*(condition for condition in conditions if condition is not None))


def _by_status_name(rows: Sequence[Any]) -> dict[str, int]:
    return {EventStatus(kind).name.lower(): count for kind, count in rows}


def _recipient_if(kind: EventStatus) -> ColumnElement[int | None]:
    return case((Event.kind == kind, Event.recipient_id))
