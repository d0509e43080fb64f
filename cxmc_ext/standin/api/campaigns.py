"""Campaigns: list, create, read, change, delete, content, checklist, actions."""

import re
from typing import Any

from cxmc_ext.standin.api.campaign_json import shown
from cxmc_ext.standin.api.endpoint import Call, campaign_of, endpoint, string_list
from cxmc_ext.standin.api.paging import in_time_range, page, sort_rows
from cxmc_ext.standin.api.replicate import resend, twin
from cxmc_ext.standin.models import Campaign, Json
from cxmc_ext.standin.problems import bad_request, invalid, method_not_allowed, plan_refused
from cxmc_ext.standin.service import checklist, content, sending, targeting

TYPES = ("regular", "plaintext", "absplit", "rss", "variate")
ONE = "/campaigns/<campaign_id>"
SETTINGS: Json = {
    "subject_line": "", "preview_text": "", "title": "", "from_name": "", "reply_to": "",
    "use_conversation": False, "to_name": "", "folder_id": "", "authenticate": True,
    "auto_footer": False, "inline_css": False, "auto_tweet": False, "fb_comments": False,
    "timewarp": False, "drag_and_drop": False,
}  # fmt: skip
TRACKING: Json = {
    "opens": True, "html_clicks": True, "text_clicks": False, "goal_tracking": False,
    "ecomm360": False, "google_analytics": "", "clicktale": "",
}  # fmt: skip
SORTS = {"create_time": lambda each: each.create_time, "send_time": lambda each: each.send_time}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_BREAK = re.compile(r"[\r\n\x00]")


@endpoint("GET", "/campaigns")
def all_campaigns(call: Call) -> Json:
    rows = [each for each in call.account.campaigns.values() if _is_listed(call, each)]
    for name in ("type", "status", "list_id"):
        wanted = call.args.get(name)
        rows = [each for each in rows if wanted in (None, "", getattr(each, name))]
    for name, moment in SORTS.items():
        rows = in_time_range(call.args, name, rows, moment)
    rows = sort_rows(call.args, rows, SORTS)
    return page(call.args, "campaigns", rows, lambda each: shown(call, each))


@endpoint("POST", "/campaigns")
def create_campaign(call: Call) -> Json:
    if call.body.get("type") not in TYPES:
        raise invalid("type", f"Data did not match any of: {', '.join(TYPES)}")
    _check(call)
    campaign = Campaign(call.state.new_id(), call.state.new_number(), call.body["type"], call.now)
    campaign.settings = dict(SETTINGS)
    campaign.tracking = TRACKING | _part(call.body, "tracking")
    _write(call, campaign)
    call.account.campaigns[campaign.id] = campaign
    return shown(call, campaign)


@endpoint("GET", ONE)
def one_campaign(call: Call, campaign_id: str) -> Json:
    return shown(call, campaign_of(call, campaign_id))


@endpoint("PATCH", ONE)
def change_campaign(call: Call, campaign_id: str) -> Json:
    campaign = _draft(call, campaign_id)
    _check(call)
    campaign.tracking |= _part(call.body, "tracking")
    _write(call, campaign)
    return shown(call, campaign)


@endpoint("DELETE", ONE)
def delete_campaign(call: Call, campaign_id: str) -> None:
    campaign = campaign_of(call, campaign_id)
    allowed = campaign.status != "sending" or call.state.switches.delete_while_sending
    if not allowed or campaign.status == "schedule":
        raise method_not_allowed(
            f"A campaign cannot be deleted while its status is {campaign.status}."
        )
    del call.account.campaigns[campaign.id]
    call.state.due.pop(campaign.id, None)


@endpoint("GET", ONE + "/content")
def get_content(call: Call, campaign_id: str) -> Json:
    return content.as_json(campaign_of(call, campaign_id))


@endpoint("PUT", ONE + "/content")
def put_content(call: Call, campaign_id: str) -> Json:
    campaign = _draft(call, campaign_id)
    content.set_content(call.account, campaign, call.body)
    return content.as_json(campaign)


@endpoint("GET", ONE + "/send-checklist")
def send_checklist(call: Call, campaign_id: str) -> Json:
    return checklist.as_json(call.account, campaign_of(call, campaign_id))


@endpoint("POST", ONE + "/actions/send")
def send(call: Call, campaign_id: str) -> None:
    sending.send(call.state, call.account, campaign_of(call, campaign_id))


@endpoint("POST", ONE + "/actions/schedule")
def schedule(call: Call, campaign_id: str) -> None:
    sending.schedule(call.state, call.account, campaign_of(call, campaign_id), call.body)


