"""Reading a changed report into our tables: events, statuses, opt-outs, counts, and the next time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cxmc_ext.db.queries import bulk, sync_turns
from cxmc_ext.db.queries.sync_turns import SyncTurn
from cxmc_ext.domain.mailchimp import ReportSummary
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.domain.rules.events import has_news_since
from cxmc_ext.services import Services
from cxmc_ext.usecases.sync import totals as report_totals
from cxmc_ext.usecases.sync.api_calls import TurnCalls
from cxmc_ext.usecases.sync.change_check import merge_line
from cxmc_ext.usecases.sync.pages import ActivityPages, UnsubscribePages
from cxmc_ext.usecases.sync.storage import ReportWriter
from cxmc_ext.usecases.sync.totals import StoredCounts

CURSOR_OVERLAP = 600
"""Seconds that are read again: events may show up minutes late (seen for bounces, 2026-07)."""
_BOUNCE_DAYS = 5
_CHART = 4 * sync_intervals.DAY
"""Afterwards the chart of the first days only changes when everything is read again."""
_AUDITED = 25
"""Calls whose audit may wait for the next transaction."""
_AGAIN = 60
"""Seconds until a report that moved while it was read is read again; twice as many each time."""


def import_report(
    services: Services, turn: SyncTurn, calls: TurnCalls, line: ReportSummary, now: int
) -> None:
    """Stores what is new. Each lot of pages is one transaction; the last one moves the cursor.

    A crash or a page that fails leaves what was stored so far, and the cursor where it was.
    """
    sent_at = _sent_at(turn, line, now)
    note = f"Unsubscribed through the MailChimp campaign “{turn.title}”"
    writer = ReportWriter(services, turn.mailing_id, turn.account_id, sent_at, note)
    with _seldom_collected():
        _Reading(services, turn, calls, line, now, writer).run()


@dataclass(frozen=True, slots=True)
class _Reading:
    """One mailing, one line of the gate that says more than is stored."""

    services: Services
    turn: SyncTurn
    calls: TurnCalls
    line: ReportSummary
    now: int
    writer: ReportWriter

    def run(self) -> None:
        """Where the count lacks something after reading what is new, everything is read again."""
        session = self.services.session()
        if not self.turn.report_fingerprint:
            bulk.analyze(session)
            session.commit()
        full = _is_full(self.turn, self.line, self.now)
        complete = self.activities(full)
        self.leavers()
        counted = self.counted()
        if not full and self.lacks(counted):
            session.commit()
            full, complete = True, self.activities(full=True)
            counted = self.counted()
        self.finish(full, complete, counted)

    def activities(self, full: bool) -> bool:
        """Whether all pages were of one moment.

        Whom nothing happened to since was stored with everybody else by the last complete reading.
        """
        turn, session = self.turn, self.services.session()
        cursor = None if full else (turn.events_cursor or 0) - CURSOR_OVERLAP
        since = None if _bounced(turn, self.line, self.now) else cursor
        found = ActivityPages(self.calls, turn.remote_id, since, self.line.emails_sent)
        for lot in found.batches():
            sync_turns.extend(session, turn)
            self.writer.store_activity(
                lot if cursor is None else [row for row in lot if has_news_since(row, cursor)]
            )
            self.calls.write_audit(_AUDITED)
            session.commit()
        return found.complete

    def leavers(self) -> None:
        turn, session = self.turn, self.services.session()
        for page in UnsubscribePages(self.calls, turn.remote_id, _leavers(turn, self.line)).pages():
            self.writer.store_unsubscribes(
                page
            )  # locks the account, which always goes before the mailing
            sync_turns.extend(session, turn)
            self.calls.write_audit(_AUDITED)
            session.commit()

    def counted(self) -> StoredCounts:
        """Counts what `finish` stores: nobody else changes the mailing from here to its commit."""
        session = self.services.session()
        sync_turns.extend(session, self.turn)
        return report_totals.stored_counts(session, self.turn.mailing_id)

    def lacks(self, counted: StoredCounts) -> bool:
        """Whether less is stored than reported, and more is missing than was known to be."""
        gap = report_totals.count_differences(self.line, counted["events"])
        known = report_totals.missing_counts(self.turn.count_differences)
        return bool(gap) and report_totals.missing_counts(gap) != known

    def finish(self, full: bool, complete: bool, counted: StoredCounts) -> None:
        turn, session, now = self.turn, self.services.session(), self.services.clock()
        self.calls.write_audit()
        values = self.outcome(full, counted)
        following = sync_intervals.next_sync_time(
            turn.age_origin or self.writer.sent_at, now, turn.mailing_id
        )
        if not complete:
            values |= {
                "sync_problem": Problem("report_moved").to_json(),
                "events_cursor": turn.events_cursor,
            }
            values |= {
                "report_fingerprint": turn.report_fingerprint,
                "sync_failures": turn.sync_failures + 1,
            }
            longest = sync_intervals.interval(turn.age_origin or self.writer.sent_at, now)
            following = now + min(_AGAIN * 2 ** min(turn.sync_failures, 16), longest)
        sync_turns.finish(session, turn, following, **values)
        session.commit()

    def outcome(self, full: bool, counted: StoredCounts) -> dict[str, Any]:
        """The cursor is the last event the line knew of, not the time: clocks may differ."""
        turn, line, sent_at = self.turn, self.line, self.writer.sent_at
        session, early = self.services.session(), full or self.now < sent_at + _CHART
        report = merge_line(turn.report, line, self.now)
        if early:
            report["timeseries"] = report_totals.hourly_series(session, turn.mailing_id, sent_at)
        report["links"] = report_totals.top_links(session, turn.mailing_id)
        report["domains"] = report_totals.top_domains(session, turn.mailing_id)
        cursor = max(sent_at, line.last_open or 0, line.last_click or 0)
        return {
            "sent_at": sent_at,
            "emails_sent": line.emails_sent,
            "counts": {**turn.counts, **counted},
            "report": report,
            "report_fingerprint": line.fingerprint(),
            "events_cursor": None if self.lacks(counted) else min(cursor, self.now),
            "sync_interval_index": sync_intervals.interval_index(
                turn.age_origin or sent_at, self.now
            ),
            "count_differences": report_totals.count_differences(line, counted["events"]),
            "sync_failures": 0,
            "sync_problem": None,
            "last_sync_at": self.services.clock(),
        }


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Pages are masses of short-lived values without a cycle; looking for cycles took a third of the CPU."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _sent_at(turn: SyncTurn, line: ReportSummary, now: int) -> int:
    """MailChimp's send time; once a report was read completely it stays what it was then."""
    known = turn.sent_at if turn.report_fingerprint else None
    return known or line.send_time or turn.sent_at or now


