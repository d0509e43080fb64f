"""A campaign as the API shows it."""

from cxmc_ext.standin.api.endpoint import Call, link
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Campaign, Json
from cxmc_ext.standin.service import targeting

MAILED = ("sending", "sent", "canceling", "canceled")


def shown(call: Call, campaign: Campaign) -> Json:
    archive = f"{call.base_url}/campaigns/{campaign.id}"
    body: Json = {
        "id": campaign.id,
        "web_id": campaign.web_id,
        "type": campaign.type,
        "create_time": iso(campaign.create_time),
        "archive_url": archive,
        "long_archive_url": archive,
        "status": campaign.status,
        "emails_sent": campaign.emails_sent,
        "send_time": iso(campaign.send_time),
        "content_type": campaign.content_type,
        "needs_block_refresh": False,
        "resendable": campaign.status == "sent",
        "recipients": _recipients(call, campaign),
        "settings": dict(campaign.settings),
        "tracking": dict(campaign.tracking),
        "delivery_status": delivery_status(campaign),
        "_links": link("self", f"{call.base_url}/3.0/campaigns/{campaign.id}"),
    }
    if campaign.parent:
        body["parent_campaign_id"] = campaign.parent
    if campaign.status == "sent":
        body["report_summary"] = _summary(campaign)
    return body


def delivery_status(campaign: Campaign) -> Json:
    if campaign.status != "sending":
        return {"enabled": False}
    return {
        "enabled": True,
        "can_cancel": True,
        "status": "delivering",
        "emails_sent": campaign.emails_sent,
        "emails_canceled": 0,
    }


def _recipients(call: Call, campaign: Campaign) -> Json:
    audience = call.account.lists.get(campaign.list_id)
    count = campaign.emails_sent
    if audience and campaign.status not in MAILED:
        count = len(targeting.recipients_of(audience, campaign))
    body: Json = {
        "list_id": campaign.list_id,
        "list_is_active": audience is not None,
        "list_name": audience.name if audience else "",
        "segment_text": _text(campaign),
        "recipient_count": count,
    }
    return body | ({"segment_opts": campaign.segment_opts} if campaign.segment_opts else {})


def _text(campaign: Campaign) -> str:
    if not campaign.segment_opts:
        return ""
    return "<p>Contacts match the following <strong>conditions</strong>: a tag or segment.</p>"


def _summary(campaign: Campaign) -> Json:
    tally, sent = campaign.totals, max(campaign.emails_sent, 1)
    return {
        "opens": tally.get("opens", 0),
        "unique_opens": tally.get("unique_opens", 0),
        "open_rate": tally.get("unique_opens", 0) / sent,
        "clicks": tally.get("clicks", 0),
        "subscriber_clicks": tally.get("clickers", 0),
        "click_rate": tally.get("clickers", 0) / sent,
        "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0},
    }
