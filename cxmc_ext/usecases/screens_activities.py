"""MailChimp activities as a timeline, newest first, of a campaign or of a person."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cxmc_ext.db.queries import accounts, events
from cxmc_ext.db.queries import screens as rows
from cxmc_ext.db.queries.events import Activity
from cxmc_ext.domain.rules.addresses import member_hash, normalise
from cxmc_ext.domain.values import PersonKind, PersonRef, Right, Status
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens_values import Viewer

PAGE = 25
_CURSOR = re.compile(r"([0-9]{1,12})(?:-([0-9]{1,18}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Item:
    """One activity. `person` is "" on a person's own page; `link` only for clicks."""

    status: Status
    at: int
    campaign_ref: str
    campaign: str
    campaign_url: str | None
    person: str
    person_url: str | None
    link: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page; `older` is the cursor of the next one, "" at the end; `kind` None shows every kind."""

    items: tuple[Item, ...]
    older: str
    kind: Status | None = None


def of_campaign(
    services: Services, *, campaign_ref: str, before: str, kind: str, viewer: Viewer
) -> Timeline:
    found = rows.look(services.session(), services.account_ref, campaign_ref).mailing
    if found is None:
        return Timeline((), "")
    kinds = _kinds(kind)
    at, recipient = _cursor(before)
    cursor = (at, recipient) if at is not None and recipient is not None else None
    read = events.campaign_timeline(services.session(), found.id, kinds, cursor, PAGE + 1)
    shown, last = _whole(read, lambda one: (one.at, one.recipient_id))
    older = f"{last.at}-{last.recipient_id}" if last else ""
    return Timeline(_items(services, shown, viewer, named=True), older, next(iter(kinds), None))


def of_person(
    services: Services, *, ref: PersonRef, before: str, kind: str, viewer: Viewer
) -> Timeline:
    person = services.host.people_by_ref([ref]).get(ref)
    address = normalise(person.address) if person else None
    hashes = [member_hash(address)] if address else []
    (at, _), kinds = _cursor(before), _kinds(kind)
    session = services.session()
    account = accounts.of_ref(session, services.account_ref).id
    read = events.person_timeline(
        session, account, ref.kind, ref.id, hashes, limit=PAGE + 1, before=at, kinds=kinds
    )
    shown, last = _whole(read, lambda one: one.at)
    older = str(last.at) if last else ""
    return Timeline(_items(services, shown, viewer, named=False), older, next(iter(kinds), None))


def _kinds(wanted: str) -> tuple[Status, ...]:
    """The one kind of that name; every kind, told as none, for a name nobody knows."""
    return tuple(status for status in Status if status and status.name.lower() == wanted)


def _cursor(text: str) -> tuple[int | None, int | None]:
    found = _CURSOR.fullmatch(text)
    if found is None:
        return None, None
    return int(found[1]), int(found[2]) if found[2] else None


def _whole(
    read: Sequence[Activity], key: Callable[[Activity], object]
) -> tuple[Sequence[Activity], Activity | None]:
    """A page that does not end amid activities the cursor cannot tell apart, and its last one."""
    if len(read) <= PAGE:
        return read, None
    shown = [one for one in read[:PAGE] if key(one) != key(read[PAGE])] or read[:PAGE]
    return shown, shown[-1]


def _items(
    services: Services, read: Sequence[Activity], viewer: Viewer, *, named: bool
) -> tuple[Item, ...]:
    urls = {ref: _campaign_url(services, ref, viewer) for ref in {one.campaign_ref for one in read}}
    return tuple(
        Item(
            status=Status(one.kind),
            at=one.at,
            campaign_ref=one.campaign_ref,
            campaign=one.campaign_title,
            campaign_url=urls[one.campaign_ref],
            person=(one.name or one.address) if named else "",
            person_url=_person_url(services, one) if named else None,
            link=one.url,
        )
        for one in read
    )


def _campaign_url(services: Services, campaign_ref: str, viewer: Viewer) -> str | None:
    """Only where the viewer may follow it."""
    allowed = Right.TAB in viewer.rights and services.host.campaign(campaign_ref, viewer.user.id)
    return services.host.tab_url(campaign_ref) if allowed else None


def _person_url(services: Services, one: Activity) -> str | None:
    if not one.person_id:
        return None
    return services.host.person_url(PersonRef(PersonKind(one.person_kind), one.person_id))
