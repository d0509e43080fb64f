"""Sending and scheduling campaigns, test mails and service mails."""

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
from cxmc_ext.standin.service import checklist, lag, mail_body, targeting
from cxmc_ext.standin.state import State

# Statuses in which a campaign can be changed, sent and scheduled.
EDITABLE_STATUSES = ("save", "paused")
QUARTER_HOUR = 900
DAY = 86_400
SERVICE_SENDER = ("Mailchimp", "no-reply@mailchimp.example")


def send(state: State, account: Account, campaign: Campaign) -> None:
    """Sends a campaign now.

    Raises:
        Problem: It was sent before, is scheduled, or is not ready.
    """
    is_resend = campaign.status in ("sending", "sent") and state.switches.permissive_send
    if campaign.status not in EDITABLE_STATUSES and not is_resend:
        raise bad_request("This campaign has already been sent or is scheduled.")
    shown = lag.shown_account(state, account, state.switches.checklist_lag)
    if not checklist.is_ready(shown, campaign):
        raise bad_request("Your Campaign is not ready to send.")
    start_sending(state, account, campaign)
    run_due(state)


def schedule(state: State, account: Account, campaign: Campaign, body: Json) -> None:
    """Schedules a campaign.

    Args:
        state: The stand-in's state.
        account: The campaign's account.
        campaign: A draft.
        body: As in `POST /campaigns/{id}/actions/schedule`: `schedule_time`, a future quarter of an
            hour, at least a day ahead with `timewarp`.

    Raises:
        Problem: The plan does not allow it, or campaign or time are not suitable. MailChimp's answer does
            not say which: https://github.com/drewm/mailchimp-api/issues/211
    """
    if account.plan == "forever_free":
        raise plan_refused()
    send_time = _parse_schedule_time(body.get("schedule_time"))
    earliest = state.clock.now() + (DAY if body.get("timewarp") else 0)
    is_valid_time = send_time % QUARTER_HOUR == 0 and send_time > earliest
    is_editable = campaign.status in EDITABLE_STATUSES
    shown = lag.shown_account(state, account, state.switches.checklist_lag)
    if not (is_valid_time and is_editable and checklist.is_ready(shown, campaign)):
        raise bad_request("This campaign cannot be scheduled: .")
    campaign.status, campaign.send_time = "schedule", send_time
    if state.switches.segment_fixed_at_schedule:
        members = targeting.recipients_of(account.lists[campaign.list_id], campaign)
        campaign.fixed_recipients = [member.id for member in members]
    state.due[campaign.id] = send_time


def unschedule(state: State, campaign: Campaign) -> None:
    """Turns a scheduled campaign into a draft; raises a Problem if it is not scheduled."""
    if campaign.status != "schedule":
        raise bad_request("This campaign is not scheduled.")
    campaign.status, campaign.send_time, campaign.fixed_recipients = "save", 0, []
    state.due.pop(campaign.id, None)


def cancel(state: State, campaign: Campaign) -> None:
    """Stops delivering; what was delivered stays in the report.

    Raises:
        Problem: The campaign is not being sent.
    """
    if campaign.status != "sending":
        raise bad_request("Only a campaign that is being sent can be cancelled.")
    campaign.status, campaign.emails_canceled = "canceling", len(campaign.waiting)
    campaign.waiting = []
    campaign.finish_at = state.clock.exact() + state.switches.cancel_seconds
    state.due[campaign.id] = campaign.finish_at
    run_due(state)


def send_test(state: State, account: Account, campaign: Campaign, addresses: list[str]) -> None:
    dispatch = _create_dispatch(state, account, campaign, "test")
    for address in addresses:
        state.outbox.deliveries.append(Delivery(dispatch.id, "", address, {}))


def send_service_mail(
    state: State, account: Account, address: str, subject: str, html: str
) -> None:
    """Sends a mail of MailChimp itself, for example with a verification code."""
    now = state.clock.now()
    dispatch = Dispatch(0, "service", account.id, "", "", subject, *SERVICE_SENDER, html, now)
    state.outbox.add_dispatch(dispatch)
    state.outbox.deliveries.append(Delivery(dispatch.id, "", address, {}))


