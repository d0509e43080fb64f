"""What single recipients did with a mailing."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.event import ClickedLink, Event


class ActivityRow(NamedTuple):
    """The events of one recipient that are of one kind, for clicks of one link. Times in Unix seconds."""

    recipient_id: int
    kind: int
    url: str
    item_title: str
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
            func.coalesce(ClickedLink.item_title, ""),
            func.count(),
            func.min(Event.at),
            func.max(Event.at),
        )
        .outerjoin(ClickedLink, ClickedLink.id == Event.link_id)
        .where(Event.recipient_id.in_(list(ids)))
        .group_by(Event.recipient_id, Event.kind, ClickedLink.url, ClickedLink.item_title)
        .order_by(Event.recipient_id, Event.kind, func.min(Event.at), ClickedLink.url)
    )
    return [ActivityRow(*row) for row in session.execute(statement)] if ids else []
