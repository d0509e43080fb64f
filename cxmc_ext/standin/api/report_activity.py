"""Reports by person: activity, unsubscribes, and who clicked a link."""

from typing import Any

from cxmc_ext.standin.api.campaign_json import REPORTED_STATUSES
from cxmc_ext.standin.api.endpoint import Call, campaign_of, endpoint
from cxmc_ext.standin.api.paging import bool_argument, page, time_argument
from cxmc_ext.standin.api.reports import REPORT
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Campaign, Json, Link
from cxmc_ext.standin.problems import not_found
from cxmc_ext.standin.service.engagement import PROXY_IP


@endpoint("GET", REPORT + "/email-activity")
def list_email_activity(call: Call, campaign_id: str) -> Json:
    """One row per recipient; `since` leaves out events but not rows (observed 2026-07-08)."""
    campaign = campaign_of(call, campaign_id)
    since, no_bots = time_argument(call.args, "since"), bool_argument(call.args, "filter_bots")

    def row(member_id: str) -> Json:
        events = campaign.recipients[member_id].activity
        shown = [event for event in events if _is_shown(event, since, no_bots)]
        activity = [event | {"timestamp": iso(event["timestamp"])} for event in shown]
        return _address_json(call, campaign, member_id) | {"activity": activity}

    body = page(call.args, "emails", _member_ids(campaign), row)
    return body | {"campaign_id": campaign.id}


@endpoint("GET", REPORT + "/unsubscribed")
def list_unsubscribed(call: Call, campaign_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    member_ids = [id_ for id_ in _member_ids(campaign) if campaign.recipients[id_].unsubscribed_at]

    def row(member_id: str) -> Json:
        recipient = campaign.recipients[member_id]
        return _member_json(call, campaign, member_id) | {
            "timestamp": iso(recipient.unsubscribed_at),
            "reason": recipient.unsubscribe_reason or "None given",
        }

    body = page(call.args, "unsubscribes", member_ids, row)
    return body | {"campaign_id": campaign.id}


@endpoint("GET", REPORT + "/abuse-reports")
def list_abuse_reports(call: Call, campaign_id: str) -> Json:
    """Who marked the mail as spam."""
    campaign = campaign_of(call, campaign_id)
    member_ids = [id_ for id_ in _member_ids(campaign) if campaign.recipients[id_].complained_at]

    def row(member_id: str) -> Json:
        recipient = campaign.recipients[member_id]
        body = _member_json(call, campaign, member_id)
        del body["contact_status"]
        return body | {"id": recipient.complaint_id, "date": iso(recipient.complained_at)}

    body = page(call.args, "abuse_reports", member_ids, row)
    return body | {"campaign_id": campaign.id}


@endpoint("GET", REPORT + "/click-details/<link_id>/members")
def list_clickers(call: Call, campaign_id: str, link_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    link = _link_of(campaign, link_id)

    def row(member_id: str) -> Json:
        clicks = {"clicks": link.clicks_by_member[member_id], "url_id": link.id}
        return _member_json(call, campaign, member_id) | clicks

    body = page(call.args, "members", list(link.clicks_by_member), row)
    return body | {"campaign_id": campaign.id}


def _member_ids(campaign: Campaign) -> list[str]:
    """Until a campaign is sent its report is empty, not missing."""
    return list(campaign.recipients) if campaign.status in REPORTED_STATUSES else []


def _link_of(campaign: Campaign, link_id: str) -> Link:
    for link in campaign.links.values():
        if link.id == link_id:
            return link
    raise not_found()


def _is_shown(event: dict[str, Any], since: int | None, no_bots: bool) -> bool:
    is_in_range = since is None or event["timestamp"] > since
    return is_in_range and not (no_bots and event.get("ip") == PROXY_IP)


def _address_json(call: Call, campaign: Campaign, member_id: str) -> Json:
    return {
        "campaign_id": campaign.id,
        "list_id": campaign.list_id,
        "list_is_active": campaign.list_id in call.account.lists,
        "email_id": member_id,
        "email_address": campaign.recipients[member_id].email_address,
        "_links": [],
    }


def _member_json(call: Call, campaign: Campaign, member_id: str) -> Json:
    audience = call.account.lists.get(campaign.list_id)
    member = audience.members.get(member_id) if audience else None
    return _address_json(call, campaign, member_id) | {
        "merge_fields": dict(campaign.recipients[member_id].merge_fields),
        "vip": bool(member and member.vip),
        "contact_status": member.status if member else "archived",
    }
