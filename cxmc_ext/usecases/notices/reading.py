"""Reads the stored events of all accounts, from a cursor on, page by page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cxmc_ext.db.queries import notices
from cxmc_ext.db.queries.stored_events import EventPosition, page_since
from cxmc_ext.db.queries.unsubscribes import PROVISIONAL
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.notices import StoredEvent
from cxmc_ext.services import Services

PAGE_SIZE = 1000
_CURSOR = re.compile(r"\d{1,18}(\.\d{1,18}\.\d{1,18}(\.-?\d{1,18}){5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Everything up to `after` was read; of the part that ends with `until`, everything up to `position`."""

    after: int = 0
    until: int = 0
    mailing_id: int = 0
    position: EventPosition | None = None

    @classmethod
    def parse(cls, text: str) -> "_Cursor":
        if not text:
            return cls()
        if not _CURSOR.fullmatch(text):
            raise ValueError("not a cursor")
        after, *more = map(int, text.split("."))
        if not more:
            return cls(after)
        return cls(after, more[0], more[1], EventPosition(*more[2:]))

    def __str__(self) -> str:
        if self.position is None:
            return str(self.after)
        return ".".join(map(str, (self.after, self.until, self.mailing_id, *self.position)))


def stored_events(services: Services, since: str = "") -> Iterator[StoredEvent]:
    """Reads events that were stored after a cursor; ends when there are no more for now.

    An event may come again, because MailChimp's report was read again; its `key` is then the same. Memory
    does not grow with the number of events.

    Args:
        services: Those of any account.
        since: The cursor of the last event that was handled; "" for all events.

    Raises:
        ValueError: `since` is no cursor.
    """
    cursor = _Cursor.parse(since)
    session = services.session()
    while True:
        last = cursor.until if cursor.position else notices.last_seq(session)
        if last <= cursor.after:
            return
        cursor = replace(cursor, until=last)
        for mailing_id, at in notices.mailings_with_events(
            session, cursor.after, last, cursor.mailing_id
        ):
            position = cursor.position if mailing_id == cursor.mailing_id else None
            yield from _of_mailing(
                services, replace(cursor, mailing_id=mailing_id, position=position), at
            )
        cursor = _Cursor(last)


def _of_mailing(services: Services, cursor: _Cursor, since: int) -> Iterator[StoredEvent]:
    session, position = services.session(), cursor.position
    while True:
        rows = page_since(session, cursor.mailing_id, since, position, PAGE_SIZE)
        for row in rows:
            position = row.position
            yield StoredEvent(
                key=".".join(map(str, position)),
                kind=row.kind.name.lower(),
                at=position.at,
                account_ref=row.account_ref,
                campaign_ref=row.campaign_ref,
                person=row.person,
                url=row.url,
                item=row.item,
                cursor=str(replace(cursor, position=position)),
                is_provisional=row.kind is EventStatus.UNSUBSCRIBED
                and position.occurrence == PROVISIONAL,
            )
        if len(rows) < PAGE_SIZE:
            return
