"""What must hold during a random walk: mails, opt-out groups and stored events against MailChimp's."""

from collections import Counter

from sqlalchemy import select

from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.usecases.sending.segment import segment_token
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
    missing = campaign.expected - set(walk.mails(campaign)) - walk.gone
    if campaign.refused:
        missing -= walk.archived  # MailChimp may have refused to restore one
    assert not missing, f"{walk.where}: not mailed: {missing}"


def check_no_leftovers(walk: WalkState) -> None:
    """Hours after a campaign was sent or cancelled, no tag of ours is left on any contact."""
    env = walk.environment
    has_ended = Mailing.state.in_(("sent", "cancelled"))
    mailings = env.fetch_all(select(Mailing).where(has_ended))
    tokens = {segment_token(mailing.segment_name) for mailing in mailings} - {""}
    left = [
        segment.name
        for audience in env.remote_account.lists.values()
        for segment in audience.segments.values()
        if any(token in segment.name for token in tokens)
    ]
    assert not left, f"{walk.where}: tags left behind: {left}"


def check_reports(walk: WalkState) -> None:
    """Checks what was read: opt-outs are in the groups, events are those of MailChimp."""
    missing = walk.promises.missing_from_groups()
    assert not (missing and walk.is_audience_read), (
        f"{walk.where}: left, but in no opt-out group: {missing}"
    )
    stored = _stored_events(walk)
    provisional: Counter[str] = Counter()
    for campaign in walk.campaigns:
        ours = stored.pop(campaign.ref, Counter())
        remote = _remote_events(walk, campaign)
        provisional += _without_provisional(ours, remote)
        if walk.is_readable(campaign):
            lost, invented = dict(remote - ours), dict(ours - remote)
            where = f"{walk.where}, Tocht {campaign.number}"
            assert not lost, f"{where}: events not stored: {lost}"
            assert not invented, f"{where}: events that MailChimp does not report: {invented}"
    _check_provisional(walk, provisional)


def _check_provisional(walk: WalkState, provisional: "Counter[str]") -> None:
    """Each unsubscribe outside mails is one event, unless a report names it.

    Whoever unsubscribes through a mail later has unsubscribed twice. A complaint at the same time explains
    what the audience shows, and a campaign whose report cannot be read gets no event: one or none is right.
    So it is where a worker that unsubscribed somebody for the CRM may have died before it noted that.
    """
    expected: Counter[str] = Counter()
    unclear = walk.note_forwarded()
    for number, one in enumerate(walk.elsewhere):
        rows, until = walk.report_rows(one.address), one.at + SAME_UNSUBSCRIBE
        is_complaint = any(abs(row.complained_at - one.at) <= SAME_UNSUBSCRIBE for row in rows)
        campaigns = walk.mailed_campaigns(one.address)
        if is_complaint or not all(walk.is_readable(each) for each in campaigns):
            unclear.add(one.address)
        before = [row.unsubscribed_at for row in rows if row.unsubscribed_at]
        before += [other.at for other in walk.elsewhere[:number] if other.address == one.address]
        # Whoever comes back and leaves again without any mail in between adds nothing to a report.
        if not any(one.mailed_at <= at <= until for at in before):
            expected[one.address] += 1
    for address in unclear:
        del provisional[address], expected[address]
    assert provisional == expected, (
        f"{walk.where}: unsubscribes outside mails: stored {dict(provisional)}, happened {dict(expected)}"
        f"; {[_history(walk, each) for each in provisional.keys() | expected.keys()]}"
    )


def _history(walk: WalkState, address: str) -> dict[str, object]:
    """All that is known of an address, for messages."""
    members = walk.environment.audience.members.values()
    return {
        "address": address,
        "elsewhere": [one for one in walk.elsewhere if one.address == address],
        "reports": walk.report_rows(address),
        "member": [one for one in members if plain_address(one.email_address) == address],
        "opted out": walk.promises.holders(address) & walk.environment.host.opt_outs,
        "counts": walk.counts,
    }


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
