"""A campaign as the API shows it."""

from cxmc_ext.standin.api.endpoint import Call, link
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Campaign, Json
from cxmc_ext.standin.service import targeting

# Statuses in which the recipients are known, because the mails went out.
DISPATCHED_STATUSES = ("sending", "sent", "canceling", "canceled")
# Statuses in which there is a report: also of a campaign that was cancelled while it was being sent.
REPORTED_STATUSES = ("sent", "canceling", "canceled", "archived")


def campaign_json(call: Call, campaign: Campaign) -> Json:
    archive_url = f"{call.base_url}/campaigns/{campaign.id}"
    body: Json = {
        "id": campaign.id,
        "web_id": campaign.web_id,
        "type": campaign.type,
        "create_time": iso(campaign.create_time),
        "archive_url": archive_url,
        "long_archive_url": archive_url,
        "status": campaign.status,
        "emails_sent": campaign.emails_sent,
        "send_time": iso(campaign.send_time),
        "content_type": campaign.content_type,
        "needs_block_refresh": False,
        "resendable": campaign.status == "sent",
        "recipients": _recipients_json(call, campaign),
        "settings": dict(campaign.settings),
        "tracking": dict(campaign.tracking),
        "delivery_status": delivery_status_json(campaign),
        "_links": link("self", f"{call.base_url}/3.0/campaigns/{campaign.id}"),
    }
    if campaign.status == "sent":
        body["report_summary"] = _report_summary(campaign)
    return body


def delivery_status_json(campaign: Campaign) -> Json:
    if campaign.status != "sending":
        return {"enabled": False}
    return {
        "enabled": True,
        "can_cancel": True,
        "status": "delivering",
        "emails_sent": campaign.emails_sent,
        "emails_canceled": 0,
    }


def _recipients_json(call: Call, campaign: Campaign) -> Json:
    audience = call.account.lists.get(campaign.list_id)
    count = campaign.emails_sent
    if audience and campaign.status not in DISPATCHED_STATUSES:
        count = len(targeting.recipients_of(audience, campaign))
    body: Json = {
        "list_id": campaign.list_id,
        "list_is_active": audience is not None,
        "list_name": audience.name if audience else "",
        "segment_text": _segment_text(campaign),
        "recipient_count": count,
    }
    return body | ({"segment_opts": campaign.segment_opts} if campaign.segment_opts else {})


def _segment_text(campaign: Campaign) -> str:
    if not campaign.segment_opts:
        return ""
    return "<p>Contacts match the following <strong>conditions</strong>: a tag or segment.</p>"


def _report_summary(campaign: Campaign) -> Json:
    totals, sent = campaign.totals, max(campaign.emails_sent, 1)
    return {
        "opens": totals.get("opens", 0),
        "unique_opens": totals.get("unique_opens", 0),
        "open_rate": totals.get("unique_opens", 0) / sent,
        "clicks": totals.get("clicks", 0),
        "subscriber_clicks": totals.get("clickers", 0),
        "click_rate": totals.get("clickers", 0) / sent,
        "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0},
    }
