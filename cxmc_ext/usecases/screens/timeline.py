"""MailChimp activities as a timeline, newest first, for a campaign or a person."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import accounts, events, failed_addresses
from cxmc_ext.db.queries import tab as tab_queries
from cxmc_ext.db.queries.events import TimelineEvent
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.failed_addresses import AddressFailure
from cxmc_ext.domain.people import PersonKind, PersonRef, Right
from cxmc_ext.domain.ports.opt_ins import OptInHost
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.domain.rules.readable_addresses import readable_address
from cxmc_ext.domain.rules.texts import is_storable
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.lookup import opted_out_among
from cxmc_ext.usecases.screens.invitation import PersonalEvent, last_event
from cxmc_ext.usecases.screens.models import Viewer

PAGE_SIZE = 25
_MAX_SHOWN_REF = 20
_KNOWN_KINDS = frozenset(EventStatus)
_CURSOR = re.compile(r"([0-9]{1,12})(?:-([0-9]{1,18}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TimelineCampaign:
    """The campaign of an activity; `url` is None for a viewer who may not open the tab."""

    ref: str
    title: str
    url: str | None

    @property
    def has_short_ref(self) -> bool:
        """Whether the ref means something to a reader: a UUID does not."""
        return len(self.ref) <= _MAX_SHOWN_REF


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One activity. `person_name` is "" on a person's own page, `clicked_url` for all but clicks.

    `campaign` is None, and `clicked_url` "", where the viewer may not see the campaign.
    """

    status: EventStatus
    at: int
    campaign: TimelineCampaign | None
    person_name: str
    person_url: str | None
    clicked_url: str
    clicked_title: str
    """The entry of a block that was clicked; "" for none."""
    mail_recipient_id: int
    """The recipient whose mail can be shown; 0 where there is none, or the viewer may not open the tab."""


