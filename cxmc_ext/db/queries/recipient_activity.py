"""What single recipients did with a mailing, and who clicked a link."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.domain.campaigns import EventStatus


class ActivityRow(NamedTuple):
    """The events of one recipient that are of one kind, for clicks of one link. Times in Unix seconds."""

    recipient_id: int
    kind: int
    url: str
    times: int
    first_at: int
    last_at: int


def of_recipients(session: Session, ids: Collection[int]) -> list[ActivityRow]:
    """Counts the events of at most 1,000 primary recipients by kind and link."""
    statement = (
        select(
            Event.recipient_id,
            Event.kind,
            func.coalesce(ClickedLink.url, ""),
            func.count(),
            func.min(Event.at),
            func.max(Event.at),
        )
        .outerjoin(ClickedLink, ClickedLink.id == Event.link_id)
        .where(Event.recipient_id.in_(list(ids)))
        .group_by(Event.recipient_id, Event.kind, ClickedLink.url)
        .order_by(Event.recipient_id, Event.kind, func.min(Event.at), ClickedLink.url)
    )
    return [ActivityRow(*row) for row in session.execute(statement)] if ids else []


def link_url(session: Session, mailing_id: int, link_id: int) -> str | None:
    """The URL of a clicked link of a mailing; None if the mailing has no such link."""
    return session.scalar(
        select(ClickedLink.url).where(
            ClickedLink.id == link_id, ClickedLink.mailing_id == mailing_id
        )
    )


def clicked_by(link_id: int) -> Select[int]:
    """The ids of the recipients who clicked a link."""
    # The condition of the index, as a constant: with a bound value no database would use it.
    return select(Event.recipient_id).where(
        Event.link_id == link_id,
        Event.link_id > literal_column("0"),
        Event.kind == EventStatus.CLICKED,
    )
