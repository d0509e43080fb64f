"""The report of a campaign that is being sent or was sent, from what the last sync turn stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries.mailings import counts_by
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.problems import Problem, problem_from_json, problems_from_json
from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.domain.rules.stored_figures import (
    find_value,
    list_of,
    object_of,
    stored_count,
    stored_pairs,
    stored_share,
    stored_time,
)
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.members import unsubscribes_read_at
from cxmc_ext.usecases.screens.mail_again import MailAgain, build_mail_again
from cxmc_ext.usecases.screens.models import Viewer
from cxmc_ext.usecases.screens.report_blocks import ReportBlock, report_blocks
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
# Above these shares MailChimp warns or reviews an account (its help pages, 2026; the figures change).
RATE_LIMITS = {"hard_bounces": 0.05, "abuse_reports": 0.001}
# The totals of what only happens to a mail that was delivered.
_DONE_BY_PEOPLE = frozenset({"unsubscribed", "abuse_reports"})
_MAX_LINKS = 50
# An update that has been due for less than this counts as in progress, else as late.
_DUE_SECONDS = 60
_HOUR = 3600
# The chart begins with the first open or click. It shows half a day at least, and two days at most.
_MIN_HOURS, _MAX_HOURS = 12, 48


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
    mailed: int | None
    bounced: int | None
    open_rate: float | None
    click_rate: float | None


@dataclass(frozen=True, slots=True)
class ReportLink:
    """A link of the mail: its clicks, the people who clicked it, and the id that selects them."""

    url: str
    clicks: int | None
    people: int | None
    id: int | None


@dataclass(frozen=True, slots=True)
class ReportScreen:
    """The report. A figure is None where MailChimp's answer has none that can be shown."""

    summary: CampaignSummary
    state: MailingState
    problems: tuple[Problem, ...]
    """What happened to a campaign that was cancelled."""
    sent_at: int | None
    totals: Mapping[str, int | None]
    rates: Mapping[str, float | None]
    average_rates: tuple[float, float] | None
    """MailChimp's average (open rate, click rate) of the audience, if it reported both."""
    hours: tuple[HourlyActivity, ...]
    links: tuple[ReportLink, ...]
    """Most clicked first."""
    blocks: tuple[ReportBlock, ...]
    """The lists that the mail contains."""
    domains: tuple[DomainStats, ...]
    status_counts: Mapping[str, int]
    complaints: int
    """Who marked the mail as spam; they are in `status_counts` as unsubscribed."""
    updated_at: int | None
    next_update_at: int | None
    update_interval: int | None
    updating: bool
    count_differences: Mapping[str, tuple[int | None, int | None]]
    """(events stored, events reported by MailChimp) by kind, where the numbers differ."""
    sync_problem: Problem | None
    unsubscribes_problem: Problem | None
    """Why it is not known who unsubscribed outside of campaigns."""
    unsubscribes_read_at: int | None
    follow_up_sizes: Mapping[str, int] | None
    """People per follow-up group; None where the Host cannot create campaigns."""
    mail_again: MailAgain
    has_mail: bool
    """The mail that was sent is kept."""

    @property
    def is_final(self) -> bool:
        """Whether MailChimp mails nobody else."""
        return self.state is not MailingState.SENDING

    @property
    def bounced(self) -> int | None:
        hard, soft = self.totals["hard_bounces"], self.totals["soft_bounces"]
        return None if hard is None or soft is None else hard + soft

    @property
    def delivered(self) -> int | None:
        """How many mails did not bounce."""
        sent, bounced = self.totals["emails_sent"], self.bounced
        return None if sent is None or bounced is None else max(sent - bounced, 0)

    def share(self, name: str) -> float | None:
        """Returns what people did as a share of the mails delivered, the others of those sent.

        MailChimp's own rates of opens and clicks are shares of the mails delivered. None without mails.
        """
        count = self.delivered if name == "delivered" else self.totals[name]
        mails = self.delivered if name in _DONE_BY_PEOPLE else self.totals["emails_sent"]
        return count / mails if mails and count is not None and count <= mails else None

    @property
    def exceeded_limits(self) -> tuple[str, ...]:
        """The totals whose rate may make MailChimp review the account."""
        shares = {name: self.share(name) for name in RATE_LIMITS}
        return tuple(name for name, limit in RATE_LIMITS.items() if (shares[name] or 0) > limit)


def has_report(mailing: Mailing) -> bool:
    """Whether there is a report to show: also of a campaign that mailed people before it was cancelled."""
    if mailing.state == MailingState.CANCELLED:
        return bool(mailing.emails_sent or mailing.report_fingerprint)
    return mailing.state in {MailingState.SENDING, MailingState.SENT}


