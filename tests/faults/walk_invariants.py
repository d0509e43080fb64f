"""What must hold during a random walk: mails, opt-out groups and stored events against MailChimp's."""

from collections import Counter

from sqlalchemy import select

from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.standin.models import CampaignRecipient
from tests.faults.walk_promises import WalkedCampaign, plain_address
from tests.faults.walk_state import WalkState

KIND_BY_ACTION = {
    "bounce": int(EventStatus.BOUNCED),
    "open": int(EventStatus.OPENED),
    "click": int(EventStatus.CLICKED),
}
UNSUBSCRIBED, COMPLAINED = int(EventStatus.UNSUBSCRIBED), int(EventStatus.COMPLAINED)
# Seconds within which report and audience tell of the same unsubscribe: their clocks may differ.
SAME_UNSUBSCRIBE = 300
# Plain address, kind, time, url.
EventCount = Counter[tuple[str, int, int, str]]


def check_mails(walk: WalkState) -> None:
    """Checks all campaigns since the reset: a later one must not disturb an earlier one."""
    env = walk.environment
    assert env.standin.state.resubscribed == [], f"{walk.where}: somebody was resubscribed"
    assert env.active_operations() == [], f"{walk.where}: an operation never ended"
    for campaign in walk.campaigns:
        where = f"{walk.where}, Tocht {campaign.number}"
        mails = walk.mails(campaign)
        twice = [address for address, count in Counter(mails).items() if count > 1]
        assert not twice, f"{where}: mailed twice: {twice}"
        strangers = set(mails) - {a for addresses in campaign.frozen.values() for a in addresses}
        assert not strangers, f"{where}: strangers were mailed: {strangers}"
        wrong = set(mails) & campaign.excluded
        assert not wrong, f"{where}: mailed after leaving: {wrong}"
        sent = walk.remote_campaigns(campaign)
        assert len(sent) <= 1, f"{where}: two MailChimp campaigns were sent"
    known = sum(len(walk.mails(campaign)) for campaign in walk.campaigns)
    assert known == len(env.standin.outbox), f"{walk.where}: mails of an unknown campaign"
    _check_nobody_is_missing(walk, walk.campaigns[-1])


def _check_nobody_is_missing(walk: WalkState, campaign: WalkedCampaign) -> None:
    mailing = walk.environment.mailing
    if mailing is None or mailing.state not in ("sending", "sent") or campaign.cancelled:
        return
    missing = campaign.expected - set(walk.mails(campaign))
    assert not missing, f"{walk.where}: not mailed: {missing}"


def check_reports(walk: WalkState) -> None:
    """Checks what was read: opt-outs are in the groups, events are those of MailChimp."""
    missing = walk.promises.missing_from_groups()
    is_read = any(
        walk.remote_campaigns(campaign) and _is_readable(walk, campaign)
        for campaign in walk.campaigns
    )
    assert not (missing and is_read), f"{walk.where}: left, but in no opt-out group: {missing}"
    stored = _stored_events(walk)
    provisional: Counter[str] = Counter()
    for campaign in walk.campaigns:
        ours = stored.pop(campaign.ref, Counter())
        remote = _remote_events(walk, campaign)
        provisional += _without_provisional(ours, remote)
        if _is_readable(walk, campaign):
            lost, invented = dict(remote - ours), dict(ours - remote)
            where = f"{walk.where}, Tocht {campaign.number}"
            assert not lost, f"{where}: events not stored: {lost}"
            assert not invented, f"{where}: events that MailChimp does not report: {invented}"
    _check_provisional(walk, provisional)


def _check_provisional(walk: WalkState, provisional: "Counter[str]") -> None:
    """Each unsubscribe outside mails is one event, unless a report names it.

    Whoever unsubscribes through a mail later has unsubscribed twice. A complaint at the same time explains
    what the audience shows, and a campaign whose report cannot be read gets no event: one or none is right.
    """
    expected: Counter[str] = Counter()
    for address, at in walk.elsewhere.items():
        rows = _report_rows(walk, address)
        is_complaint = any(abs(row.complained_at - at) <= SAME_UNSUBSCRIBE for row in rows)
        if is_complaint or not all(_is_readable(walk, c) for c in walk.mailed_campaigns(address)):
            del provisional[address]
            continue
        expected[address] = int(
            all(row.unsubscribed_at > at + SAME_UNSUBSCRIBE for row in rows if row.unsubscribed_at)
        )
    expected = +expected
    assert provisional == expected, (
        f"{walk.where}: unsubscribes outside mails: stored {dict(provisional)}, "
        f"happened {dict(expected)}"
    )


def _report_rows(walk: WalkState, address: str) -> list[CampaignRecipient]:
    return [
        row
        for campaign in walk.campaigns
        for remote in walk.remote_campaigns(campaign)
        for row in remote.recipients.values()
        if plain_address(row.email_address) == address
    ]


def _without_provisional(ours: EventCount, remote: EventCount) -> "Counter[str]":
    """Takes the unsubscribes that no report names out of `ours`; counts them by address."""
    found: Counter[str] = Counter()
    for event in list(ours - remote):
        address, kind, _, _ = event
        if kind == UNSUBSCRIBED:
            found[address] += ours.pop(event) - remote[event]
            if remote[event]:
                ours[event] = remote[event]
    return found


def _is_readable(walk: WalkState, campaign: WalkedCampaign) -> bool:
    """A report is read while MailChimp shows a status that says what happened."""
    return not any(remote.shown_status for remote in walk.remote_campaigns(campaign))


def _stored_events(walk: WalkState) -> dict[str, EventCount]:
    """Events besides "sent" by campaign ref."""
    session = walk.environment.session
    rows = session.execute(
        select(Mailing.campaign_ref, Recipient.address, Event.kind, Event.at, ClickedLink.url)
        .join(Recipient, Recipient.id == Event.recipient_id)
        .join(Mailing, Mailing.id == Event.mailing_id)
        .outerjoin(ClickedLink, ClickedLink.id == Event.link_id)
        .where(Event.kind != int(EventStatus.SENT))
    ).all()
    session.rollback()
    events: dict[str, EventCount] = {}
    for ref, address, kind, at, url in rows:
        events.setdefault(ref, Counter())[plain_address(address), kind, at, url or ""] += 1
    return events


def _remote_events(walk: WalkState, campaign: WalkedCampaign) -> EventCount:
    events: EventCount = Counter()
    for remote in walk.remote_campaigns(campaign):
        for row in remote.recipients.values():
            address = plain_address(row.email_address)
            for event in row.activity:
                kind = KIND_BY_ACTION[event["action"]]
                events[address, kind, event["timestamp"], event.get("url", "")] += 1
            if row.unsubscribed_at:
                events[address, UNSUBSCRIBED, row.unsubscribed_at, ""] += 1
            if row.complained_at:
                events[address, COMPLAINED, row.complained_at, ""] += 1
    return events
