"""The gate: one call that tells of all sent campaigns of an account whether anything happened (E6)."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from cxmc_ext.db.queries import mailings, sync_turns
from cxmc_ext.db.queries.sync_turns import SyncTurn
from cxmc_ext.domain.errors import MailChimpError
from cxmc_ext.domain.mailchimp import ReportSummary
from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.services import Services
from cxmc_ext.usecases.sync.api_calls import TurnCalls

LINE_MAX_AGE = 60
"""Seconds another turn's gate call stays good for a campaign that it saw changed."""


def recent_line(turn: SyncTurn, now: int) -> ReportSummary | None:
    """The line another turn just read for this mailing, if it says that something happened."""
    stored = turn.report.get("line")
    if (
        not stored
        or turn.report.get("line_at", 0) < max(now - LINE_MAX_AGE, 1)
        or not turn.change_checked_at
    ):
        return None
    line = ReportSummary(**stored)
    return line if line.fingerprint() != turn.report_fingerprint else None


def check_for_changes(
    services: Services, turn: SyncTurn, calls: TurnCalls, now: int
) -> ReportSummary | None:
    """Reads the lines, settles every unchanged mailing of the account that is due, and keeps the lines
    of the changed ones for their own turns. Returns the line of this turn's own mailing.
    """
    session = services.session()
    due = {row.remote_id: row for row in sync_turns.due_sent_mailings(session, turn, now)}
    session.commit()
    since = min((row.sent_at or 0 for row in due.values()), default=0)
    try:
        lines = calls.call("report_lines", lambda: _lines(calls, max(since - 1, 0), due))
    except MailChimpError:
        sync_turns.release_change_check(session, turn.account_id, now)
        session.commit()
        raise
    sync_turns.extend(session, turn)
    calls.write_audit()
    own = lines.pop(turn.remote_id, None)
    quiet = {name for name, line in lines.items() if is_unchanged(due[name], line, now)}
    sync_turns.mark_unchanged(session, [_settled(due[name], now) for name in quiet])
    _hand_over(services, {due[n].id: line for n, line in lines.items() if n not in quiet}, now)
    session.commit()
    return own


def is_unchanged(row: Any, line: ReportSummary, now: int) -> bool:
    """Nothing happened since the last complete reading, and that one missed nothing.

    :param row: anything with the columns that `syncing.due_sent` reads.
    """
    if row.events_cursor is None or row.report_fingerprint != line.fingerprint():
        return False
    return not row.count_differences or row.sync_interval_index == _tier(row, now)


def merge_line(previous: dict[str, Any], line: ReportSummary, now: int) -> dict[str, Any]:
    """What is stored of a line for the screen and for the mailing's own turn."""
    facts = {each.name: getattr(line, each.name) for each in fields(line) if each.name != "body"}
    return {**previous, **line.body, "line": facts, "line_at": now}


def _lines(calls: TurnCalls, since: int, due: dict[str, Row[Any]]) -> dict[str, ReportSummary]:
    return {line.id: line for line in calls.api.report_summaries(since) if line.id in due}


def _settled(row: Row[Any], now: int) -> dict[str, int]:
    origin = sync_intervals.age_origin(row.remote_created_at, row.schedule_at, row.sent_at) or now
    following = sync_intervals.next_sync_time(origin, now, row.id)
    seen = row.next_sync_at
    return {"row": row.id, "seen": seen, "next": following, "tier": _tier(row, now), "now": now}


def _tier(row: Any, now: int) -> int:
    return sync_intervals.interval_index(
        sync_intervals.age_origin(row.remote_created_at, row.schedule_at, row.sent_at) or now, now
    )


def _hand_over(services: Services, lines: dict[int, ReportSummary], now: int) -> None:
    session = services.session()
    for mailing_id, report in sync_turns.lock_reports(session, lines).items():
        mailings.update_columns(
            session, mailing_id, report=merge_line(report, lines[mailing_id], now)
        )