def _is_full(turn: SyncTurn, line: ReportSummary, now: int) -> bool:
    """Whether everything is stored again instead of what came since the cursor."""
    if (
        turn.events_cursor is None
        or sync_intervals.interval_index(turn.age_origin or now, now) != turn.sync_interval_index
    ):
        return True
    return line.emails_sent != _before(turn)["emails_sent"]


def _bounced(turn: SyncTurn, line: ReportSummary, now: int) -> bool:
    """Bounces move no time in the line and may be dated back, for about five days: all pages are read."""
    young = now - (turn.sent_at or now) < _BOUNCE_DAYS * sync_intervals.DAY
    return young and line.bounces != _before(turn)["bounces"]


def _leavers(turn: SyncTurn, line: ReportSummary) -> int:
    """How many to read: none when their number is what it was."""
    known = turn.events_cursor is not None and line.unsubscribed == _before(turn)["unsubscribed"]
    return 0 if known else line.unsubscribed


def _before(turn: SyncTurn) -> dict[str, int]:
    """The figures of the line that was last read completely, as its fingerprint keeps them."""
    emails_sent, *_, bounces, unsubscribed = (turn.report_fingerprint or "0/0/0").split("/")
    return {
        "emails_sent": int(emails_sent),
        "bounces": int(bounces),
        "unsubscribed": int(unsubscribed),
    }
