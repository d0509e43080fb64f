"""A campaign as the API shows it."""

from cxmc_ext.standin.api.endpoint import Call, link
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import DELIVERED_STATUSES, Campaign, Json
from cxmc_ext.standin.service import lag, targeting

# Statuses in which the recipients are known, because the mails went out.
DISPATCHED_STATUSES = ("sending", *DELIVERED_STATUSES)
# The status of the delivery by the status of the campaign.
DELIVERY_STATUSES = {"sending": "delivering", "canceling": "canceling", "canceled": "canceled"}


def campaign_json(call: Call, campaign: Campaign) -> Json:
    archive_url = f"{call.base_url}/campaigns/{campaign.id}"
    body: Json = {
        "id": campaign.id,
        "web_id": campaign.web_id,
        "type": campaign.type,
        "create_time": iso(campaign.create_time),
        "archive_url": archive_url,
        "long_archive_url": archive_url,
        "status": campaign.shown_status or campaign.status,
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
    if campaign.status in DELIVERED_STATUSES:
        body["report_summary"] = _report_summary(campaign)
    return body


def delivery_status_json(campaign: Campaign) -> Json:
    status = DELIVERY_STATUSES.get(campaign.status)
    if status is None:
        return {"enabled": False}
    return {
        "enabled": True,
        "can_cancel": campaign.status == "sending",
        "status": status,
        "emails_sent": campaign.emails_sent,
        "emails_canceled": campaign.emails_canceled,
    }


def _recipients_json(call: Call, campaign: Campaign) -> Json:
    audience = call.account.lists.get(campaign.list_id)
    count = campaign.emails_sent + len(campaign.waiting)
    if audience and campaign.status not in DISPATCHED_STATUSES:
        delay = call.state.switches.count_lag
        shown = lag.shown_audience(call.state, audience, delay)
        count = len(targeting.recipients_of(shown, campaign))
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
    totals, delivered = campaign.totals, campaign.delivered
    return {
        "opens": totals.get("opens", 0),
        "unique_opens": totals.get("unique_opens", 0),
        "open_rate": totals.get("unique_opens", 0) / delivered,
        "clicks": totals.get("clicks", 0),
        "subscriber_clicks": totals.get("clickers", 0),
        "click_rate": totals.get("clickers", 0) / delivered,
        "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0},
    }
