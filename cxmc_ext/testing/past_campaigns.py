"""Earlier campaigns with their reports, for a demo: rows of our tables only, nothing at MailChimp.

The events are spread over two days, as people read mail: most within hours, few at night.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient, RecipientStatus
from cxmc_ext.db.queries import accounts
from cxmc_ext.db.statements import insert_rows
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason, MailingState
from cxmc_ext.domain.people import OPT_OUT_TAG, Person, PersonRef, User
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.services import Services
from cxmc_ext.usecases.sync import totals

_HOUR = 3600
# The median and the spread of the hours until somebody opens a mail, as the logarithm of hours.
_MEDIAN, _SPREAD = 0.9, 1.1
_LONGEST = 44 * _HOUR
# Nobody reads mail between these hours, in UTC; they do so nine hours later.
_NIGHT = range(21, 24), range(6)
_BOUNCE_SHARE = 0.015
_REOPEN_SHARE, _CLICK_AGAIN_SHARE = 0.35, 0.3
_MOST_REPEATS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCampaign:
    """A campaign that was sent. Its people are those the Host has in it.

    Attributes:
        ref: `Campaign.ref`.
        title: `Campaign.title`.
        subject: The subject of the mail.
        template_name: The template it was made from.
        sender: Who sent it.
        sent_at: When, in Unix seconds.
        links: The links of the mail, the most clicked first.
        open_share: Share of the recipients who open it.
        click_share: Share of the recipients who click.
        unsubscribed: Those who unsubscribe. They receive it although they are opted out now.
    """

    ref: str
    title: str
    subject: str
    template_name: str
    sender: User
    sent_at: int
    links: Sequence[str]
    open_share: float
    click_share: float
    unsubscribed: frozenset[PersonRef] = frozenset()


@dataclass(slots=True)
class _Outcome:
    """What became of a campaign: rows of events, and the furthest status of each recipient."""

    events: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[int, EventStatus] = field(default_factory=dict)

    def add(self, recipient_id: int, kind: EventStatus, at: int, link_id: int = 0) -> None:
        row = {"recipient_id": recipient_id, "kind": int(kind), "at": at, "link_id": link_id}
        self.events.append(row)
        self.statuses[recipient_id] = max(kind, self.statuses.get(recipient_id, kind))


def store_past_campaigns(app: Flask, campaigns: Iterable[PastCampaign]) -> None:
    """Stores earlier campaigns with recipients, events and reports. Does not commit.

    Args:
        app: The app with the extension, in an app context.
        campaigns: The Host has them, and none of them has a mailing yet.
    """
    services: Services = app.extensions["cxmc"].services
    account_id = accounts.get_or_create(services.session(), services.account_ref).id
    for campaign in campaigns:
        _store(services, account_id, campaign)


def _store(services: Services, account_id: int, campaign: PastCampaign) -> None:
    session = services.session()
    mailing = Mailing(account_id=account_id, **_columns(campaign))
    session.add(mailing)
    session.flush()
    recipients = _recipients(services, mailing.id, campaign)
    session.add_all(recipients)
    links = [ClickedLink(mailing_id=mailing.id, url=url) for url in campaign.links]
    session.add_all(links)
    session.flush()
    mailed = [recipient for recipient in recipients if recipient.reason is None]
    outcome = _outcome(campaign, mailed, [link.id for link in links])
    _insert(session, mailing.id, outcome)
    reasons = Counter(each.reason.value for each in recipients if each.reason)
    mailing.people_count, mailing.mailable_count = len(recipients), len(mailed)
    mailing.in_audience_count = mailing.emails_sent = len(mailed)
    mailing.counts = {"reason": dict(reasons), **totals.stored_counts(session, mailing.id)}
    mailing.report = _report(session, mailing, campaign, outcome)
    mailing.open_rate = mailing.report["opens"]["open_rate"]
    mailing.click_rate = mailing.report["clicks"]["click_rate"]
    session.flush()


def _columns(campaign: PastCampaign) -> dict[str, Any]:
    created_at = campaign.sent_at - 60
    return {
        "campaign_ref": campaign.ref,
        "campaign_title": campaign.title,
        "state": MailingState.SENT,
        "subject": campaign.subject,
        "from_name": campaign.sender.name,
        "from_email": campaign.sender.email,
        "template_name": campaign.template_name,
        "requested_by_id": campaign.sender.id,
        "requested_by_name": campaign.sender.name,
        "frozen_at": created_at,
        "remote_created_at": created_at,
        "sent_at": campaign.sent_at,
        "last_sync_at": campaign.sent_at + 2 * _LONGEST,
        "report_fingerprint": "past",
    }


def _recipients(services: Services, mailing_id: int, campaign: PastCampaign) -> list[Recipient]:
    people = [person for chunk in services.host.people(campaign.ref) for person in chunk]
    out = services.host.opted_out(OPT_OUT_TAG, [person.ref for person in people])
    out -= campaign.unsubscribed
    seen: set[str] = set()
    recipients = []
    for person in people:
        address = normalize_address(person.address)
        recipients.append(
            Recipient(
                mailing_id=mailing_id,
                person_kind=person.ref.kind.value,
                person_id=person.ref.id,
                name=person.name,
                address=address or person.address.strip(),
                member_hash=member_hash(address) if address else b"",
                reason=_reason(person, address, person.ref in out, address in seen),
                in_audience=True,
            )
        )
        seen |= {address} if address else set()
    return recipients


def _reason(
    person: Person, address: str | None, is_out: bool, is_seen: bool
) -> ExclusionReason | None:
    if address is None:
        has_text = bool(person.address.strip())
        return ExclusionReason.INVALID_ADDRESS if has_text else ExclusionReason.NO_ADDRESS
    if is_out:
        return ExclusionReason.OPTED_OUT
    return ExclusionReason.DUPLICATE if is_seen else None


def _outcome(
    campaign: PastCampaign, mailed: Sequence[Recipient], link_ids: Sequence[int]
) -> _Outcome:
    """The same for the same campaign, whenever it is stored."""
    rng = random.Random(campaign.title)  # noqa: S311 - not for security
    outcome = _Outcome()
    leaving = {(ref.kind.value, ref.id) for ref in campaign.unsubscribed}
    for recipient in mailed:
        outcome.add(recipient.id, EventStatus.SENT, campaign.sent_at)
        leaves = (recipient.person_kind, recipient.person_id) in leaving
        chance = 0.0 if leaves else rng.random()
        if chance > 1 - _BOUNCE_SHARE:
            outcome.add(recipient.id, EventStatus.BOUNCED, campaign.sent_at + rng.randint(2, 90))
        elif chance < campaign.open_share:
            opened_at = _open(rng, outcome, recipient.id, campaign.sent_at)
            if chance < campaign.click_share:
                _click(rng, outcome, recipient.id, opened_at, link_ids)
            if leaves:
                outcome.add(recipient.id, EventStatus.UNSUBSCRIBED, opened_at + 70)
    return outcome


def _open(rng: random.Random, outcome: _Outcome, recipient_id: int, sent_at: int) -> int:
    """Opens the mail, perhaps several times; returns when it was opened first."""
    first = at = _waking(sent_at + _delay(rng))
    outcome.add(recipient_id, EventStatus.OPENED, at)
    for _ in range(_MOST_REPEATS):
        if rng.random() > _REOPEN_SHARE:
            break
        at = _waking(at + _delay(rng) + 1)
        outcome.add(recipient_id, EventStatus.OPENED, at)
    return first


def _click(
    rng: random.Random, outcome: _Outcome, recipient_id: int, at: int, link_ids: Sequence[int]
) -> None:
    """Clicks a link within minutes, perhaps several; the first ones are the most popular."""
    weights = [1 / (position + 1) for position in range(len(link_ids))]
    for _ in range(_MOST_REPEATS):
        at += rng.randint(5, 240)
        outcome.add(recipient_id, EventStatus.CLICKED, at, rng.choices(link_ids, weights)[0])
        if rng.random() > _CLICK_AGAIN_SHARE:
            break


def _delay(rng: random.Random) -> int:
    return min(int(rng.lognormvariate(_MEDIAN, _SPREAD) * _HOUR), _LONGEST)


def _waking(at: int) -> int:
    hour = at // _HOUR % 24
    return at + 9 * _HOUR if any(hour in hours for hours in _NIGHT) else at


def _insert(session: Session, mailing_id: int, outcome: _Outcome) -> None:
    events = [{**event, "mailing_id": mailing_id, "occurrence": 0} for event in outcome.events]
    statuses = [
        {"recipient_id": recipient_id, "mailing_id": mailing_id, "status": int(status)}
        for recipient_id, status in outcome.statuses.items()
    ]
    if statuses:
        insert_rows(session, Event, events)
        insert_rows(session, RecipientStatus, statuses)


def _report(
    session: Session, mailing: Mailing, campaign: PastCampaign, outcome: _Outcome
) -> dict[str, Any]:
    """The report as MailChimp would have told it, with what the screens show."""
    people = {kind: set[int]() for kind in EventStatus}
    for event in outcome.events:
        people[EventStatus(event["kind"])].add(event["recipient_id"])
    count = Counter(EventStatus(event["kind"]) for event in outcome.events)
    opened, clicked = len(people[EventStatus.OPENED]), len(people[EventStatus.CLICKED])
    bounced = len(people[EventStatus.BOUNCED])
    delivered = max(mailing.emails_sent - bounced, 1)
    return {
        "emails_sent": mailing.emails_sent,
        "unsubscribed": count[EventStatus.UNSUBSCRIBED],
        "abuse_reports": 0,
        "bounces": {"hard_bounces": bounced, "soft_bounces": 0},
        "opens": {
            "opens_total": count[EventStatus.OPENED],
            "unique_opens": opened,
            "open_rate": opened / delivered,
        },
        "clicks": {
            "clicks_total": count[EventStatus.CLICKED],
            "unique_subscriber_clicks": clicked,
            "click_rate": clicked / delivered,
        },
        "timeseries": totals.hourly_series(session, mailing.id, campaign.sent_at),
        **totals.top_links(session, mailing.id),
        "domains": totals.top_domains(session, mailing.id),
    }
