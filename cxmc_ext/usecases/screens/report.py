"""The report of a sending or sent campaign, from what the last update stored."""

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
from cxmc_ext.usecases.screens.models import CampaignSummary
from cxmc_ext.usecases.sending import follow_up

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


_LINKS = 50


_DUE_SECONDS = 60


_HOUR, _DAY, _SHOWN = 3600, 24, 48
"""A day is always drawn, two at most."""


@dataclass(frozen=True, slots=True)
class HourlyActivity:
    """One bar of the chart."""

    at: int
    opens: int
    clicks: int


@dataclass(frozen=True, slots=True)
class DomainStats:
    """The recipients behind one @, in addresses; rates of those that did not bounce."""

    name: str
    mailed: int
    bounced: int
    open_rate: float
    click_rate: float


@dataclass(frozen=True, slots=True)
class ReportScreen:
    """Sending or sent: the report."""

    summary: CampaignSummary
    sent: bool
    sent_at: int | None
    totals: Mapping[str, int]
    rates: Mapping[str, float]
    hours: tuple[HourlyActivity, ...]
    links: tuple[tuple[str, int, int], ...]
    domains: tuple[DomainStats, ...]
    status_counts: Mapping[str, int]
    updated_at: int | None
    next_update_at: int | None
    update_interval: int | None
    updating: bool
    count_differences: Mapping[str, tuple[int, int]]
    sync_problem: Problem | None
    follow_up_sizes: Mapping[str, int] | None
    """Whom a new campaign can be made with, by group; None where the host makes none."""


def build_report(services: Services, mailing: Mailing, facts: CampaignSummary) -> ReportScreen:
    body = mailing.report if isinstance(mailing.report, dict) else {}
    return ReportScreen(
        summary=facts,
        sent=mailing.state == MailingState.SENT,
        sent_at=mailing.sent_at,
        totals={name: int(_dig(body, path) or 0) for name, path in _TOTALS.items()},
        rates=_rates(body),
        hours=_hourly_activity(body, mailing.sent_at),
        links=_links(body),
        domains=_domain_stats(body),
        status_counts=counts_by(mailing, "status"),
        updated_at=mailing.last_sync_at,
        next_update_at=mailing.next_sync_at,
        update_interval=sync_intervals.INTERVALS[mailing.sync_interval_index][1]
        if mailing.sync_interval_index >= 0
        else None,
        updating=_updating(mailing, services.clock()),
        count_differences=_count_differences(mailing.count_differences),
        sync_problem=problem_from_json(mailing.sync_problem),
        follow_up_sizes=follow_up.group_sizes(services, mailing),
    )


def _updating(mailing: Mailing, now: int) -> bool:
    """At work, or due a moment ago; what is due for long is late and not under way."""
    due = mailing.next_sync_at
    return mailing.sync_lease_until > now or (due is not None and now - _DUE_SECONDS < due <= now)


def _dig(body: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = body
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _rates(body: Mapping[str, Any]) -> dict[str, float]:
    found = {name: _dig(body, path) for name, path in _RATES.items()}
    return {name: float(rate) for name, rate in found.items() if rate is not None}


def _hourly_activity(body: Mapping[str, Any], sent_at: int | None) -> tuple[HourlyActivity, ...]:
    """Every hour from the first day on; those of which nothing is stored were quiet."""
    series = body.get("timeseries")
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
    end = min(max(max(known), start + (_DAY - 1) * _HOUR), start + (_SHOWN - 1) * _HOUR)
    return tuple(known.get(at, HourlyActivity(at, 0, 0)) for at in range(start, end + 1, _HOUR))


def _parse_timestamp(text: object) -> int | None:
    try:
        return int(datetime.fromisoformat(str(text)).timestamp())
    except ValueError:
        return None


def _links(body: Mapping[str, Any]) -> tuple[tuple[str, int, int], ...]:
    stored = body.get("links")
    rows = stored if isinstance(stored, list) else []
    return tuple((str(url), int(total), int(unique)) for url, total, unique in rows[:_LINKS])


def _domain_stats(body: Mapping[str, Any]) -> tuple[DomainStats, ...]:
    stored = body.get("domains")
    rows = stored if isinstance(stored, list) else []
    return tuple(
        DomainStats(
            str(name), mailed, bounced, *(n / max(mailed - bounced, 1) for n in (opened, clicked))
        )
        for name, mailed, bounced, opened, clicked in rows
    )


def _count_differences(stored: object) -> dict[str, tuple[int, int]]:
    found = stored if isinstance(stored, dict) else {}
    return {str(kind): (int(pair[0]), int(pair[1])) for kind, pair in found.items()}
