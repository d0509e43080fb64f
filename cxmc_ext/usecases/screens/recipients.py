"""The recipients page: everybody in a campaign, page by page, and each person's status.

Before a campaign is created (“frozen”), the people come from the Host; afterwards from our rows.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries import clicked_links, recipient_pages
from cxmc_ext.db.queries.clicked_links import LinkFacts
from cxmc_ext.db.queries.mailings import counts_by
from cxmc_ext.db.queries.recipient_pages import RecipientFilter as RecipientFilter
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason, MailingState
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.domain.rules.mailchimp_status import REPORT_STATES
from cxmc_ext.domain.rules.texts import is_storable
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.eligibility import (
    RecipientCounts,
    classify_campaign,
    count_recipients,
)
from cxmc_ext.usecases.screens.mail_tags import blank_tags, written_fields_of
from cxmc_ext.usecases.screens.models import account_of, mailing_of
from cxmc_ext.usecases.screens.recipient_activity import (
    NO_ACTIVITY,
    RecipientActivity,
    read_activity,
)

PAGE_SIZE = 100
_BATCH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """One person of the page. `reason` None means that the person receives the mail, or did."""

    name: str
    address: str
    person_url: str | None
    reason: ExclusionReason | None
    detail: str
    status: EventStatus
    activity: RecipientActivity = NO_ACTIVITY


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """One page of recipients, counted from 1; while `frozen` is False the list may still change."""

    rows: tuple[RecipientRow, ...]
    page: int
    has_more: bool
    frozen: bool
    counts: RecipientCounts
    state: MailingState = MailingState.NONE
    is_reported: bool = False
    """Whether MailChimp's report has named everybody who was mailed."""
    status_counts: Mapping[str, int] = field(default_factory=dict)
    complaints: int = 0
    """Who marked the mail as spam; they are in `status_counts` as unsubscribed."""
    link: LinkFacts | None = None
    """The link that everybody on this page clicked; None where that is not the filter."""
    blank_field: AudienceField | None = None
    """The merge field for which nobody on this page has a value; None where that is not the filter."""
    is_imported: bool = False
    """The campaign was created in MailChimp itself."""


def recipient_page(
    services: Services,
    campaign_ref: str,
    rows: CampaignRows,
    recipient_filter: RecipientFilter,
    page: int,
) -> RecipientPage:
    """Reads one page of recipients.

    Args:
        services: The services of the account.
        campaign_ref: `Campaign.ref` of the campaign.
        rows: The campaign's rows (`tab.load_rows`).
        recipient_filter: Which recipients to show.
        page: The number of the page, from 1.
    """
    start = (page - 1) * PAGE_SIZE
    if is_frozen(rows.mailing):
        found = _frozen_page(services, mailing_of(rows), recipient_filter, page)
        return replace(found, blank_field=_blank_field(rows, recipient_filter))
    blank_field = _blank_field(rows, recipient_filter)
    matching = _live_rows(services, campaign_ref, recipient_filter, blank_field)
    shown = list(islice(matching, start, start + PAGE_SIZE + 1))
    return RecipientPage(
        rows=tuple(shown[:PAGE_SIZE]),
        page=page,
        has_more=len(shown) > PAGE_SIZE,
        frozen=False,
        counts=count_recipients(services, campaign_ref),
        blank_field=blank_field,
    )


def all_recipients(
    services: Services, campaign_ref: str, rows: CampaignRows, recipient_filter: RecipientFilter
) -> Iterator[RecipientRow]:
    """Yields all recipients that match a filter, in bounded memory.

    The CSV export consumes this while the answer is sent. By then the session of the request may have
    ended, so nothing but the mailing's id is kept from `rows`.
    """
    if is_frozen(rows.mailing):
        mailing = mailing_of(rows)
        return _frozen_rows(services, mailing.id, recipient_filter, _least_status(mailing))
    blank_field = _blank_field(rows, recipient_filter)
    return _live_rows(services, campaign_ref, recipient_filter, blank_field)


def is_frozen(mailing: Mailing | None) -> bool:
    """Whether the list of recipients is fixed."""
    return mailing is not None and mailing.frozen_at is not None


def is_reported(mailing: Mailing | None) -> bool:
    """Whether MailChimp's report has named everybody who was mailed: nobody else is going to be.

    A campaign that was cancelled before it mailed anybody has no report.
    """
    if mailing is None or mailing.state not in REPORT_STATES:
        return False
    is_unsent = mailing.state == MailingState.CANCELLED and not mailing.emails_sent
    return is_unsent or bool(mailing.report_fingerprint)


def person_statuses(
    services: Services, rows: CampaignRows | None, refs: Collection[PersonRef]
) -> Mapping[PersonRef, tuple[ExclusionReason | None, EventStatus]]:
    """Returns the status of people in a campaign; nothing before its list of recipients is fixed.

    Args:
        services: The services of the account.
        rows: The campaign's rows (`tab.load_rows`).
        refs: The people, any number of them.

    Returns:
        (reason for leaving the person out, furthest event) by person; people who are not in the
        campaign are left out.
    """
    if rows is None or not is_frozen(rows.mailing):
        return {}
    wanted = [ref for ref in refs if is_storable(ref.id)]
    mailing_id = mailing_of(rows).id
    statuses: dict[PersonRef, tuple[ExclusionReason | None, EventStatus]] = {}
    for start in range(0, len(wanted), _BATCH_SIZE):
        batch = wanted[start : start + _BATCH_SIZE]
        found = recipient_pages.statuses_of(services.session(), mailing_id, batch)
        for kind, person_id, reason, status in found:
            ref = PersonRef(PersonKind(kind), person_id)
            statuses[ref] = ExclusionReason(reason) if reason else None, EventStatus(status)
    return statuses