def build_report(
    services: Services,
    viewer: Viewer,
    account: Account,
    mailing: Mailing,
    summary: CampaignSummary,
) -> ReportScreen:
    """Builds the report of a mailing from the stored answer of MailChimp."""
    report = object_of(mailing.report)
    return ReportScreen(
        summary=summary,
        state=MailingState(mailing.state),
        problems=problems_from_json(mailing.problems),
        sent_at=mailing.sent_at,
        totals={name: stored_count(find_value(report, *path)) for name, path in _TOTALS.items()},
        rates=_rates(report),
        average_rates=_average_rates(report),
        hours=_hourly_activity(report),
        links=_links(report),
        blocks=report_blocks(mailing, report),
        domains=_domain_stats(report),
        status_counts=counts_by(mailing, "status"),
        complaints=counts_by(mailing, "events").get("complained", 0),
        updated_at=mailing.last_sync_at,
        next_update_at=mailing.next_sync_at,
        update_interval=_update_interval(mailing),
        updating=_is_updating(mailing, services.clock()),
        count_differences=stored_pairs(mailing.count_differences),
        sync_problem=problem_from_json(mailing.sync_problem),
        unsubscribes_problem=_unsubscribes_problem(account),
        unsubscribes_read_at=unsubscribes_read_at(account),
        follow_up_sizes=follow_up.group_sizes(services, mailing),
        mail_again=build_mail_again(services, viewer, mailing),
        has_mail=mailing.mail_read_at is not None,
    )


def _update_interval(mailing: Mailing) -> int | None:
    index = mailing.sync_interval_index
    is_known = 0 <= index < len(sync_intervals.INTERVALS)
    return sync_intervals.INTERVALS[index][1] if is_known else None


def _unsubscribes_problem(account: Account) -> Problem | None:
    reason = problem_from_json(account.unsubscribes_problem)
    return Problem("unsubscribes_unread", reason.detail) if reason else None


def _is_updating(mailing: Mailing, now: int) -> bool:
    """Whether a worker is reading the report, or is about to."""
    due = mailing.next_sync_at
    is_due = due is not None and now - _DUE_SECONDS < due <= now
    return mailing.sync_lease_until > now or is_due


def _rates(report: Mapping[str, Any]) -> dict[str, float | None]:
    """The rates that MailChimp reported; None for one that is no share."""
    rates = {name: find_value(report, *path) for name, path in _RATES.items()}
    return {name: stored_share(rate) for name, rate in rates.items() if rate is not None}


def _average_rates(report: Mapping[str, Any]) -> tuple[float, float] | None:
    """MailChimp writes these as percentages; 0 means that it knows no average yet."""
    opened, clicked = (
        _percentage(find_value(report, "list_stats", name)) for name in ("open_rate", "click_rate")
    )
    return (opened, clicked) if opened and clicked is not None else None


def _percentage(value: object) -> float | None:
    """A share between 0 and 1; None for anything but a number from 0 to 100."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value / 100 if is_number and 0 <= value <= 100 else None  # type: ignore[operator]


def _hourly_activity(report: Mapping[str, Any]) -> tuple[HourlyActivity, ...]:
    """Every hour of the chart; MailChimp leaves out the hours in which nothing happened."""
    rows = [object_of(row) for row in list_of(report.get("timeseries"))]
    known = {
        at: HourlyActivity(
            at,
            stored_count(row.get("unique_opens")) or 0,
            stored_count(row.get("recipients_clicks")) or 0,
        )
        for row in rows
        if (at := stored_time(row.get("timestamp"))) is not None
    }
    known = {at: hour for at, hour in known.items() if hour.opens or hour.clicks}
    if not known:
        return ()
    start = min(known)
    end = max(max(known), start + (_MIN_HOURS - 1) * _HOUR)
    end = min(end, start + (_MAX_HOURS - 1) * _HOUR)
    return tuple(known.get(at, HourlyActivity(at, 0, 0)) for at in range(start, end + 1, _HOUR))


def _links(report: Mapping[str, Any]) -> tuple[ReportLink, ...]:
    rows = [list_of(row) for row in list_of(report.get("links"))[:_MAX_LINKS]]
    return tuple(
        ReportLink(str(row[0]), *(stored_count(value) for value in row[1:]))
        for row in rows
        if len(row) == 4
    )


def _domain_stats(report: Mapping[str, Any]) -> tuple[DomainStats, ...]:
    rows = [list_of(row) for row in list_of(report.get("domains"))]
    return tuple(_domain(row) for row in rows if len(row) == 5)


def _domain(row: list[Any]) -> DomainStats:
    mailed, bounced, opened, clicked = (stored_count(value) for value in row[1:])
    delivered = max((mailed or 0) - (bounced or 0), 1)
    return DomainStats(
        name=str(row[0]),
        mailed=mailed,
        bounced=bounced,
        open_rate=None if opened is None else opened / delivered,
        click_rate=None if clicked is None else clicked / delivered,
    )
