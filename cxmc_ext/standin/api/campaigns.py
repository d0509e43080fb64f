"""Campaigns: list, create, read, change, delete, content, checklist, actions."""

import re
from typing import Any

from cxmc_ext.standin.api.campaign_json import campaign_json
from cxmc_ext.standin.api.endpoint import (
    Call,
    campaign_of,
    check_types,
    endpoint,
    json_object,
    string_list,
)
from cxmc_ext.standin.api.paging import in_time_range, page, sort_rows
from cxmc_ext.standin.models import Campaign, Json
from cxmc_ext.standin.problems import bad_request, invalid, method_not_allowed, plan_refused
from cxmc_ext.standin.service import checklist, content, lag, sending, targeting

TYPES = ("regular", "plaintext", "absplit", "rss", "variate")
CAMPAIGN = "/campaigns/<campaign_id>"
DEFAULT_SETTINGS: Json = {
    "subject_line": "", "preview_text": "", "title": "", "from_name": "", "reply_to": "",
    "use_conversation": False, "to_name": "", "folder_id": "", "authenticate": True,
    "auto_footer": False, "inline_css": False, "auto_tweet": False, "fb_comments": False,
    "timewarp": False, "drag_and_drop": False,
}  # fmt: skip
DEFAULT_TRACKING: Json = {
    "opens": True, "html_clicks": True, "text_clicks": False, "goal_tracking": False,
    "ecomm360": False, "google_analytics": "", "clicktale": "",
}  # fmt: skip
MAX_SLUG_BYTES = 50
# The segment options and the id of a template are not among them: there a wrong type is no error.
PART_TYPES: dict[str, dict[str, type]] = {
    "settings": dict.fromkeys(
        ("subject_line", "preview_text", "title", "from_name", "reply_to", "to_name"), str
    ),
    "recipients": {"list_id": str},
    "tracking": {"opens": bool, "html_clicks": bool, "text_clicks": bool, "google_analytics": str},
}
TIME_COLUMNS = {
    "create_time": lambda campaign: campaign.create_time,
    "send_time": lambda campaign: campaign.send_time,
}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LINE_BREAK = re.compile(r"[\r\n\x00]")


@endpoint("GET", "/campaigns")
def list_campaigns(call: Call) -> Json:
    rows = [row for row in call.account.campaigns.values() if _is_listed(call, row)]
    for name in ("type", "status", "list_id"):
        value = call.args.get(name)
        rows = [row for row in rows if value in (None, "", getattr(row, name))]
    for name, moment in TIME_COLUMNS.items():
        rows = in_time_range(call.args, name, rows, moment)
    rows = sort_rows(call.args, rows, TIME_COLUMNS)
    return page(call.args, "campaigns", rows, lambda campaign: campaign_json(call, campaign))


@endpoint("POST", "/campaigns")
def create_campaign(call: Call) -> Json:
    if call.body.get("type") not in TYPES:
        raise invalid("type", f"Data did not match any of: {', '.join(TYPES)}")
    _check(call)
    state = call.state
    campaign = Campaign(state.new_id(), state.new_number(), call.body["type"], call.now)
    campaign.settings = dict(DEFAULT_SETTINGS)
    campaign.tracking = DEFAULT_TRACKING | json_object(call.body, "tracking")
    _write(call, campaign)
    call.account.campaigns[campaign.id] = campaign
    return campaign_json(call, campaign)


@endpoint("GET", CAMPAIGN)
def get_campaign(call: Call, campaign_id: str) -> Json:
    return campaign_json(call, campaign_of(call, campaign_id))


@endpoint("PATCH", CAMPAIGN)
def change_campaign(call: Call, campaign_id: str) -> Json:
    campaign = _draft_of(call, campaign_id)
    _check(call)
    campaign.tracking |= json_object(call.body, "tracking")
    _write(call, campaign)
    return campaign_json(call, campaign)


@endpoint("DELETE", CAMPAIGN)
def delete_campaign(call: Call, campaign_id: str) -> None:
    campaign = campaign_of(call, campaign_id)
    is_deletable = campaign.status != "sending" or call.state.switches.delete_while_sending
    if not is_deletable or campaign.status == "schedule":
        raise method_not_allowed(
            f"A campaign cannot be deleted while its status is {campaign.status}."
        )
    del call.account.campaigns[campaign.id]
    call.state.due.pop(campaign.id, None)


@endpoint("GET", CAMPAIGN + "/content")
def get_content(call: Call, campaign_id: str) -> Json:
    return content.as_json(campaign_of(call, campaign_id), call.state.switches)


@endpoint("PUT", CAMPAIGN + "/content")
def set_content(call: Call, campaign_id: str) -> Json:
    campaign = _draft_of(call, campaign_id)
    content.set_content(call.account, campaign, call.body)
    return content.as_json(campaign, call.state.switches)


@endpoint("GET", CAMPAIGN + "/send-checklist")
def get_checklist(call: Call, campaign_id: str) -> Json:
    account = lag.shown_account(call.state, call.account, call.state.switches.checklist_lag)
    return checklist.as_json(account, campaign_of(call, campaign_id))


