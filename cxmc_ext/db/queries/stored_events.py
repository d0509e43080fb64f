"""Reads the events of a mailing in the order of time, page by page."""

from typing import NamedTuple

from sqlalchemy import and_, select, tuple_
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.people import PersonKind, PersonRef


class EventPosition(NamedTuple):
    """The key of an event, in the order in which events of a mailing are read."""

    at: int
    recipient_id: int
    kind: int
    link_id: int
    occurrence: int


class EventRow(NamedTuple):
    """One stored event."""

    position: EventPosition
    kind: EventStatus
    account_ref: str
    campaign_ref: str
    person: PersonRef | None
    """None for somebody whom the Host does not know, and for an erased person."""
    url: str | None
    item: str | None
    """The ref of the entry of a block that was clicked."""


def page_since(
    session: Session, mailing_id: int, since: int, after: EventPosition | None, limit: int
) -> list[EventRow]:
    """Reads events of a mailing, oldest first.

    Args:
        session: The database session.
        mailing_id: The mailing.
        since: Only events from this time on.
        after: Only events behind this one.
        limit: How many at most.
    """
    key = (Event.at, Event.recipient_id, Event.kind, Event.link_id, Event.occurrence)
    statement = (
        select(*key, Account.ref, Mailing.campaign_ref, Recipient.person_kind, Recipient.person_id)
        .add_columns(ClickedLink.url, ClickedLink.item_ref)
        .join(Mailing, Mailing.id == Event.mailing_id)
        .join(Account, Account.id == Mailing.account_id)
        .join(Recipient, Recipient.id == Event.recipient_id)
        .outerjoin(ClickedLink, and_(ClickedLink.id == Event.link_id, Event.link_id > 0))
        .where(Event.mailing_id == mailing_id, Event.at >= max(since, after.at if after else since))
        .order_by(*key)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(tuple_(*key) > tuple_(*after))
    return [_row(EventPosition(*row[:5]), *row[5:]) for row in session.execute(statement)]


def _row(
    position: EventPosition,
    account_ref: str,
    campaign_ref: str,
    person_kind: str,
    person_id: str,
    url: str | None,
    item: str | None,
) -> EventRow:
    is_known = bool(person_kind and person_id)
    person = PersonRef(PersonKind(person_kind), person_id) if is_known else None
    kind = EventStatus(position.kind)
    return EventRow(position, kind, account_ref, campaign_ref, person, url, item or None)
