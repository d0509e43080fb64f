"""What MailChimp tells of one recipient, as rows with a natural key and as one status. Order is no matter."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from cxmc_ext.domain.remote import ActivityRow, RawEvent
from cxmc_ext.domain.values import Status

Key: TypeAlias = tuple[int, int, str, int]
"""(kind, at, url, nth): what tells two events of one recipient apart."""


class Told(NamedTuple):
    """One recipient of a report page as it is stored."""

    hash: str
    address: str
    keys: list[Key]
    status: int


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


def told(row: ActivityRow) -> Told:
    found = keys(row.events)
    return Told(row.hash, row.address, found, status(found))


def is_new(row: Told, cursor: int) -> bool:
    """Whether something happened after `cursor`; a bounce may be dated back, so each counts."""
    return any(at > cursor or kind == Status.BOUNCED for kind, at, _, _ in row.keys)