def _frozen_page(
    services: Services, mailing: Mailing, recipient_filter: RecipientFilter, page: int
) -> RecipientPage:
    found = recipient_pages.page(
        services.session(), mailing.id, recipient_filter, (page - 1) * PAGE_SIZE, PAGE_SIZE + 1
    )
    return RecipientPage(
        rows=_recipient_rows(
            services, found[:PAGE_SIZE], EventStatus.OPENED, _least_status(mailing)
        ),
        page=page,
        has_more=len(found) > PAGE_SIZE,
        frozen=True,
        counts=_frozen_counts(mailing),
        state=MailingState(mailing.state),
        is_reported=is_reported(mailing),
        status_counts=counts_by(mailing, "status"),
        complaints=counts_by(mailing, "events").get("complained", 0),
        link=_link(services, mailing, recipient_filter.link_id),
        is_imported=mailing.is_imported,
    )


def _blank_field(rows: CampaignRows, recipient_filter: RecipientFilter) -> AudienceField | None:
    fields = written_fields_of(account_of(rows)) if recipient_filter.blank else ()
    return next((field for field in fields if field.tag == recipient_filter.blank), None)


def _link(services: Services, mailing: Mailing, link_id: int | None) -> LinkFacts | None:
    if link_id is None:
        return None
    return clicked_links.link_facts(services.session(), mailing.id, link_id)


def _frozen_counts(mailing: Mailing) -> RecipientCounts:
    left_out = {ExclusionReason(name): n for name, n in counts_by(mailing, "reason").items() if n}
    return RecipientCounts(mailing.people_count, mailing.mailable_count, left_out)


def _least_status(mailing: Mailing) -> EventStatus:
    """What is certain of every recipient before a report was read: an imported campaign was sent to them."""
    return EventStatus.SENT if mailing.is_imported else EventStatus.NONE


def _frozen_rows(
    services: Services, mailing_id: int, recipient_filter: RecipientFilter, least: EventStatus
) -> Iterator[RecipientRow]:
    found = recipient_pages.iterate(services.session(), mailing_id, recipient_filter)
    while batch := list(islice(found, _BATCH_SIZE)):
        yield from _recipient_rows(services, batch, EventStatus.SENT, least)


def _live_rows(
    services: Services,
    campaign_ref: str,
    recipient_filter: RecipientFilter,
    blank_field: AudienceField | None,
) -> Iterator[RecipientRow]:
    fields = (blank_field,) if blank_field else ()
    cap = services.settings.cap
    for person, _, reason in classify_campaign(services, campaign_ref):
        if recipient_filter.blank and (reason or not blank_tags(person, fields)):
            continue
        if _matches(recipient_filter, reason, EventStatus.NONE):
            url = services.host.person_url(person.ref)
            detail = cap.detail if cap and reason is ExclusionReason.FREQUENCY else ""
            yield RecipientRow(person.name, person.address, url, reason, detail, EventStatus.NONE)


def _matches(
    recipient_filter: RecipientFilter, reason: ExclusionReason | None, status: EventStatus
) -> bool:
    """The same conditions as the SQL of `recipient_pages`."""
    if recipient_filter.link_id is not None:
        return False
    wants_left_out = recipient_filter.left_out
    if wants_left_out is not None and wants_left_out != (reason is not None):
        return False
    return recipient_filter.reason in {None, reason} and recipient_filter.status in {None, status}


def _recipient_rows(
    services: Services,
    recipients: Sequence[Recipient],
    furthest_from: EventStatus,
    least: EventStatus,
) -> tuple[RecipientRow, ...]:
    """The rows of at most 1,000 recipients; people who share an address show what happened there.

    Only of those who got to `furthest_from` it is read what they did: without any, no statement runs.
    """
    owners = {row.primary_id or row.id for row in recipients if row.status >= furthest_from}
    found = read_activity(services.session(), owners)
    return tuple(
        _recipient_row(services, row, found.get(row.primary_id or row.id, NO_ACTIVITY), least)
        for row in recipients
    )


def _recipient_row(
    services: Services, recipient: Recipient, activity: RecipientActivity, least: EventStatus
) -> RecipientRow:
    has_person = bool(recipient.person_id)
    ref = PersonRef(PersonKind(recipient.person_kind), recipient.person_id) if has_person else None
    return RecipientRow(
        name=recipient.name,
        address=recipient.address,
        person_url=services.host.person_url(ref) if ref else None,
        reason=ExclusionReason(recipient.reason) if recipient.reason else None,
        detail=recipient.detail,
        status=max(EventStatus(recipient.status), least),
        activity=activity,
    )