@dataclass(frozen=True, slots=True)
class TimelineOptOut:
    """Somebody who opted out: through MailChimp at that time and in that way, or in the CRM (None).

    `person` names them in the address of “Invite back”; "" where nobody can be invited.
    """

    event: PersonalEvent | None
    person: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of activities; `next_cursor` is "" on the last page, `kind` None shows every kind."""

    items: tuple[TimelineItem, ...]
    next_cursor: str
    kind: EventStatus | None = None
    is_of_campaign: bool = False
    """All activities are of one campaign, which the page itself names."""
    failure: AddressFailure | None = None
    """Why mail to the person does not arrive; on their own page only."""
    opt_out: "TimelineOptOut | None" = None
    """If the person is in an opt-out group; on their own page only."""


def campaign_timeline(
    services: Services, *, campaign_ref: str, before: str, kind: str, viewer: Viewer
) -> Timeline | None:
    """Reads one page of a campaign's activities.

    Args:
        services: The services of the account.
        campaign_ref: `Campaign.ref` of the campaign.
        before: `Timeline.next_cursor` of the previous page; anything else starts at the newest.
        kind: The name of an event status in lower case; anything else shows every kind.
        viewer: The user.

    Returns:
        The page; None if there is no such campaign, or the viewer may not see it.
    """
    if not is_storable(campaign_ref) or viewer.campaign(services.host, campaign_ref) is None:
        return None
    session = services.session()
    mailing = tab_queries.campaign_rows(session, services.account_ref, campaign_ref).mailing
    if mailing is None:
        return Timeline((), "")
    statuses = _parse_statuses(kind)
    at, recipient_id = _parse_cursor(before)
    cursor = (at, recipient_id) if at is not None and recipient_id is not None else None
    found = events.campaign_timeline(session, mailing.id, statuses, cursor, PAGE_SIZE + 1)
    page, last = _complete_page(found, lambda event: (event.at, event.recipient_id))
    next_cursor = f"{last.at}-{last.recipient_id}" if last else ""
    items = _items(services, page, viewer, with_person=True)
    return Timeline(items, next_cursor, next(iter(statuses), None), is_of_campaign=True)


def person_timeline(
    services: Services, *, ref: PersonRef, before: str, kind: str, viewer: Viewer
) -> Timeline:
    """Reads one page of a person's activities, in all campaigns.

    Args:
        services: The services of the account.
        ref: The person. Activities at the person's current address are included even if they were
            recorded for somebody else.
        before: `Timeline.next_cursor` of the previous page; anything else starts at the newest.
        kind: The name of an event status in lower case; anything else shows every kind.
        viewer: The user. Campaigns that they may not see are not named.
    """
    if not is_storable(ref.id):
        return Timeline((), "")
    session = services.session()
    person = services.host.people_by_ref([ref]).get(ref)
    address = normalize_address(person.address) if person else None
    hashes = [member_hash(address)] if address else []
    account_id = accounts.get_or_create(session, services.account_ref).id
    (at, _), statuses = _parse_cursor(before), _parse_statuses(kind)
    found = events.person_timeline(
        session,
        account_id,
        ref.kind,
        ref.id,
        hashes,
        limit=PAGE_SIZE + 1,
        before=at,
        kinds=statuses,
    )
    page, last = _complete_page(found, lambda event: event.at)
    items = _items(services, page, viewer, with_person=False)
    return Timeline(
        items,
        str(last.at) if last else "",
        next(iter(statuses), None),
        failure=_failure(session, account_id, ref, address),
        opt_out=_opt_out(services, account_id, ref, viewer),
    )


def _opt_out(
    services: Services, account_id: int, ref: PersonRef, viewer: Viewer
) -> TimelineOptOut | None:
    if not opted_out_among(services.host, [ref]):
        return None
    can_invite = Right.SEND in viewer.rights and isinstance(services.host, OptInHost)
    event = last_event(services.session(), account_id, ref, AuditAction.OPT_OUT)
    return TimelineOptOut(event, str(ref) if can_invite else "")


def _failure(
    session: Session, account_id: int, ref: PersonRef, address: str | None
) -> AddressFailure | None:
    """Why the person is marked, unless their address was changed meanwhile."""
    failure = failed_addresses.failure_of(session, account_id, ref) if address else None
    return failure if failure and failure.address == address else None


def _parse_statuses(name: str) -> tuple[EventStatus, ...]:
    """The status of that name; empty, which means every status, for an unknown name."""
    return tuple(status for status in EventStatus if status and status.name.lower() == name)


def _parse_cursor(text: str) -> tuple[int | None, int | None]:
    match = _CURSOR.fullmatch(text)
    if match is None:
        return None, None
    return int(match[1]), int(match[2]) if match[2] else None


def _complete_page(
    found: Sequence[TimelineEvent], key: Callable[[TimelineEvent], object]
) -> tuple[Sequence[TimelineEvent], TimelineEvent | None]:
    """The events of this page, and the last one if there are more pages.

    The cursor cannot tell events with the same key apart, so a page does not end between two of them.
    """
    if len(found) <= PAGE_SIZE:
        return found, None
    page, next_key = found[:PAGE_SIZE], key(found[PAGE_SIZE])
    page = [event for event in page if key(event) != next_key] or page
    return page, page[-1]


def _items(
    services: Services, page: Sequence[TimelineEvent], viewer: Viewer, *, with_person: bool
) -> tuple[TimelineItem, ...]:
    return tuple(
        _item(services, event, viewer, with_person=with_person)
        for event in page
        if event.kind in _KNOWN_KINDS
    )


def _item(
    services: Services, event: TimelineEvent, viewer: Viewer, *, with_person: bool
) -> TimelineItem:
    campaign = _campaign(services, event, viewer)
    is_mail = event.kind == EventStatus.SENT and campaign is not None and campaign.url is not None
    return TimelineItem(
        status=EventStatus(event.kind),
        at=event.at,
        campaign=campaign,
        person_name=(event.name or readable_address(event.address)) if with_person else "",
        person_url=_person_url(services, event) if with_person else None,
        clicked_url=event.url if campaign else "",
        clicked_title=event.item_title if campaign else "",
        mail_recipient_id=event.recipient_id if is_mail and event.has_mail else 0,
    )


def _campaign(services: Services, event: TimelineEvent, viewer: Viewer) -> TimelineCampaign | None:
    """The campaign as far as the viewer may see it; the Host decides, once per campaign and request."""
    ref = event.campaign_ref
    if viewer.campaign(services.host, ref) is None:
        return None
    url = services.host.tab_url(ref) if Right.TAB in viewer.rights else None
    return TimelineCampaign(ref, event.campaign_title or ref, url)


def _person_url(services: Services, event: TimelineEvent) -> str | None:
    if not event.person_id or event.person_kind not in set(PersonKind):
        return None
    return services.host.person_url(PersonRef(PersonKind(event.person_kind), event.person_id))
