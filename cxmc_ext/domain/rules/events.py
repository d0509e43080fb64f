"""What MailChimp tells of one recipient, as rows with a natural key and as one status. Order is no matter."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from cxmc_ext.domain.remote import RawEvent
from cxmc_ext.domain.values import Status

Key: TypeAlias = tuple[int, int, str, int]
"""(kind, at, url, nth): what tells two events of one recipient apart."""

KINDS = {
    "bounce": int(Status.BOUNCED),
    "open": int(Status.OPENED),
    "click": int(Status.CLICKED),
}
"""Words of the API that are events; others are none of ours."""


def keys(events: Iterable[RawEvent]) -> list[Key]:
    """One key per event. Repeats within one second are numbered, so that each of them counts.

    Reading the same events again, in any order, gives the same keys; reading a part of them gives a
    part of the keys as long as one second is not torn apart.
    """
    seen: dict[tuple[int, int, str], int] = {}
    found = []
    for action, at, url in events:
        kind = KINDS.get(action)
        if kind is not None:
            event = (kind, at, url)
            nth = seen.get(event, 0)
            seen[event] = nth + 1
            found.append((kind, at, url, nth))
    return found


def status(found: Sequence[Key]) -> int:
    """The most important thing that happened to somebody who was mailed."""
    return max(found)[0] if found else int(Status.SENT)
