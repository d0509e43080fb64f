"""The gate: one call that tells of all sent campaigns of an account whether anything happened (E6)."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from cxmc_ext.db.queries import mailings, syncing
from cxmc_ext.db.queries.syncing import Turn
from cxmc_ext.domain.errors import MailChimpError
from cxmc_ext.domain.remote import ReportLine
from cxmc_ext.domain.rules import tiers
from cxmc_ext.services import Services
from cxmc_ext.usecases.sync_calls import Calls

FRESH = 60
"""Seconds another turn's gate call stays good for a campaign that it saw changed."""


def known_line(turn: Turn, now: int) -> ReportLine | None:
    """The line another turn just read for this mailing, if it says that something happened."""
    stored = turn.report.get("line")
    if not stored or turn.report.get("line_at", 0) < max(now - FRESH, 1) or not turn.gate_at:
        return None
    line = ReportLine(**stored)
    return line if line.fingerprint() != turn.sync_line else None


def ask(services: Services, turn: Turn, calls: Calls, now: int) -> ReportLine | None:
    """Reads the lines, settles every unchanged mailing of the account that is due, and keeps the lines
    of the changed ones for their own turns. Returns the line of this turn's own mailing.
    """
    session = services.session()
    due = {row.remote_id: row for row in syncing.due_sent(session, turn, now)}
    session.commit()
    since = min((row.sent_at or 0 for row in due.values()), default=0)
    try:
        lines = calls.call("report_lines", lambda: _lines(calls, max(since - 1, 0), due))
    except MailChimpError:
        syncing.give_gate_back(session, turn.account_id, now)
        session.commit()
        raise
    syncing.extend(session, turn)
    calls.note()
    own = lines.pop(turn.remote_id, None)
    quiet = {name for name, line in lines.items() if unchanged(due[name], line, now)}
    syncing.settle(session, [_settled(due[name], now) for name in quiet])
    _hand_over(services, {due[n].id: line for n, line in lines.items() if n not in quiet}, now)
    session.commit()
    return own


def unchanged(row: Any, line: ReportLine, now: int) -> bool:
    """Nothing happened since the last complete reading, and that one missed nothing.

    :param row: anything with the columns that `syncing.due_sent` reads.
    """
    if row.sync_since is None or row.sync_line != line.fingerprint():
        return False
    return not row.sync_gap or row.sync_tier == _tier(row, now)


def report_of(previous: dict[str, Any], line: ReportLine, now: int) -> dict[str, Any]:
    """What is stored of a line for the screen and for the mailing's own turn."""
    facts = {each.name: getattr(line, each.name) for each in fields(line) if each.name != "body"}
    return {**previous, **line.body, "line": facts, "line_at": now}


def _lines(calls: Calls, since: int, due: dict[str, Row[Any]]) -> dict[str, ReportLine]:
    return {line.id: line for line in calls.api.report_lines(since) if line.id in due}


def _settled(row: Row[Any], now: int) -> dict[str, int]:
    origin = syncing.origin(row.created_at, row.schedule_at, row.sent_at) or now
    following = tiers.next_sync(origin, now, row.id)
    seen = row.next_sync_at
    return {"row": row.id, "seen": seen, "next": following, "tier": _tier(row, now), "now": now}


def _tier(row: Any, now: int) -> int:
    return tiers.tier(syncing.origin(row.created_at, row.schedule_at, row.sent_at) or now, now)


def _hand_over(services: Services, lines: dict[int, ReportLine], now: int) -> None:
    session = services.session()
    for mailing_id, report in syncing.reports(session, lines).items():
        mailings.store(session, mailing_id, report=report_of(report, lines[mailing_id], now))
