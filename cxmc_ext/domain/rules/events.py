"""The events of one recipient in a report: their natural keys, and the status that follows from them.

The order in which MailChimp lists them does not matter.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.failed_addresses import HARD_BOUNCE
from cxmc_ext.domain.mailchimp import ActivityRow, RawEvent

# What makes an event of a recipient unique: (kind, at, url, occurrence). `at` is in Unix seconds;
# `occurrence` numbers equal events within one second from 0.
EventKey: TypeAlias = tuple[int, int, str, int]

# The column's limit; nobody opens a mail more often within one second.
MAX_OCCURRENCE = 2**15 - 1

# Actions in the API's activity that are events; others are ignored.
STATUS_BY_ACTION = {
    "bounce": int(EventStatus.BOUNCED),
    HARD_BOUNCE: int(EventStatus.BOUNCED),
    "open": int(EventStatus.OPENED),
    "click": int(EventStatus.CLICKED),
}


_SENT, _BOUNCED = int(EventStatus.SENT), int(EventStatus.BOUNCED)


class RecipientActivity(NamedTuple):
    """One row of a report page, as it is stored."""

    hash: str
    address: str
    event_keys: list[EventKey]
    status: int
    has_bounced: bool = False
    """Whether the mail bounced, for good or for the moment."""
    has_hard_bounce: bool = False
    """Whether it bounced for good."""


def event_keys(events: Iterable[RawEvent]) -> list[EventKey]:
    """The keys of a recipient's events.

    Equal events within one second are numbered, so that each of them counts. Reading the same events
    again, in any order, gives the same keys. URLs are compared as they are stored: they were cut before (see
    `adapters/mailchimp/report_parsing.py`). Reading only some of them gives some of the keys, as long as
    all events of one second are read together.
    """
    counts: dict[tuple[int, int, str], int] = {}
    keys = []
    for action, at, url in events:
        kind = STATUS_BY_ACTION.get(action)
        if kind is not None:
            event = (kind, at, url)
            occurrence = counts.get(event, 0)
            if occurrence <= MAX_OCCURRENCE:
                counts[event] = occurrence + 1
                keys.append((kind, at, url, occurrence))
    return keys


def furthest_status(keys: Sequence[EventKey]) -> int:
    """The status of somebody who was mailed: the kind of their furthest event, else “sent”."""
    return max(keys)[0] if keys else _SENT


def parse_activity(row: ActivityRow) -> RecipientActivity:
    """Turns a row of a report page into keys and a status."""
    keys = event_keys(row.events)
    # A bounce is the least of the kinds that are listed, and most rows have none.
    if not keys or min(keys)[0] != _BOUNCED:
        return RecipientActivity(row.hash, row.address, keys, furthest_status(keys))
    is_hard = any(action == HARD_BOUNCE for action, *_ in row.events)
    return RecipientActivity(row.hash, row.address, keys, furthest_status(keys), True, is_hard)


def has_news_since(row: RecipientActivity, cursor: int) -> bool:
    """Whether something happened after `cursor`. Every bounce counts: MailChimp may date it back."""
    return any(at > cursor or kind == EventStatus.BOUNCED for kind, at, _, _ in row.event_keys)