@endpoint("POST", CAMPAIGN + "/actions/send")
def send(call: Call, campaign_id: str) -> None:
    sending.send(call.state, call.account, campaign_of(call, campaign_id))


@endpoint("POST", CAMPAIGN + "/actions/schedule")
def schedule(call: Call, campaign_id: str) -> None:
    sending.schedule(call.state, call.account, campaign_of(call, campaign_id), call.body)


@endpoint("POST", CAMPAIGN + "/actions/unschedule")
def unschedule(call: Call, campaign_id: str) -> None:
    sending.unschedule(call.state, campaign_of(call, campaign_id))


@endpoint("POST", CAMPAIGN + "/actions/test")
def send_test(call: Call, campaign_id: str) -> None:
    campaign = campaign_of(call, campaign_id)
    addresses = string_list(call.body, "test_emails")
    if not addresses or not all(_ADDRESS.fullmatch(address) for address in addresses):
        raise invalid("test_emails", "Please provide valid email addresses.")
    if call.body.get("send_type") not in ("html", "plaintext"):
        raise invalid("send_type", "Data did not match any of: html, plaintext")
    if not campaign.html:
        raise bad_request("Your Campaign is not ready to send.")
    sending.send_test(call.state, call.account, campaign, addresses)


@endpoint("POST", CAMPAIGN + "/actions/cancel-send")
def cancel_send(call: Call, campaign_id: str) -> None:
    """Stops a campaign that is being sent; only accounts with Pro features can."""
    if not call.account.pro:
        raise plan_refused()
    sending.cancel(call.state, campaign_of(call, campaign_id))


@endpoint("POST", CAMPAIGN + "/actions/replicate")
def replicate(call: Call, campaign_id: str) -> Json:
    """A new draft with the same recipients, settings and content."""
    original = campaign_of(call, campaign_id)
    copy = Campaign(call.state.new_id(), call.state.new_number(), original.type, call.now)
    for name in ("list_id", "content_type", "html", "incomplete", "has_target"):
        setattr(copy, name, getattr(original, name))
    for name in ("segment_opts", "target", "settings", "tracking"):
        setattr(copy, name, dict(getattr(original, name)))
    copy.settings["title"] = f"{original.settings.get('title', '')} (copy 01)".strip()
    call.account.campaigns[copy.id] = copy
    return campaign_json(call, copy)


def _is_listed(call: Call, campaign: Campaign) -> bool:
    return lag.is_visible(call.state, campaign.create_time, call.state.switches.listing_lag)


def _draft_of(call: Call, campaign_id: str) -> Campaign:
    """The campaign if it can still be changed, else a Problem."""
    campaign = campaign_of(call, campaign_id)
    if campaign.status not in sending.EDITABLE_STATUSES:
        raise bad_request("This campaign can no longer be changed.", "Invalid Action")
    return campaign


def _check(call: Call) -> None:
    """Raises a Problem if the body is not valid, before anything is changed."""
    for part, types in PART_TYPES.items():
        check_types(json_object(call.body, part), types, part)
    settings, recipients = json_object(call.body, "settings"), json_object(call.body, "recipients")
    reply_to = settings.get("reply_to", "")
    if reply_to and not _ADDRESS.fullmatch(str(reply_to)):
        raise invalid("settings.reply_to", "This value is not a valid email address.")
    headers = (
        str(settings.get(name, "")) for name in ("subject_line", "preview_text", "from_name")
    )
    if any(_LINE_BREAK.search(header) for header in headers):
        raise invalid("settings.subject_line", "Line breaks are not allowed.")
    slug = str(json_object(call.body, "tracking").get("google_analytics", ""))
    if len(slug.encode()) > MAX_SLUG_BYTES:
        raise invalid("tracking.google_analytics", f"At most {MAX_SLUG_BYTES} bytes are allowed.")
    limit = call.state.switches.title_limit
    if limit and len(str(settings.get("title", ""))) > limit:
        raise invalid("settings.title", f"This value should have {limit} characters or less.")
    if recipients and recipients.get("list_id") not in call.account.lists:
        raise invalid("recipients.list_id", "The list does not exist.")


def _write(call: Call, campaign: Campaign) -> None:
    settings = json_object(call.body, "settings")
    campaign.settings |= {name: settings[name] for name in settings if name in DEFAULT_SETTINGS}
    if "template_id" in settings:
        content.apply_template(call.account, campaign, settings["template_id"], {})
    recipients = json_object(call.body, "recipients")
    if recipients:
        _set_recipients(call, campaign, recipients)


def _set_recipients(call: Call, campaign: Campaign, recipients: Json) -> None:
    """Sets the recipients; later ones are shown but have no effect, unless the audience changes.

    Observed by others in 2026-06: https://github.com/Automattic/newspack-workspace/pull/221
    """
    options: Any = recipients.get("segment_opts")
    is_same_list = campaign.list_id == recipients["list_id"]
    campaign.list_id = recipients["list_id"]
    campaign.segment_opts = targeting.echoed_options(options)
    if campaign.has_target and is_same_list and call.state.switches.snapshot_bug:
        return
    campaign.target = targeting.effective_target(call.account.lists[campaign.list_id], options)
    campaign.has_target = True
