"""The report of a campaign that is being sent or was sent, from what the last sync turn stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries.mailings import counts_by
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.problems import Problem, problem_from_json
from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.summary import CampaignSummary
from cxmc_ext.usecases.sending import follow_up

# Where each figure is in the answer of `GET /reports/{campaign_id}`.
_TOTALS = {
    "emails_sent": ("emails_sent",),
    "opens": ("opens", "opens_total"),
    "unique_opens": ("opens", "unique_opens"),
    "clicks": ("clicks", "clicks_total"),
    "unique_clicks": ("clicks", "unique_subscriber_clicks"),
    "hard_bounces": ("bounces", "hard_bounces"),
    "soft_bounces": ("bounces", "soft_bounces"),
    "unsubscribed": ("unsubscribed",),
    "abuse_reports": ("abuse_reports",),
}
_RATES = {
    "open_rate": ("opens", "open_rate"),
    "click_rate": ("clicks", "click_rate"),
    "robot_free_open_rate": ("opens", "proxy_excluded_open_rate"),
}
_MAX_LINKS = 50
# An update that has been due for less than this counts as in progress, else as late.
_DUE_SECONDS = 60
_HOUR = 3600
# The chart always shows a day, and two days at most.
_MIN_HOURS, _MAX_HOURS = 24, 48


@dataclass(frozen=True, slots=True)
class HourlyActivity:
    """One bar of the chart: people who opened and people who clicked within an hour."""

    at: int
    opens: int
    clicks: int


@dataclass(frozen=True, slots=True)
class DomainStats:
    """The recipients of one mail domain; rates are shares of the addresses that did not bounce."""

    name: str
    mailed: int
    bounced: int
    open_rate: float
    click_rate: float


@dataclass(frozen=True, slots=True)
class ReportScreen:
    """The report."""

    summary: CampaignSummary
    sent: bool
    sent_at: int | None
    totals: Mapping[str, int]
    rates: Mapping[str, float]
    hours: tuple[HourlyActivity, ...]
    links: tuple[tuple[str, int, int], ...]
    """(address, clicks, people who clicked), most clicked first."""
    domains: tuple[DomainStats, ...]
    status_counts: Mapping[str, int]
    updated_at: int | None
    next_update_at: int | None
    update_interval: int | None
    updating: bool
    count_differences: Mapping[str, tuple[int, int]]
    """(events stored, events reported by MailChimp) by kind, where the numbers differ."""
    sync_problem: Problem | None
    follow_up_sizes: Mapping[str, int] | None
    """People per follow-up group; None where the Host cannot create campaigns."""


def build_report(services: Services, mailing: Mailing, summary: CampaignSummary) -> ReportScreen:
    """Build the report of a mailing from the stored answer of MailChimp."""
    report = mailing.report if isinstance(mailing.report, dict) else {}
    return ReportScreen(
        summary=summary,
        sent=mailing.state == MailingState.SENT,
        sent_at=mailing.sent_at,
        totals={name: int(_dig(report, path) or 0) for name, path in _TOTALS.items()},
        rates=_rates(report),
        hours=_hourly_activity(report, mailing.sent_at),
        links=_links(report),
        domains=_domain_stats(report),
        status_counts=counts_by(mailing, "status"),
        updated_at=mailing.last_sync_at,
        next_update_at=mailing.next_sync_at,
        update_interval=_update_interval(mailing),
        updating=_is_updating(mailing, services.clock()),
        count_differences=_count_differences(mailing.count_differences),
        sync_problem=problem_from_json(mailing.sync_problem),
        follow_up_sizes=follow_up.group_sizes(services, mailing),
    )


def _update_interval(mailing: Mailing) -> int | None:
    index = mailing.sync_interval_index
    return sync_intervals.INTERVALS[index][1] if index >= 0 else None


def _is_updating(mailing: Mailing, now: int) -> bool:
    """Whether a worker is reading the report, or is about to."""
    due = mailing.next_sync_at
    is_due = due is not None and now - _DUE_SECONDS < due <= now
    return mailing.sync_lease_until > now or is_due


def _dig(report: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = report
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _rates(report: Mapping[str, Any]) -> dict[str, float]:
    rates = {name: _dig(report, path) for name, path in _RATES.items()}
    return {name: float(rate) for name, rate in rates.items() if rate is not None}


def _hourly_activity(report: Mapping[str, Any], sent_at: int | None) -> tuple[HourlyActivity, ...]:
    """Every hour of the chart; MailChimp leaves out the hours in which nothing happened."""
    series = report.get("timeseries")
    known = {
        at: HourlyActivity(
            at, int(row.get("unique_opens") or 0), int(row.get("recipients_clicks") or 0)
        )
        for row in (series if isinstance(series, list) else [])
        if (at := _parse_timestamp(row.get("timestamp"))) is not None
    }
    if not known:
        return ()
    start = min(known) if sent_at is None else min(sent_at, min(known))
    end = max(max(known), start + (_MIN_HOURS - 1) * _HOUR)
    end = min(end, start + (_MAX_HOURS - 1) * _HOUR)
    return tuple(known.get(at, HourlyActivity(at, 0, 0)) for at in range(start, end + 1, _HOUR))


def _parse_timestamp(text: object) -> int | None:
    try:
        return int(datetime.fromisoformat(str(text)).timestamp())
    except ValueError:
        return None


def _links(report: Mapping[str, Any]) -> tuple[tuple[str, int, int], ...]:
    stored = report.get("links")
    rows = stored if isinstance(stored, list) else []
    return tuple((str(url), int(clicks), int(people)) for url, clicks, people in rows[:_MAX_LINKS])


def _domain_stats(report: Mapping[str, Any]) -> tuple[DomainStats, ...]:
    stored = report.get("domains")
    rows = stored if isinstance(stored, list) else []
    return tuple(
        DomainStats(
            name=str(name),
            mailed=mailed,
            bounced=bounced,
            open_rate=opened / max(mailed - bounced, 1),
            click_rate=clicked / max(mailed - bounced, 1),
        )
        for name, mailed, bounced, opened, clicked in rows
    )


def _count_differences(stored: object) -> dict[str, tuple[int, int]]:
    differences = stored if isinstance(stored, dict) else {}
    return {str(kind): (int(pair[0]), int(pair[1])) for kind, pair in differences.items()}
