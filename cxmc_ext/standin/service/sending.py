"""From draft to sent: delivery into the journal, schedules coming due, the short wait in between."""

from typing import Any

from cxmc_ext.standin.clock import parse_iso
from cxmc_ext.standin.models import (
    Account,
    Audience,
    Campaign,
    CampaignRecipient,
    Delivery,
    Dispatch,
    Json,
    Link,
    Member,
)
from cxmc_ext.standin.problems import bad_request, plan_refused
from cxmc_ext.standin.service import checklist, mail_body, targeting
from cxmc_ext.standin.state import State

EDITABLE_STATUSES = ("save", "paused")
QUARTER = 900
DAY = 86_400


def send(state: State, account: Account, campaign: Campaign) -> None:
    """Raise a Problem when the campaign is not ready or was sent before."""
    again = campaign.status in ("sending", "sent") and state.switches.permissive_send
    if campaign.status not in EDITABLE_STATUSES and not again:
        raise bad_request("This campaign has already been sent or is scheduled.")
    if not checklist.is_ready(account, campaign):
        raise bad_request("Your Campaign is not ready to send.")
    start_sending(state, account, campaign)
    run_due(state)


def schedule(state: State, account: Account, campaign: Campaign, body: Json) -> None:
    if account.plan == "forever_free":
        raise plan_refused()
    moment = _planned(body.get("schedule_time"))
    lead = DAY if body.get("timewarp") else 0
    fits = moment % QUARTER == 0 and moment > state.clock.now() + lead
    if (
        not fits
        or campaign.status not in EDITABLE_STATUSES
        or not checklist.is_ready(account, campaign)
    ):
        raise bad_request("This campaign cannot be scheduled: .")
    campaign.status, campaign.send_time = "schedule", moment
    if state.switches.segment_fixed_at_schedule:
        campaign.fixed_recipients = [each.id for each in _receivers(account, campaign)]
    state.due[campaign.id] = moment


def unschedule(state: State, campaign: Campaign) -> None:
    if campaign.status != "schedule":
        raise bad_request("This campaign is not scheduled.")
    campaign.status, campaign.send_time, campaign.fixed_recipients = "save", 0, []
    state.due.pop(campaign.id, None)


def send_test(state: State, account: Account, campaign: Campaign, addresses: list[str]) -> None:
    mailing = _mailing(state, account, campaign, "test")
    for address in addresses:
        state.outbox.deliveries.append(Delivery(mailing.id, "", address, {}))


def send_service_mail(
    state: State, account: Account, address: str, subject: str, html: str
) -> None:
    """A service mail, as the one with a verification code."""
    now = state.clock.now()
    service = ("Mailchimp", "no-reply@mailchimp.example")
    mailing = Dispatch(0, "service", account.id, "", "", subject, *service, html, now)
    state.outbox.add_dispatch(mailing)
    state.outbox.deliveries.append(Delivery(mailing.id, "", address, {}))


def run_due(state: State) -> None:
    """Do what has become due; cheap, and called before every answer."""
    now = state.clock.exact()
    for campaign_id in [each for each, moment in state.due.items() if moment <= now]:
        if state.due.pop(campaign_id, None) is None:
            continue  # what came due before it has settled this one as well
        found = state.find_campaign(campaign_id)
        if found and found[1].status in _STEPS:
            _STEPS[found[1].status](state, *found)
        state.mark_changed()


def finish_sending(state: State, account: Account, campaign: Campaign) -> None:
    """What is under way has arrived, whatever time it would still take."""
    if campaign.status == "sending":
        state.due.pop(campaign.id, None)
        _finish(state, account, campaign)


def start_sending(state: State, account: Account, campaign: Campaign) -> None:
    """Deliver now; the status says sending until send_seconds have passed."""
    audience = account.lists[campaign.list_id]
    members = targeting.recipients_of(audience, campaign)
    campaign.status, campaign.send_time = "sending", state.clock.now()
    campaign.finish_at = state.clock.exact() + state.switches.send_seconds
    campaign.emails_sent = len(members)
    campaign.simulated_until = campaign.send_time
    state.due[campaign.id] = campaign.finish_at
    mailing = _mailing(state, account, campaign, "campaign")
    for member in members:
        _deliver(state, campaign, mailing, member)
    for number, url in enumerate(mail_body.trackable_links(campaign.html)):
        campaign.links[url] = Link(f"{campaign.id}{number:02x}", url)


def _deliver(state: State, campaign: Campaign, mailing: Dispatch, member: Member) -> None:
    values = dict(member.merge_fields)
    state.outbox.deliveries.append(Delivery(mailing.id, member.id, member.email_address, values))
    campaign.recipients.setdefault(member.id, CampaignRecipient(member.email_address, values))


def _finish(state: State, account: Account, campaign: Campaign) -> None:
    campaign.status = "sent"
    audience = account.lists.get(campaign.list_id)
    if audience:
        _announce(state, audience, campaign)


def _come_due(state: State, account: Account, campaign: Campaign) -> None:
    """A scheduled campaign that is no longer ready falls back to a draft."""
    if checklist.is_ready(account, campaign):
        start_sending(state, account, campaign)
        run_due(state)
    else:
        campaign.status, campaign.send_time = "save", 0


_STEPS = {"sending": _finish, "schedule": _come_due}


def _announce(state: State, audience: Audience, campaign: Campaign) -> None:
    data: Json = {
        "id": campaign.id,
        "subject": campaign.settings.get("subject_line", ""),
        "status": "sent",
        "reason": "",
        "list_id": audience.id,
    }
    now, retries = state.clock.now(), state.switches.webhook_retries
    state.webhooks.enqueue(audience, "campaign", "admin", data, now, retries)


def _receivers(account: Account, campaign: Campaign) -> list[Member]:
    return targeting.recipients_of(account.lists[campaign.list_id], campaign)


def _mailing(state: State, account: Account, campaign: Campaign, kind: str) -> Dispatch:
    settings = campaign.settings
    return state.outbox.add_dispatch(
        Dispatch(
            0,
            kind,
            account.id,
            campaign.id,
            campaign.list_id,
            str(settings.get("subject_line", "")),
            str(settings.get("from_name", "")),
            str(settings.get("reply_to", "")),
            campaign.html,
            state.clock.now(),
        )
    )


def _planned(text: Any) -> int:
    try:
        return parse_iso(text) if isinstance(text, str) else 1
    except ValueError:
        return 1
