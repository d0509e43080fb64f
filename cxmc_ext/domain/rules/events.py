"""What MailChimp tells of one recipient, as rows with a natural key and as one status. Order is no matter."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.mailchimp import ActivityRow, RawEvent

EventKey: TypeAlias = tuple[int, int, str, int]
"""(kind, at, url, nth): what tells two events of one recipient apart."""


class RecipientActivity(NamedTuple):
    """One recipient of a report page as it is stored."""

    hash: str
    address: str
    event_keys: list[EventKey]
    status: int


STATUS_BY_ACTION = {
    "bounce": int(EventStatus.BOUNCED),
    "open": int(EventStatus.OPENED),
    "click": int(EventStatus.CLICKED),
}
"""Words of the API that are events; others are none of ours."""


def event_keys(events: Iterable[RawEvent]) -> list[EventKey]:
    """One key per event. Repeats within one second are numbered, so that each of them counts.

    Reading the same events again, in any order, gives the same keys; reading a part of them gives a
    part of the keys as long as one second is not torn apart.
    """
    seen: dict[tuple[int, int, str], int] = {}
    found = []
    for action, at, url in events:
        kind = STATUS_BY_ACTION.get(action)
        if kind is not None:
            event = (kind, at, url)
            nth = seen.get(event, 0)
            seen[event] = nth + 1
            found.append((kind, at, url, nth))
    return found


def furthest_status(found: Sequence[EventKey]) -> int:
    """The most important thing that happened to somebody who was mailed."""
    return max(found)[0] if found else int(EventStatus.SENT)


def parse_activity(row: ActivityRow) -> RecipientActivity:
    found = event_keys(row.events)
    return RecipientActivity(row.hash, row.address, found, furthest_status(found))


def has_news_since(row: RecipientActivity, cursor: int) -> bool:
    """Whether something happened after `cursor`; a bounce may be dated back, so each counts."""
    return any(at > cursor or kind == EventStatus.BOUNCED for kind, at, _, _ in row.event_keys)
