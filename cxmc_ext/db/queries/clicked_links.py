"""Queries on the links that were clicked, and on the entries of blocks that they belong to."""

from collections.abc import Set
from typing import NamedTuple

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.statements import insert_rows
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.rules.blocks import blocks_from_json, items_by_link, link_key


class LinkRow(NamedTuple):
    """The clicks on a link."""

    url: str
    clicks: int
    people: int
    id: int
    item_ref: str


class ItemRow(NamedTuple):
    """The clicks on all links of an entry; `link_id` is one of them."""

    ref: str
    clicks: int
    people: int
    link_id: int


class LinkFacts(NamedTuple):
    """A clicked link, and what it belongs to."""

    url: str
    item_title: str


def get_or_create(session: Session, mailing_id: int, urls: Set[str]) -> dict[str, int]:
    """The ids of clicked links of a mailing by URL; unknown ones are inserted. The caller commits."""
    ids = _ids(session, mailing_id, urls)
    unknown = urls - ids.keys()
    if unknown:
        blocks = session.scalar(select(Mailing.blocks).where(Mailing.id == mailing_id))
        items = items_by_link(blocks_from_json(blocks)) if blocks else {}
        rows = []
        for url in unknown:
            item = items.get(link_key(url)) if items else None
            ref, title = item or ("", "")
            rows.append(
                {"mailing_id": mailing_id, "url": url, "item_ref": ref, "item_title": title}
            )
        insert_rows(session, ClickedLink, rows)
        ids |= _ids(session, mailing_id, unknown)
    return ids


def most_clicked(session: Session, mailing_id: int, limit: int) -> list[LinkRow]:
    """Counts clicks by link, most clicked first."""
    clicks = func.count().label("clicks")
    totals = (
        select(Event.link_id, clicks, func.count(func.distinct(Event.recipient_id)).label("people"))
        .where(Event.mailing_id == mailing_id, Event.kind == EventStatus.CLICKED)
        .group_by(Event.link_id)
        .order_by(clicks.desc(), Event.link_id)
        .limit(limit)
        .subquery()
    )
    statement = (
        select(
            ClickedLink.url,
            totals.c.clicks,
            totals.c.people,
            ClickedLink.id,
            ClickedLink.item_ref,
        )
        .join(totals, totals.c.link_id == ClickedLink.id)
        .order_by(totals.c.clicks.desc(), ClickedLink.id)
    )
    return [LinkRow(*row) for row in session.execute(statement)]


def clicked_items(session: Session, mailing_id: int) -> list[ItemRow]:
    """Counts clicks by entry of a block; entries that nobody clicked are left out."""
    statement = (
        select(
            ClickedLink.item_ref,
            func.count(),
            func.count(func.distinct(Event.recipient_id)),
            func.min(ClickedLink.id),
        )
        .join(Event, Event.link_id == ClickedLink.id)
        .where(ClickedLink.mailing_id == mailing_id, ClickedLink.item_ref != "")
        .where(_IS_CLICK, Event.kind == EventStatus.CLICKED)
        .group_by(ClickedLink.item_ref)
        .order_by(ClickedLink.item_ref)
    )
    return [ItemRow(*row) for row in session.execute(statement)]


def link_facts(session: Session, mailing_id: int, link_id: int) -> LinkFacts | None:
    """A clicked link of a mailing; None if the mailing has no such link."""
    statement = select(ClickedLink.url, ClickedLink.item_title).where(
        ClickedLink.id == link_id, ClickedLink.mailing_id == mailing_id
    )
    row = session.execute(statement).one_or_none()
    return LinkFacts(*row) if row else None


def clicked_by(session: Session, link_id: int) -> Select[int]:
    """The ids of the recipients who clicked a link, or another one of the same entry."""
    return select(Event.recipient_id).where(
        Event.link_id.in_(_of_same_item(session, link_id)),
        _IS_CLICK,
        Event.kind == EventStatus.CLICKED,
    )


# The condition of the index, as a constant: with a bound value no database would use it.
_IS_CLICK = Event.link_id > literal_column("0")


def _of_same_item(session: Session, link_id: int) -> list[int]:
    """The ids of the links of an entry, given one of them; the id alone for other links."""
    own = select(ClickedLink.mailing_id, ClickedLink.item_ref).where(ClickedLink.id == link_id)
    row = session.execute(own).one_or_none()
    if row is None or not row.item_ref:
        return [link_id]
    same = select(ClickedLink.id).where(
        ClickedLink.mailing_id == row.mailing_id, ClickedLink.item_ref == row.item_ref
    )
    return list(session.scalars(same))


def _ids(session: Session, mailing_id: int, urls: Set[str]) -> dict[str, int]:
    statement = select(ClickedLink.url, ClickedLink.id).where(ClickedLink.mailing_id == mailing_id)
    return {row.url: row.id for row in session.execute(statement.where(ClickedLink.url.in_(urls)))}
