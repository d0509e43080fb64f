"""The report of a sending or sent campaign, from what the last update stored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cxmc_ext.db.models import Mailing
from cxmc_ext.domain.rules import tiers
from cxmc_ext.domain.values import MailingState, why_of
from cxmc_ext.services import Services
from cxmc_ext.usecases import follow_up
from cxmc_ext.usecases.screens_people import named_counts
from cxmc_ext.usecases.screens_values import Facts, Hour, MailDomain, Results

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
_SOON = 60
_HOUR, _DAY, _SHOWN = 3600, 24, 48
"""A day is always drawn, two at most."""


def results(services: Services, mailing: Mailing, facts: Facts) -> Results:
    body = mailing.report if isinstance(mailing.report, dict) else {}
    return Results(
        facts=facts,
        sent=mailing.state == MailingState.SENT,
        sent_at=mailing.sent_at,
        totals={name: int(_at(body, path) or 0) for name, path in _TOTALS.items()},
        rates=_rates(body),
        hours=_hours(body, mailing.sent_at),
        links=_links(body),
        domains=_domains(body),
        statuses=named_counts(mailing, "status"),
        updated_at=mailing.last_sync_at,
        next_at=mailing.next_sync_at,
        every=tiers.TIERS[mailing.sync_tier][1] if mailing.sync_tier >= 0 else None,
        updating=_updating(mailing, services.clock()),
        gap=_gap(mailing.sync_gap),
        trouble=why_of(mailing.sync_note),
        follow_up=follow_up.sizes(services, mailing),
    )


def _updating(mailing: Mailing, now: int) -> bool:
    """At work, or due a moment ago; what is due for long is late and not under way."""
    due = mailing.next_sync_at
    return mailing.sync_until > now or (due is not None and now - _SOON < due <= now)


def _at(body: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = body
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _rates(body: Mapping[str, Any]) -> dict[str, float]:
    found = {name: _at(body, path) for name, path in _RATES.items()}
    return {name: float(rate) for name, rate in found.items() if rate is not None}


def _hours(body: Mapping[str, Any], sent_at: int | None) -> tuple[Hour, ...]:
    """Every hour from the first day on; those of which nothing is stored were quiet."""
    series = body.get("timeseries")
    known = {
        at: Hour(at, int(row.get("unique_opens") or 0), int(row.get("recipients_clicks") or 0))
        for row in (series if isinstance(series, list) else [])
        if (at := _moment(row.get("timestamp"))) is not None
    }
    if not known:
        return ()
    start = min(known) if sent_at is None else min(sent_at, min(known))
    end = min(max(max(known), start + (_DAY - 1) * _HOUR), start + (_SHOWN - 1) * _HOUR)
    return tuple(known.get(at, Hour(at, 0, 0)) for at in range(start, end + 1, _HOUR))


def _moment(text: object) -> int | None:
    try:
        return int(datetime.fromisoformat(str(text)).timestamp())
    except ValueError:
        return None


def _links(body: Mapping[str, Any]) -> tuple[tuple[str, int, int], ...]:
    stored = body.get("links")
    rows = stored if isinstance(stored, list) else []
    return tuple((str(url), int(total), int(unique)) for url, total, unique in rows[:_LINKS])


def _domains(body: Mapping[str, Any]) -> tuple[MailDomain, ...]:
    stored = body.get("domains")
    rows = stored if isinstance(stored, list) else []
    return tuple(
        MailDomain(
            str(name), mailed, bounced, *(n / max(mailed - bounced, 1) for n in (opened, clicked))
        )
        for name, mailed, bounced, opened, clicked in rows
    )


def _gap(stored: object) -> dict[str, tuple[int, int]]:
    found = stored if isinstance(stored, dict) else {}
    return {str(kind): (int(pair[0]), int(pair[1])) for kind, pair in found.items()}
