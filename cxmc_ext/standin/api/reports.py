"""Reports: totals per campaign, links, domains. Only sent campaigns have one."""

from collections import Counter

from cxmc_ext.standin.api.account import INDUSTRY
from cxmc_ext.standin.api.campaign_json import delivery_status
from cxmc_ext.standin.api.endpoint import Call, campaign_of, endpoint
from cxmc_ext.standin.api.paging import in_time_range, page, sort_rows
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Campaign, Json, Link
from cxmc_ext.standin.problems import not_found

ONE = "/reports/<campaign_id>"
LINKS = ONE + "/click-details"
LINK_SORTS = {
    "total_clicks": lambda each: each.total,
    "unique_clicks": lambda each: len(each.members),
}
BEST = 5
DAY_HOURS = 24


@endpoint("GET", "/reports")
def all_reports(call: Call) -> Json:
    """Newest first."""
    rows = [each for each in call.account.campaigns.values() if each.status == "sent"]
    rows = in_time_range(call.args, "send_time", rows, lambda each: each.send_time)
    wanted = call.args.get("type")
    rows = [each for each in rows if wanted in (None, "", each.type)]
    rows.sort(key=lambda each: each.send_time, reverse=True)
    return page(call.args, "reports", rows, lambda each: shown(call, each))


@endpoint("GET", ONE)
def one_report(call: Call, campaign_id: str) -> Json:
    return shown(call, sent(call, campaign_id))


@endpoint("GET", LINKS)
def click_details(call: Call, campaign_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    rows = sort_rows(call.args, list(campaign.links.values()), LINK_SORTS)
    body = page(call.args, "urls_clicked", rows, lambda each: _link_json(campaign, each))
    return body | {"campaign_id": campaign.id}


@endpoint("GET", LINKS + "/<link_id>")
def one_link(call: Call, campaign_id: str, link_id: str) -> Json:
    campaign = campaign_of(call, campaign_id)
    return _link_json(campaign, link_of(campaign, link_id))


@endpoint("GET", ONE + "/domain-performance")
def domain_performance(call: Call, campaign_id: str) -> Json:
    """The five domains with the most mails."""
    campaign = campaign_of(call, campaign_id)
    names = Counter(_domain(each.email_address) for each in campaign.recipients.values())
    rows = [_domain_json(campaign, name, count) for name, count in names.most_common(BEST)]
    return {
        "domains": rows,
        "total_sent": campaign.emails_sent,
        "campaign_id": campaign.id,
        "total_items": len(rows),
        "_links": [],
    }


def sent(call: Call, campaign_id: str) -> Campaign:
    campaign = campaign_of(call, campaign_id)
    if campaign.status != "sent":
        raise not_found()
    return campaign


def link_of(campaign: Campaign, link_id: str) -> Link:
    for each in campaign.links.values():
        if each.id == link_id:
            return each
    raise not_found()


def shown(call: Call, campaign: Campaign) -> Json:
    audience = call.account.lists.get(campaign.list_id)
    tally = Counter(campaign.totals)
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
        "abuse_reports": tally["abuse"],
        "unsubscribed": tally["unsubscribed"],
        "send_time": iso(campaign.send_time),
        "bounces": {"hard_bounces": tally["hard"], "soft_bounces": tally["soft"], "syntax_errors": 0},
        "forwards": {"forwards_count": 0, "forwards_opens": 0},
        "opens": _opens(campaign, tally),
        "clicks": _clicks(campaign, tally),
        "facebook_likes": {"recipient_likes": 0, "unique_likes": 0, "facebook_likes": 0},
        "industry_stats": {"type": "Recruitment And Staffing", "unopen_rate": 0.7783,
                           "unsub_rate": 0.0028, "abuse_rate": 0.0002} | INDUSTRY,
        "list_stats": {"sub_rate": 0, "unsub_rate": 0, "open_rate": 38.2, "click_rate": 6.4,
                       "proxy_excluded_open_rate": 29.5},
        "timeseries": _series(campaign),
        "share_report": {"share_url": "", "share_password": ""},
        "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0,
                      "currency_code": "EUR"},
        "delivery_status": delivery_status(campaign),
        "_links": [],
    }  # fmt: skip


def _opens(campaign: Campaign, tally: Counter[str]) -> Json:
    """Proxied opens are Apple's and the image proxies', not people's."""
    human = tally["human_unique"]
    return {
        "opens_total": tally["opens"],
        "unique_opens": tally["unique_opens"],
        "open_rate": _rate(tally["unique_opens"], campaign),
        "last_open": iso(tally["last_open"]),
        "proxy_excluded_opens": tally["opens"] - tally["proxy_opens"],
        "proxy_excluded_unique_opens": human,
        "proxy_excluded_open_rate": _rate(human, campaign),
    }


def _clicks(campaign: Campaign, tally: Counter[str]) -> Json:
    return {
        "clicks_total": tally["clicks"],
        "unique_clicks": tally["unique_clicks"],
        "unique_subscriber_clicks": tally["clickers"],
        "click_rate": _rate(tally["clickers"], campaign),
        "last_click": iso(tally["last_click"]),
    }


def _series(campaign: Campaign) -> list[Json]:
    """Hourly, the first 24 hours."""
    rows = []
    for hour in range(DAY_HOURS):
        unique_opens, clickers = campaign.hourly_totals.get(str(hour), [0, 0])
        rows.append(
            {
                "timestamp": iso(campaign.send_time // 3600 * 3600 + hour * 3600),
                "emails_sent": campaign.emails_sent if hour == 0 else 0,
                "unique_opens": unique_opens,
                "proxy_excluded_unique_opens": unique_opens,
                "recipients_clicks": clickers,
            }
        )
    return rows


def _link_json(campaign: Campaign, link: Link) -> Json:
    tally = Counter(campaign.totals)
    return {
        "id": link.id,
        "url": link.url,
        "total_clicks": link.total_clicks,
        "click_percentage": link.total_clicks / max(tally["clicks"], 1),
        "unique_clicks": len(link.clicks_by_member),
        "unique_click_percentage": len(link.clicks_by_member) / max(tally["unique_clicks"], 1),
        "last_click": iso(link.last_click),
        "campaign_id": campaign.id,
        "_links": [],
    }


def _domain_json(campaign: Campaign, name: str, count: int) -> Json:
    mails = [e for e in campaign.recipients.values() if _domain(e.email_address) == name]
    figures = {
        "bounces": sum(bool(each.bounce) for each in mails),
        "opens": sum(bool(each.opens) for each in mails),
        "clicks": sum(bool(each.clicks) for each in mails),
        "unsubs": sum(bool(each.unsubscribed_at) for each in mails),
    }
    shares = {f"{part}_pct": value / count * 100 for part, value in figures.items()}
    delivered = count - figures["bounces"]
    return {
        "domain": name,
        "emails_sent": count,
        **figures,
        "delivered": delivered,
        "emails_pct": count / max(campaign.emails_sent, 1) * 100,
        **shares,
    }


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _rate(count: int, campaign: Campaign) -> float:
    return count / max(campaign.emails_sent, 1)
