"""Reports of sent campaigns: totals, and clicks by link."""

from collections import Counter

from cxmc_ext.standin.api.account import INDUSTRY, INDUSTRY_STATS
from cxmc_ext.standin.api.campaign_json import delivery_status_json
from cxmc_ext.standin.api.endpoint import Call, campaign_of, endpoint
from cxmc_ext.standin.api.paging import in_time_range, page, sort_rows
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import DELIVERED_STATUSES, Campaign, Json, Link
from cxmc_ext.standin.problems import not_found

REPORT = "/reports/<campaign_id>"
LINK_COLUMNS = {
    "total_clicks": lambda link: link.total_clicks,
    "unique_clicks": lambda link: len(link.clicks_by_member),
}
HOUR = 3600
DAY_HOURS = 24


@endpoint("GET", "/reports")
def list_reports(call: Call) -> Json:
    """The reports of sent campaigns, newest first."""
    campaigns = call.account.campaigns.values()
    rows = [campaign for campaign in campaigns if campaign.status in DELIVERED_STATUSES]
    rows = in_time_range(call.args, "send_time", rows, lambda campaign: campaign.send_time)
    if not call.state.switches.reports_list_ended:
        rows = [campaign for campaign in rows if campaign.status == "sent"]
    type_ = call.args.get("type")
    rows = [campaign for campaign in rows if type_ in (None, "", campaign.type)]
    rows.sort(key=lambda campaign: campaign.send_time, reverse=True)
    return page(call.args, "reports", rows, lambda campaign: _report_json(call, campaign))


@endpoint("GET", REPORT)
def get_report(call: Call, campaign_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    if campaign.status not in DELIVERED_STATUSES:
        raise not_found()
    return _report_json(call, campaign)


@endpoint("GET", REPORT + "/click-details")
def list_links(call: Call, campaign_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    rows = sort_rows(call.args, list(campaign.links.values()), LINK_COLUMNS)
    body = page(call.args, "urls_clicked", rows, lambda link: _link_json(campaign, link))
    return body | {"campaign_id": campaign.id}


def _report_json(call: Call, campaign: Campaign) -> Json:
    audience = call.account.lists.get(campaign.list_id)
    totals = Counter(campaign.totals)
    bounces = {"hard_bounces": totals["hard"], "soft_bounces": totals["soft"], "syntax_errors": 0}
    return {
        "id": campaign.id,
        "campaign_title": campaign.settings.get("title", ""),
        "type": campaign.type,
        "list_id": campaign.list_id,
        "list_is_active": audience is not None,
        "list_name": audience.name if audience else "",
        "subject_line": campaign.settings.get("subject_line", ""),
        "preview_text": campaign.settings.get("preview_text", ""),
        "emails_sent": campaign.emails_sent,
        "abuse_reports": totals["abuse"],
        "unsubscribed": totals["unsubscribed"],
        "send_time": iso(campaign.send_time),
        "bounces": bounces,
        "forwards": {"forwards_count": 0, "forwards_opens": 0},
        "opens": _opens_json(campaign, totals),
        "clicks": _clicks_json(campaign, totals),
        "facebook_likes": {"recipient_likes": 0, "unique_likes": 0, "facebook_likes": 0},
        "industry_stats": {"type": INDUSTRY, "unopen_rate": 0.7783,
                           "unsub_rate": 0.0028, "abuse_rate": 0.0002} | INDUSTRY_STATS,
        "list_stats": {"sub_rate": 0, "unsub_rate": 0, "open_rate": 38.2, "click_rate": 6.4,
                       "proxy_excluded_open_rate": 29.5},
        "timeseries": _timeseries_json(campaign),
        "share_report": {"share_url": "", "share_password": ""},
        "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0,
                      "currency_code": "EUR"},
        "delivery_status": delivery_status_json(campaign),
        "_links": [],
    }  # fmt: skip


def _opens_json(campaign: Campaign, totals: Counter[str]) -> Json:
    """Proxy opens come from Apple's mail privacy protection and from image proxies, not from people."""
    unique_human_opens = totals["unique_human_opens"]
    return {
        "opens_total": totals["opens"],
        "unique_opens": totals["unique_opens"],
        "open_rate": _rate(totals["unique_opens"], campaign),
        "last_open": iso(totals["last_open"]),
        "proxy_excluded_opens": totals["opens"] - totals["proxy_opens"],
        "proxy_excluded_unique_opens": unique_human_opens,
        "proxy_excluded_open_rate": _rate(unique_human_opens, campaign),
    }


def _clicks_json(campaign: Campaign, totals: Counter[str]) -> Json:
    return {
        "clicks_total": totals["clicks"],
        "unique_clicks": totals["unique_clicks"],
        "unique_subscriber_clicks": totals["clickers"],
        "click_rate": _rate(totals["clickers"], campaign),
        "last_click": iso(totals["last_click"]),
    }


def _timeseries_json(campaign: Campaign) -> list[Json]:
    """One row per hour of the first day."""
    first_hour = campaign.send_time // HOUR * HOUR
    rows = []
    for hour in range(DAY_HOURS):
        unique_opens, clickers = campaign.hourly_totals.get(str(hour), [0, 0])
        rows.append(
            {
                "timestamp": iso(first_hour + hour * HOUR),
                "emails_sent": campaign.emails_sent if hour == 0 else 0,
                "unique_opens": unique_opens,
                "proxy_excluded_unique_opens": unique_opens,
                "recipients_clicks": clickers,
            }
        )
    return rows


def _link_json(campaign: Campaign, link: Link) -> Json:
    totals = Counter(campaign.totals)
    unique_clicks = len(link.clicks_by_member)
    return {
        "id": link.id,
        "url": link.url,
        "total_clicks": link.total_clicks,
        "click_percentage": link.total_clicks / max(totals["clicks"], 1),
        "unique_clicks": unique_clicks,
        "unique_click_percentage": unique_clicks / max(totals["unique_clicks"], 1),
        "last_click": iso(link.last_click),
        "campaign_id": campaign.id,
        "_links": [],
    }


def _rate(count: int, campaign: Campaign) -> float:
    return count / campaign.delivered
