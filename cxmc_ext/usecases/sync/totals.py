"""What the screens count, and the self-check against MailChimp's own totals."""

from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import events, mailings
from cxmc_ext.db.queries.address_domains import most_mailed
from cxmc_ext.domain.mailchimp import ReportSummary

SERIES_HOURS = 48
_LINKS = 50
_DOMAINS = 8


StoredCounts: TypeAlias = dict[str, dict[str, int]]
"""{"status": addresses per status, "events": stored events per kind}"""


def stored_counts(session: Session, mailing_id: int) -> StoredCounts:
    return {
        "status": events.status_counts(session, mailing_id),
        "events": events.event_counts(session, mailing_id),
    }


def recount(session: Session, mailing_id: int) -> None:
    """For a mailing that is changed outside of its own turn.

    Held before it is counted: of two who count it the last one to write has seen what both changed.
    """
    stored = mailings.get_for_update(session, mailing_id).counts or {}
    mailings.update_columns(
        session, mailing_id, counts={**stored, **stored_counts(session, mailing_id)}
    )


def count_differences(line: ReportSummary, stored: dict[str, int]) -> dict[str, list[int]]:
    """{kind: [stored, reported]} where MailChimp counts more than is stored."""
    reported = {
        "sent": line.emails_sent,
        "bounced": line.bounces,
        "opened": line.opens,
        "clicked": line.clicks,
        "unsubscribed": line.unsubscribed,
    }
    return {
        kind: [stored.get(kind, 0), count]
        for kind, count in reported.items()
        if stored.get(kind, 0) < count
    }


def missing_counts(found: dict[str, Any]) -> dict[str, int]:
    """How many of each kind a gap lacks."""
    return {kind: reported - stored for kind, (stored, reported) in found.items()}


def hourly_series(session: Session, mailing_id: int, sent_at: int) -> list[dict[str, Any]]:
    """The chart of the first days by hour, in the words of MailChimp's report."""
    hours = events.hourly_people(session, mailing_id, sent_at, SERIES_HOURS)
    return [
        {
            "timestamp": _iso(sent_at + hour * 3600),
            "unique_opens": opens,
            "recipients_clicks": clicks,
        }
        for hour, opens, clicks in hours
    ]


def top_links(session: Session, mailing_id: int) -> list[list[Any]]:
    """[address, clicks, people], most clicked first."""
    return [list(link) for link in events.top_links(session, mailing_id, _LINKS)]


def top_domains(session: Session, mailing_id: int) -> list[list[Any]]:
    """[domain, mailed, bounced, opened, clicked], most mailed first."""
    return [list(row) for row in most_mailed(session, mailing_id, _DOMAINS)]


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
