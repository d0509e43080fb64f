"""What the screens count of a mailing, and the comparison with MailChimp's own totals."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import clicked_links, events, mailings
from cxmc_ext.db.queries.address_domains import most_mailed
from cxmc_ext.domain.mailchimp import ReportSummary

SERIES_HOURS = 48
_MAX_LINKS = 50
_MAX_DOMAINS = 8
# Kinds of events that may have been added between reading the summary and the pages.
_MAY_BE_AHEAD = frozenset({"opened", "clicked"})


class StoredCounts(TypedDict):
    """What is stored of a mailing."""

    status: dict[str, int]
    """Addresses by status."""
    events: dict[str, int]
    """Events by kind."""
    provisional: int
    """How many of the unsubscribes no report has named yet."""


def stored_counts(session: Session, mailing_id: int) -> StoredCounts:
    """Counts the stored addresses by status and the stored events by kind."""
    return {
        "status": events.status_counts(session, mailing_id),
        "events": events.event_counts(session, mailing_id),
        "provisional": events.provisional_unsubscribes(session, mailing_id),
    }


def recount(session: Session, mailing_id: int) -> None:
    """Updates the counts of a mailing that was changed outside of its own turn; the caller commits.

    The mailing is locked before it is counted: if two transactions count it, the second one sees the
    changes of both.
    """
    counts = mailings.get_for_update(session, mailing_id).counts or {}
    mailings.update_columns(
        session, mailing_id, counts={**counts, **stored_counts(session, mailing_id)}
    )


def count_differences(summary: ReportSummary, counts: StoredCounts) -> dict[str, list[int]]:
    """`{kind: [stored, reported]}` where the stored events are not those that MailChimp counts.

    What MailChimp does not name is not compared. More opens and clicks than reported are no difference:
    they happened after the summary was read. Unsubscribes that only the audience reported are not
    compared with the report's.
    """
    reported = {
        "sent": summary.emails_sent,
        "bounced": summary.bounces,
        "opened": summary.opens,
        "clicked": summary.clicks,
        "unsubscribed": summary.unsubscribed,
        "complained": summary.complaints,
    }
    stored = {kind: counts["events"].get(kind, 0) for kind in reported}
    stored["unsubscribed"] -= counts["provisional"]
    return {
        kind: [stored[kind], count]
        for kind, count in reported.items()
        if count is not None
        and (stored[kind] < count or (stored[kind] > count and kind not in _MAY_BE_AHEAD))
    }


def missing_counts(differences: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """How many events of each kind are missing, from what `count_differences` returned."""
    return {
        kind: reported - stored
        for kind, (stored, reported) in differences.items()
        if reported > stored
    }


def hourly_series(session: Session, mailing_id: int, sent_at: int) -> list[dict[str, Any]]:
    """The chart of the first 48 hours, in the format of the `timeseries` of MailChimp's report.

    https://mailchimp.com/developer/marketing/api/reports/get-campaign-report/
    """
    hours = events.hourly_people(session, mailing_id, sent_at, SERIES_HOURS)
    return [
        {
            "timestamp": _iso(sent_at + hour * 3600),
            "unique_opens": opens,
            "recipients_clicks": clicks,
        }
        for hour, opens, clicks in hours
    ]


def top_links(session: Session, mailing_id: int) -> dict[str, list[list[Any]]]:
    """`links`: `[url, clicks, people, id]` of the 50 most clicked links, most clicked first.

    `items`: `[ref, clicks, people, id of a link]` of the clicked entries of blocks.
    """
    links = clicked_links.most_clicked(session, mailing_id, _MAX_LINKS)
    has_items = len(links) == _MAX_LINKS or any(link.item_ref for link in links)
    items = clicked_links.clicked_items(session, mailing_id) if has_items else []
    return {"links": [list(link[:4]) for link in links], "items": [list(item) for item in items]}


def top_domains(session: Session, mailing_id: int) -> list[list[Any]]:
    """`[domain, mailed, bounced, opened, clicked]` of the 8 most mailed domains, most mailed first."""
    return [list(row) for row in most_mailed(session, mailing_id, _MAX_DOMAINS)]


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
