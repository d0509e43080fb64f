"""Reports by person: activity, unsubscribes, and who clicked a link."""

from typing import Any

from cxmc_ext.standin.api.endpoint import Call, audience_of, campaign_of, endpoint
from cxmc_ext.standin.api.paging import bool_argument, page, time_argument
from cxmc_ext.standin.api.reports import REPORT
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import DELIVERED_STATUSES, Campaign, Json, Link, subscriber_hash
from cxmc_ext.standin.problems import not_found
from cxmc_ext.standin.service.engagement import PROXY_IP
from cxmc_ext.standin.service.membership import current_member

# Takes the place of a forgotten address, as plug-ins saw in webhooks: github.com/mailchimp/mc-woocommerce
FORGOTTEN_DOMAIN = "forgotten.mailchimp.com"


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

    body = page(call.args, "emails", _member_ids(call, campaign), row)
    return body | {"campaign_id": campaign.id}


@endpoint("GET", REPORT + "/sent-to")
def list_sent_to(call: Call, campaign_id: str) -> Json:
    """One row per recipient, with the values that its mail was filled in with."""
    campaign = campaign_of(call, campaign_id)

    def row(member_id: str) -> Json:
        recipient = campaign.recipients[member_id]
        body = _member_json(call, campaign, member_id)
        del body["contact_status"]
        return body | {
            "status": recipient.bounce or "sent",
            "open_count": recipient.opens,
            "last_open": iso(recipient.last_open),
            "absplit_group": "",
            "gmt_offset": 0,
        }

    body = page(call.args, "sent_to", _member_ids(call, campaign), row)
    return body | {"campaign_id": campaign.id}


@endpoint("GET", REPORT + "/unsubscribed")
def list_unsubscribed(call: Call, campaign_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    listed = _member_ids(call, campaign)
    member_ids = [id_ for id_ in listed if campaign.recipients[id_].unsubscribed_at]

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
    """Who marked the mail as spam. All of them: the description names no `count` and no `offset`."""
    campaign = campaign_of(call, campaign_id)
    listed = _member_ids(call, campaign)
    member_ids = [id_ for id_ in listed if campaign.recipients[id_].complained_at]

    def row(member_id: str) -> Json:
        recipient = campaign.recipients[member_id]
        body = _member_json(call, campaign, member_id)
        del body["contact_status"]
        return body | {"id": recipient.complaint_id, "date": iso(recipient.complained_at)}

    rows = [row(member_id) for member_id in member_ids]
    return {
        "abuse_reports": rows,
        "campaign_id": campaign.id,
        "total_items": len(rows),
        "_links": [],
    }


@endpoint("GET", "/lists/<list_id>/abuse-reports")
def list_abuse_reports_of_audience(call: Call, list_id: str) -> Json:
    """Who marked a mail of any campaign as spam, page by page."""
    audience = audience_of(call, list_id)
    complaints = [
        (campaign, member_id)
        for campaign in call.account.campaigns.values()
        if campaign.list_id == audience.id
        for member_id in _member_ids(call, campaign)
        if campaign.recipients[member_id].complained_at
    ]

    def row(complaint: tuple[Campaign, str]) -> Json:
        campaign, member_id = complaint
        recipient, body = campaign.recipients[member_id], _member_json(call, campaign, member_id)
        del body["contact_status"], body["list_is_active"]
        return body | {"id": recipient.complaint_id, "date": iso(recipient.complained_at)}

    return page(call.args, "abuse_reports", complaints, row) | {"list_id": list_id}


@endpoint("GET", REPORT + "/click-details/<link_id>/members")
def list_clickers(call: Call, campaign_id: str, link_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    link = _link_of(campaign, link_id)

    def row(member_id: str) -> Json:
        clicks = {"clicks": link.clicks_by_member[member_id], "url_id": link.id}
        return _member_json(call, campaign, member_id) | clicks

    body = page(call.args, "members", list(link.clicks_by_member), row)
    return body | {"campaign_id": campaign.id}


def _member_ids(call: Call, campaign: Campaign) -> list[str]:
    """Until a campaign is sent its report is empty, not missing."""
    if campaign.status not in DELIVERED_STATUSES:
        return []
    if call.state.switches.forgotten_in_reports != "removed":
        return list(campaign.recipients)
    return [id_ for id_ in campaign.recipients if not _is_forgotten(call, campaign, id_)]


def _link_of(campaign: Campaign, link_id: str) -> Link:
    for link in campaign.links.values():
        if link.id == link_id:
            return link
    raise not_found()


def _is_shown(event: dict[str, Any], since: int | None, no_bots: bool) -> bool:
    is_in_range = since is None or event["timestamp"] > since
    return is_in_range and not (no_bots and event.get("ip") == PROXY_IP)


def _is_forgotten(call: Call, campaign: Campaign, member_id: str) -> bool:
    audience = call.account.lists.get(campaign.list_id)
    address = campaign.recipients[member_id].email_address
    return bool(audience and subscriber_hash(address) in audience.deleted_permanently)


def _shown_identity(call: Call, campaign: Campaign, member_id: str) -> tuple[str, str]:
    """Id and address of a recipient as the report shows them, which depends on the switches."""
    switches, address = call.state.switches, campaign.recipients[member_id].email_address
    if switches.forgotten_in_reports == "anonymized" and _is_forgotten(call, campaign, member_id):
        address = f"{member_id}@{FORGOTTEN_DOMAIN}"
        return subscriber_hash(address), address
    audience = call.account.lists.get(campaign.list_id)
    member = current_member(audience, member_id) if audience else None
    if member and switches.reports_follow_address_change:
        return member.id, member.email_address
    return member_id, address


def _address_json(call: Call, campaign: Campaign, member_id: str) -> Json:
    shown_id, address = _shown_identity(call, campaign, member_id)
    return {
        "campaign_id": campaign.id,
        "list_id": campaign.list_id,
        "list_is_active": campaign.list_id in call.account.lists,
        "email_id": shown_id,
        "email_address": address,
        "_links": [],
    }


def _member_json(call: Call, campaign: Campaign, member_id: str) -> Json:
    audience = call.account.lists.get(campaign.list_id)
    member = current_member(audience, member_id) if audience else None
    return _address_json(call, campaign, member_id) | {
        "merge_fields": dict(campaign.recipients[member_id].merge_fields),
        "vip": bool(member and member.vip),
        "contact_status": member.status if member else "archived",
    }
