"""MailChimp activities as a timeline, newest first, of a campaign or of a person."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cxmc_ext.db.queries import accounts, events
from cxmc_ext.db.queries import tab as rows
from cxmc_ext.db.queries.events import TimelineEvent
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.people import PersonKind, PersonRef, Right
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.models import Viewer

PAGE_SIZE = 25
_CURSOR = re.compile(r"([0-9]{1,12})(?:-([0-9]{1,18}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One activity. `person` is "" on a person's own page; `link` only for clicks."""

    status: EventStatus
    at: int
    campaign_ref: str
    campaign_title: str
    campaign_url: str | None
    person_name: str
    person_url: str | None
    clicked_url: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page; `older` is the cursor of the next one, "" at the end; `kind` None shows every kind."""

    items: tuple[TimelineItem, ...]
    next_cursor: str
    kind: EventStatus | None = None


def campaign_timeline(
    services: Services, *, campaign_ref: str, before: str, kind: str, viewer: Viewer
) -> Timeline:
    found = rows.campaign_rows(services.session(), services.account_ref, campaign_ref).mailing
    if found is None:
        return Timeline((), "")
    kinds = _parse_statuses(kind)
    at, recipient = _parse_cursor(before)
    cursor = (at, recipient) if at is not None and recipient is not None else None
    read = events.campaign_timeline(services.session(), found.id, kinds, cursor, PAGE_SIZE + 1)
    shown, last = _complete_page(read, lambda one: (one.at, one.recipient_id))
    older = f"{last.at}-{last.recipient_id}" if last else ""
    return Timeline(_items(services, shown, viewer, named=True), older, next(iter(kinds), None))


def person_timeline(
    services: Services, *, ref: PersonRef, before: str, kind: str, viewer: Viewer
) -> Timeline:
    person = services.host.people_by_ref([ref]).get(ref)
    address = normalize_address(person.address) if person else None
    hashes = [member_hash(address)] if address else []
    (at, _), kinds = _parse_cursor(before), _parse_statuses(kind)
    session = services.session()
    account = accounts.get_or_create(session, services.account_ref).id
    read = events.person_timeline(
        session, account, ref.kind, ref.id, hashes, limit=PAGE_SIZE + 1, before=at, kinds=kinds
    )
    shown, last = _complete_page(read, lambda one: one.at)
    older = str(last.at) if last else ""
    return Timeline(_items(services, shown, viewer, named=False), older, next(iter(kinds), None))


def _parse_statuses(wanted: str) -> tuple[EventStatus, ...]:
    """The one kind of that name; every kind, told as none, for a name nobody knows."""
    return tuple(status for status in EventStatus if status and status.name.lower() == wanted)


def _parse_cursor(text: str) -> tuple[int | None, int | None]:
    found = _CURSOR.fullmatch(text)
    if found is None:
        return None, None
    return int(found[1]), int(found[2]) if found[2] else None


def _complete_page(
    read: Sequence[TimelineEvent], key: Callable[[TimelineEvent], object]
) -> tuple[Sequence[TimelineEvent], TimelineEvent | None]:
    """A page that does not end amid activities the cursor cannot tell apart, and its last one."""
    if len(read) <= PAGE_SIZE:
        return read, None
    shown = [one for one in read[:PAGE_SIZE] if key(one) != key(read[PAGE_SIZE])] or read[
        :PAGE_SIZE
    ]
    return shown, shown[-1]


def _items(
    services: Services, read: Sequence[TimelineEvent], viewer: Viewer, *, named: bool
) -> tuple[TimelineItem, ...]:
    urls = {ref: _campaign_url(services, ref, viewer) for ref in {one.campaign_ref for one in read}}
    return tuple(
        TimelineItem(
            status=EventStatus(one.kind),
            at=one.at,
            campaign_ref=one.campaign_ref,
            campaign_title=one.campaign_title,
            campaign_url=urls[one.campaign_ref],
            person_name=(one.name or one.address) if named else "",
            person_url=_person_url(services, one) if named else None,
            clicked_url=one.url,
        )
        for one in read
    )


def _campaign_url(services: Services, campaign_ref: str, viewer: Viewer) -> str | None:
    """Only where the viewer may follow it."""
    allowed = Right.TAB in viewer.rights and services.host.campaign(campaign_ref, viewer.user.id)
    return services.host.tab_url(campaign_ref) if allowed else None


def _person_url(services: Services, one: TimelineEvent) -> str | None:
    if not one.person_id:
        return None
    return services.host.person_url(PersonRef(PersonKind(one.person_kind), one.person_id))