@endpoint("POST", ONE + "/actions/unschedule")
def unschedule(call: Call, campaign_id: str) -> None:
    sending.unschedule(call.state, campaign_of(call, campaign_id))


@endpoint("POST", ONE + "/actions/test")
def send_test(call: Call, campaign_id: str) -> None:
    campaign = campaign_of(call, campaign_id)
    addresses = string_list(call.body, "test_emails")
    if not addresses or not all(_ADDRESS.fullmatch(each) for each in addresses):
        raise invalid("test_emails", "Please provide valid email addresses.")
    if call.body.get("send_type") not in ("html", "plaintext"):
        raise invalid("send_type", "Data did not match any of: html, plaintext")
    if not campaign.html:
        raise bad_request("Your Campaign is not ready to send.")
    sending.send_test(call.state, call.account, campaign, addresses)


@endpoint("POST", ONE + "/actions/cancel-send")
def cancel_send(call: Call, campaign_id: str) -> None:
    _needs_pro(call)
    campaign = campaign_of(call, campaign_id)
    if campaign.status != "sending":
        raise bad_request("Only a campaign that is being sent can be cancelled.")
    campaign.status = "canceled"


@endpoint("POST", ONE + "/actions/replicate")
def replicate(call: Call, campaign_id: str) -> Json:
    return shown(call, twin(call, campaign_of(call, campaign_id)))


@endpoint("POST", ONE + "/actions/create-resend")
def create_resend(call: Call, campaign_id: str) -> Json:
    _needs_pro(call)
    campaign = campaign_of(call, campaign_id)
    return shown(call, resend(call, campaign, call.body.get("shortcut_type", "to_non_openers")))


@endpoint("POST", ONE + "/actions/pause")
def pause(call: Call, campaign_id: str) -> None:
    campaign_of(call, campaign_id)
    raise bad_request("Only RSS campaigns can be paused.")


@endpoint("POST", ONE + "/actions/resume")
def resume(call: Call, campaign_id: str) -> None:
    campaign_of(call, campaign_id)
    raise bad_request("Only RSS campaigns can be resumed.")


def _is_listed(call: Call, campaign: Campaign) -> bool:
    lag = call.state.switches.listing_lag
    return not lag or call.state.clock.exact() - campaign.create_time >= lag


def _draft(call: Call, campaign_id: str) -> Campaign:
    campaign = campaign_of(call, campaign_id)
    if campaign.status not in sending.EDITABLE_STATUSES:
        raise bad_request("This campaign can no longer be changed.", "Invalid Action")
    return campaign


def _needs_pro(call: Call) -> None:
    if not call.account.pro:
        raise plan_refused()


def _part(body: Json, name: str) -> Json:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise invalid(name, "Schema describes object.")
    return value


def _check(call: Call) -> None:
    """Raise before anything is changed."""
    settings, recipients = _part(call.body, "settings"), _part(call.body, "recipients")
    reply_to = settings.get("reply_to", "")
    if reply_to and not _ADDRESS.fullmatch(str(reply_to)):
        raise invalid("settings.reply_to", "This value is not a valid email address.")
    if any(_BREAK.search(str(settings.get(name, ""))) for name in ("subject_line", "from_name")):
        raise invalid("settings.subject_line", "Line breaks are not allowed.")
    limit = call.state.switches.title_limit
    if limit and len(str(settings.get("title", ""))) > limit:
        raise invalid("settings.title", f"This value should have {limit} characters or less.")
    if recipients and recipients.get("list_id") not in call.account.lists:
        raise invalid("recipients.list_id", "The list does not exist.")


def _write(call: Call, campaign: Campaign) -> None:
    wanted = _part(call.body, "settings")
    campaign.settings |= {name: wanted[name] for name in wanted if name in SETTINGS}
    if "template_id" in wanted:
        content.apply_template(call.account, campaign, wanted["template_id"], {})
    recipients = _part(call.body, "recipients")
    if recipients:
        _aim(call, campaign, recipients)


def _aim(call: Call, campaign: Campaign, recipients: Json) -> None:
    """The recipients of the first time stick, whatever is shown later (Automattic/newspack#221)."""
    options: Any = recipients.get("segment_opts")
    same_list = campaign.list_id == recipients["list_id"]
    campaign.list_id = recipients["list_id"]
    campaign.segment_opts = targeting.echoed_options(options)
    if campaign.has_target and same_list and call.state.switches.snapshot_bug:
        return
    campaign.target = targeting.effective_target(call.account.lists[campaign.list_id], options)
    campaign.has_target = True