def run_due(state: State) -> None:
    """Sends scheduled campaigns whose time has come, and finishes those that were being sent.

    Cheap; called before every answer.
    """
    now = state.clock.exact()
    for campaign_id in [id_ for id_, due_at in state.due.items() if due_at <= now]:
        if state.due.pop(campaign_id, None) is None:
            continue  # A campaign before it in this loop has called run_due itself.
        match = state.find_campaign(campaign_id)
        if match and match[1].status in _DUE_ACTIONS:
            _DUE_ACTIONS[match[1].status](state, *match)
        state.mark_changed()


def start_sending(state: State, account: Account, campaign: Campaign) -> None:
    """Delivers now, or a part (`Switches.delivered_at_once`) and the rest when sending is finished.

    The campaign's status is “sending” for `Switches.send_seconds` seconds.
    """
    audience = account.lists[campaign.list_id]
    members = targeting.recipients_of(audience, campaign)
    campaign.status, campaign.send_time = "sending", state.clock.now()
    campaign.finish_at = state.clock.exact() + state.switches.send_seconds
    campaign.emails_sent = 0
    campaign.simulated_until = campaign.send_time
    state.due[campaign.id] = campaign.finish_at
    count = round(len(members) * state.switches.delivered_at_once)
    _deliver(state, account, campaign, members[:count])
    campaign.waiting = [member.id for member in members[count:]]
    slug = campaign.tracking.get("google_analytics", "") if state.switches.decorated_links else ""
    for number, link in enumerate(mail_body.trackable_links(campaign.html)):
        url = mail_body.decorated(link, slug) if slug else link
        campaign.links[url] = Link(f"{campaign.id}{number:02x}", url)


def finish_sending(state: State, account: Account, campaign: Campaign) -> None:
    """Finishes a campaign that is being sent, without waiting."""
    if campaign.status == "sending":
        state.due.pop(campaign.id, None)
        _finish(state, account, campaign)


def _deliver(state: State, account: Account, campaign: Campaign, members: list[Member]) -> None:
    """In the mail, the default of a merge field takes the place of an empty value."""
    dispatch = _create_dispatch(state, account, campaign, "campaign")
    fields = account.lists[campaign.list_id].merge_fields if members else []
    defaults = {field.tag: field.default_value for field in fields if field.default_value}
    for member in members:
        values, address = dict(member.merge_fields), member.email_address
        shown = values | {tag: text for tag, text in defaults.items() if not values.get(tag)}
        state.outbox.deliveries.append(Delivery(dispatch.id, member.id, address, shown))
        campaign.recipients.setdefault(member.id, CampaignRecipient(address, values))
    campaign.emails_sent += len(members)


def _deliver_rest(state: State, account: Account, campaign: Campaign, audience: Audience) -> None:
    """Those who unsubscribed meanwhile get nothing."""
    members = (audience.members.get(member_id) for member_id in campaign.waiting)
    rest = [member for member in members if member and member.status == "subscribed"]
    campaign.waiting = []
    if rest:
        _deliver(state, account, campaign, rest)


def _finish_canceling(_: State, __: Account, campaign: Campaign) -> None:
    campaign.status = "canceled"


def _finish(state: State, account: Account, campaign: Campaign) -> None:
    campaign.status = "sent"
    audience = account.lists.get(campaign.list_id)
    if audience:
        _deliver_rest(state, account, campaign, audience)
        data: Json = {
            "id": campaign.id,
            "subject": campaign.settings.get("subject_line", ""),
            "status": "sent",
            "reason": "",
            "list_id": audience.id,
        }
        now, retries = state.clock.now(), state.switches.webhook_retries
        state.webhooks.enqueue(audience, "campaign", "admin", data, now, retries)


def _send_scheduled(state: State, account: Account, campaign: Campaign) -> None:
    """A scheduled campaign that is no longer ready becomes a draft again."""
    if checklist.is_ready(account, campaign):
        start_sending(state, account, campaign)
        run_due(state)
    else:
        campaign.status, campaign.send_time = "save", 0


# What happens to a campaign that is due, by its status.
_DUE_ACTIONS = {
    "sending": _finish,
    "schedule": _send_scheduled,
    "canceling": _finish_canceling,
}


def _create_dispatch(state: State, account: Account, campaign: Campaign, kind: str) -> Dispatch:
    settings = campaign.settings
    dispatch = Dispatch(
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
    return state.outbox.add_dispatch(dispatch)


def _parse_schedule_time(text: Any) -> int:
    """A text that is not a time becomes a time that cannot be scheduled."""
    try:
        return parse_iso(text) if isinstance(text, str) else 1
    except ValueError:
        return 1
