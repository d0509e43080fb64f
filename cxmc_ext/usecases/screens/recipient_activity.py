"""What one recipient did with a mailing: times, counts and clicked links."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import recipient_activity
from cxmc_ext.db.queries.recipient_activity import ActivityRow
from cxmc_ext.domain.campaigns import EventStatus


@dataclass(frozen=True, slots=True)
class Occurrences:
    """How often something happened, first and last; times in Unix seconds."""

    count: int = 0
    first_at: int | None = None
    last_at: int | None = None


@dataclass(frozen=True, slots=True)
class LinkClicks:
    """The clicks of one recipient on one link."""

    url: str
    item_title: str
    """The entry of a block that it belongs to; "" for none."""
    clicks: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class RecipientActivity:
    """Everything one recipient did; `links` in the order of their first click."""

    by_status: Mapping[EventStatus, Occurrences] = field(default_factory=dict)
    links: tuple[LinkClicks, ...] = ()

    def of(self, status: EventStatus) -> Occurrences:
        """Returns the occurrences of one kind of event."""
        return self.by_status.get(status, Occurrences())


NO_ACTIVITY = RecipientActivity()


def read_activity(session: Session, ids: Collection[int]) -> Mapping[int, RecipientActivity]:
    """Reads what at most 1,000 primary recipients did, by id; those without events are left out."""
    rows = recipient_activity.of_recipients(session, ids)
    return {
        recipient_id: _activity(list(own))
        for recipient_id, own in groupby(rows, key=lambda row: row.recipient_id)
    }


def _activity(rows: Sequence[ActivityRow]) -> RecipientActivity:
    known = [row for row in rows if row.kind in set(EventStatus)]
    kinds = {EventStatus(row.kind) for row in known}
    return RecipientActivity(
        by_status={kind: _total([row for row in known if row.kind == kind]) for kind in kinds},
        links=tuple(
            LinkClicks(row.url, row.item_title, row.times, row.first_at, row.last_at)
            for row in known
            if row.kind == EventStatus.CLICKED
        ),
    )


def _total(rows: Sequence[ActivityRow]) -> Occurrences:
    return Occurrences(
        count=sum(row.times for row in rows),
        first_at=min(row.first_at for row in rows),
        last_at=max(row.last_at for row in rows),
    )
