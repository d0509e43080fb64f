"""Reports person by person: activity, openers, clickers, leavers, and everybody sent to."""

from typing import Any

from cxmc_ext.standin.api.endpoint import Call, campaign_of, endpoint
from cxmc_ext.standin.api.paging import bool_argument, page, time_argument
from cxmc_ext.standin.api.reports import LINKS, ONE, link_of
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Campaign, Json, subscriber_hash
from cxmc_ext.standin.problems import not_found
from cxmc_ext.standin.service.engagement import PROXY_IP


@endpoint("GET", ONE + "/email-activity")
def email_activity(call: Call, campaign_id: str) -> Json:
    """One row per recipient; `since` thins the events, never the rows (seen live 2026-07-08)."""
    campaign = campaign_of(call, campaign_id)
    since, no_bots = time_argument(call.args, "since"), bool_argument(call.args, "filter_bots")
    rows = _rows(campaign)
    body = page(
        call.args, "emails", rows, lambda row: _activity(call, campaign, row, since, no_bots)
    )
    return body | {"campaign_id": campaign.id}


@endpoint("GET", ONE + "/email-activity/<reference>")
def one_activity(call: Call, campaign_id: str, reference: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    since, no_bots = time_argument(call.args, "since"), bool_argument(call.args, "filter_bots")
    return _activity(call, campaign, _row(campaign, reference), since, no_bots)


@endpoint("GET", ONE + "/unsubscribed")
def unsubscribed(call: Call, campaign_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    rows = [each for each in _rows(campaign) if campaign.recipients[each].unsubscribed_at]
    body = page(call.args, "unsubscribes", rows, lambda row: _leaver(call, campaign, row))
    return body | {"campaign_id": campaign.id}


@endpoint("GET", ONE + "/unsubscribed/<reference>")
def one_unsubscribed(call: Call, campaign_id: str, reference: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    row = _row(campaign, reference)
    if not campaign.recipients[row].unsubscribed_at:
        raise not_found()
    return _leaver(call, campaign, row)


@endpoint("GET", ONE + "/sent-to")
def sent_to(call: Call, campaign_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    body = page(call.args, "sent_to", _rows(campaign), lambda row: _sent(call, campaign, row))
    return body | {"campaign_id": campaign.id}


@endpoint("GET", ONE + "/sent-to/<reference>")
def one_sent_to(call: Call, campaign_id: str, reference: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    return _sent(call, campaign, _row(campaign, reference))


@endpoint("GET", ONE + "/open-details")
def open_details(call: Call, campaign_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    since, no_bots = time_argument(call.args, "since"), bool_argument(call.args, "filter_bots")
    rows = [each for each in _rows(campaign) if campaign.recipients[each].opens]
    body = page(
        call.args, "members", rows, lambda row: _opener(call, campaign, row, since, no_bots)
    )
    total = campaign.totals.get("opens", 0)
    proxied = campaign.totals.get("proxy_opens", 0)
    extra = {"total_opens": total, "total_proxy_excluded_opens": total - proxied}
    return body | extra | {"campaign_id": campaign.id}


@endpoint("GET", ONE + "/open-details/<reference>")
def one_open_details(call: Call, campaign_id: str, reference: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    row = _row(campaign, reference)
    if not campaign.recipients[row].opens:
        raise not_found()
    return _opener(call, campaign, row, time_argument(call.args, "since"), False)


@endpoint("GET", LINKS + "/<link_id>/members")
def link_members(call: Call, campaign_id: str, link_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    link = link_of(campaign, link_id)
    rows = list(link.clicks_by_member)

    def clicker(row: str) -> Json:
        counts = {"clicks": link.clicks_by_member[row], "url_id": link.id}
        return _person(call, campaign, row) | counts

    body = page(call.args, "members", rows, clicker)
    return body | {"campaign_id": campaign.id}


def _rows(campaign: Campaign) -> list[str]:
    """Empty, not missing, while a campaign is not sent."""
    return list(campaign.recipients) if campaign.status == "sent" else []


def _row(campaign: Campaign, reference: str) -> str:
    member_id = subscriber_hash(reference) if "@" in reference else reference.lower()
    if member_id not in campaign.recipients or campaign.status != "sent":
        raise not_found()
    return member_id


def _common(call: Call, campaign: Campaign, row: str) -> Json:
    return {
        "campaign_id": campaign.id,
        "list_id": campaign.list_id,
        "list_is_active": campaign.list_id in call.account.lists,
        "email_id": row,
        "email_address": campaign.recipients[row].email_address,
        "_links": [],
    }


def _person(call: Call, campaign: Campaign, row: str) -> Json:
    audience = call.account.lists.get(campaign.list_id)
    member = audience.members.get(row) if audience else None
    extra = {
        "merge_fields": dict(campaign.recipients[row].merge_fields),
        "vip": bool(member and member.vip),
        "contact_status": member.status if member else "archived",
    }
    return _common(call, campaign, row) | extra


def _activity(call: Call, campaign: Campaign, row: str, since: int | None, no_bots: bool) -> Json:
    events = [
        each | {"timestamp": iso(each["timestamp"])}
        for each in campaign.recipients[row].activity
        if _kept(each, since, no_bots)
    ]
    return _common(call, campaign, row) | {"activity": events}


def _kept(event: dict[str, Any], since: int | None, no_bots: bool) -> bool:
    is_late = since is None or event["timestamp"] > since
    return is_late and not (no_bots and event.get("ip") == PROXY_IP)


def _leaver(call: Call, campaign: Campaign, row: str) -> Json:
    outcome = campaign.recipients[row]
    when = {
        "timestamp": iso(outcome.unsubscribed_at),
        "reason": outcome.unsubscribe_reason or "None given",
    }
    return _person(call, campaign, row) | when


def _sent(call: Call, campaign: Campaign, row: str) -> Json:
    outcome = campaign.recipients[row]
    return _person(call, campaign, row) | {
        "status": outcome.bounce or "sent",
        "open_count": outcome.opens,
        "last_open": iso(outcome.last_open),
        "gmt_offset": 0,
    }


def _opener(call: Call, campaign: Campaign, row: str, since: int | None, no_bots: bool) -> Json:
    outcome = campaign.recipients[row]
    opens = [
        {"timestamp": iso(each["timestamp"])}
        for each in campaign.recipients[row].activity
        if each["action"] == "open" and _kept(each, since, no_bots)
    ]
    return _person(call, campaign, row) | {
        "opens_count": outcome.opens,
        "proxy_excluded_opens_count": outcome.opens - outcome.proxy_opens,
        "opens": opens,
    }
