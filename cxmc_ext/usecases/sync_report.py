"""Reading a changed report into our tables: events, statuses, opt-outs, counts, and the next time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cxmc_ext.db.queries import syncing
from cxmc_ext.db.queries.syncing import Turn
from cxmc_ext.domain.remote import ReportLine
from cxmc_ext.domain.rules import tiers
from cxmc_ext.domain.values import Why
from cxmc_ext.services import Services
from cxmc_ext.usecases import sync_counts
from cxmc_ext.usecases.sync_calls import Calls
from cxmc_ext.usecases.sync_gate import report_of
from cxmc_ext.usecases.sync_read import Activities, Leavers
from cxmc_ext.usecases.sync_write import Writer

OVERLAP = 600
"""Seconds that are read again: events may show up minutes late (seen for bounces, 2026-07)."""
_BOUNCE_DAYS = 5
_AUDITED = 25
"""Calls whose audit may wait for the next transaction."""
_AGAIN = 60
"""Seconds until a report that moved while it was read is read again."""


def read(services: Services, turn: Turn, calls: Calls, line: ReportLine, now: int) -> None:
    """Stores what is new. Each lot of pages is one transaction; the last one moves the cursor.

    A crash or a page that fails leaves what was stored so far, and the cursor where it was.
    """
    with _seldom_collected():
        _read(services, turn, calls, line, now)


def _read(services: Services, turn: Turn, calls: Calls, line: ReportLine, now: int) -> None:
    sent_at = _sent_at(turn, line, now)
    note = f"Unsubscribed through the MailChimp campaign “{turn.title}”"
    writer = Writer(services, turn.mailing_id, turn.account_id, sent_at, note)
    session = services.session()
    full = _is_full(turn, line, now)
    complete = _store_activities(services, turn, calls, writer, line, full)
    _store_leavers(services, turn, calls, writer, line)
    counted = sync_counts.counts(session, turn.mailing_id)
    session.commit()
    if not full and _lacks(turn, line, counted):
        complete = _store_activities(services, turn, calls, writer, line, full=True)
        counted = sync_counts.counts(session, turn.mailing_id)
    syncing.extend(session, turn)
    calls.note()
    values = _outcome(services, turn, line, now, sent_at, counted)
    if complete:
        following = tiers.next_sync(turn.origin or sent_at, services.clock(), turn.mailing_id)
    else:
        values |= {"sync_note": Why("report_moved").as_json(), "sync_since": turn.sync_since}
        values |= {"sync_line": turn.sync_line}
        following = services.clock() + _AGAIN
    syncing.finish(session, turn, following, **values)
    session.commit()


def _store_activities(
    services: Services, turn: Turn, calls: Calls, writer: Writer, line: ReportLine, full: bool
) -> bool:
    """Whether all pages were of one moment."""
    since = None if full else (turn.sync_since or 0) - OVERLAP
    activities = Activities(calls, turn.remote_id, since, line.emails_sent)
    session = services.session()
    for lot in activities.lots():
        syncing.extend(session, turn)
        writer.activities(lot)
        calls.note(_AUDITED)
        session.commit()
    return activities.complete


def _store_leavers(
    services: Services, turn: Turn, calls: Calls, writer: Writer, line: ReportLine
) -> None:
    session = services.session()
    for page in Leavers(calls, turn.remote_id, _leavers(turn, line)).pages():
        syncing.extend(session, turn)
        writer.leavers(page)
        calls.note(_AUDITED)
        session.commit()


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Pages are masses of short-lived values without a cycle; looking for cycles took a third of the CPU."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _lacks(turn: Turn, line: ReportLine, counted: dict[str, dict[str, int]]) -> bool:
    """Whether less is stored than reported, and more is missing than was known to be."""
    gap = sync_counts.gap(line, counted["events"])
    return bool(gap) and sync_counts.missing(gap) != sync_counts.missing(turn.sync_gap)


def _outcome(
    services: Services,
    turn: Turn,
    line: ReportLine,
    now: int,
    sent_at: int,
    counted: dict[str, dict[str, int]],
) -> dict[str, Any]:
    """The cursor is the last event the line knew of, not the time: clocks may differ."""
    details = sync_counts.details(services.session(), turn.mailing_id, sent_at)
    cursor = max(sent_at, line.last_open or 0, line.last_click or 0)
    return {
        "sent_at": sent_at,
        "emails_sent": line.emails_sent,
        "counts": {**turn.counts, **counted},
        "report": {**report_of(turn.report, line, now), **details},
        "sync_line": line.fingerprint(),
        "sync_since": None if _lacks(turn, line, counted) else min(cursor, now),
        "sync_tier": tiers.tier(turn.origin or sent_at, now),
        "sync_gap": sync_counts.gap(line, counted["events"]),
        "sync_fails": 0,
        "sync_note": None,
        "last_sync_at": services.clock(),
    }


def _sent_at(turn: Turn, line: ReportLine, now: int) -> int:
    """MailChimp's send time; once a report was read completely it stays what it was then."""
    known = turn.sent_at if turn.sync_line else None
    return known or line.send_time or turn.sent_at or now


def _is_full(turn: Turn, line: ReportLine, now: int) -> bool:
    """Whether everything is read again instead of what came since the cursor.

    Bounces move no time in the line and may be dated back, for about five days.
    """
    if turn.sync_since is None or tiers.tier(turn.origin or now, now) != turn.sync_tier:
        return True
    age = now - (turn.sent_at or now)
    return line.bounces != _previous(turn, "bounces") and age < _BOUNCE_DAYS * tiers.DAY


def _leavers(turn: Turn, line: ReportLine) -> int:
    """How many to read: none when their number is what it was."""
    known = turn.sync_since is not None and line.unsubscribed == _previous(turn, "unsubscribed")
    return 0 if known else line.unsubscribed


def _previous(turn: Turn, name: str) -> int | None:
    """A figure of the line that was last read completely."""
    figures = turn.sync_line.split("/")[-2:]
    stored = dict(zip(("bounces", "unsubscribed"), figures, strict=False))
    return int(stored[name]) if len(stored) == 2 else None
