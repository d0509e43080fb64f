"""Imports a changed report: events, statuses, opt-outs, counts, and what the screens show of it."""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from cxmc_ext.db.queries import bulk, events
from cxmc_ext.db.queries.sync_turns import SyncTurn
from cxmc_ext.domain.mailchimp import ReportSummary, Unsubscribe
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.domain.rules.events import has_news_since
from cxmc_ext.domain.rules.stored_figures import find_value, stored_share
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.sync import totals
from cxmc_ext.usecases.sync.bounces import BounceRecorder
from cxmc_ext.usecases.sync.change_check import (
    Changes,
    interval_index,
    is_unchanged,
    merge_summary,
)
from cxmc_ext.usecases.sync.context import TurnContext, TurnEnd
from cxmc_ext.usecases.sync.pages import PAGE_SIZE, ActivityPages, unsubscribe_pages
from cxmc_ext.usecases.sync.schedule import (
    next_interval,
    postponed,
    retry_delay,
    succeeded,
    warnings_of,
)
from cxmc_ext.usecases.sync.status import without_report
from cxmc_ext.usecases.sync.storage import ReportWriter
from cxmc_ext.usecases.sync.totals import StoredCounts

# Seconds before the cursor that are read again: events may show up minutes late (observed for bounces,
# 2026-07).
CURSOR_OVERLAP = 600
# Bounces may be dated back for about this long (observed 2026-07).
_BOUNCE_PERIOD = 5 * sync_intervals.DAY
# After this age the chart of the first days changes only if everything is read again.
_CHART_PERIOD = 4 * sync_intervals.DAY
# While pages are read, calls are written to the audit when this many are waiting.
_AUDIT_BATCH = 25
# The figures in a fingerprint that decide what is read: its first part and its last three.
_FIGURES = ("emails_sent", "bounces", "unsubscribed", "complaints")


class _Import(NamedTuple):
    """What came of reading the pages of a report."""

    is_full: bool
    """Everything was read, not only what is new."""
    is_complete: bool
    """All pages showed the report at one moment, so nothing can be missing."""
    counts: StoredCounts


def import_report(context: TurnContext, changes: Changes) -> TurnEnd:
    """Stores what is new in the report of the turn's mailing.

    Every few pages are one transaction; only the release of the turn moves the cursor. A crash or a
    failed page therefore keeps what was stored so far, and the next turn reads from the same cursor.

    Args:
        context: The turn.
        changes: What `check_for_changes` returned. Nothing is read if the report is unchanged.

    Returns:
        How the turn ends. The mailing's row stays locked until it is released.

    Raises:
        EndTurn: The campaign was deleted at MailChimp.
        LostLease: Another worker has the turn, or the module was deactivated.
        MailChimpError: A call failed.
    """
    summary = changes.summary
    if summary is None:
        return without_report(context)
    turn, now = context.turn, context.started_at
    if not changes.from_other_turn and is_unchanged(turn, summary, now):
        values: dict[str, Any] = {"sync_interval_index": interval_index(turn, now)}
        # Without a difference, what the last import dropped was not missed, or has been read.
        if not turn.count_differences:
            values["sync_warnings"] = warnings_of(context)
        return succeeded(context, next_interval(context), **values)
    writer = ReportWriter(context, _sent_at(turn, summary, now))
    with _rare_garbage_collection():
        result = _import(context, summary, writer)
    return _end(context, summary, writer.sent_at, result)


def _import(context: TurnContext, summary: ReportSummary, writer: ReportWriter) -> _Import:
    """Reads what is new; if events are missing afterwards, reads everything."""
    if not context.turn.report_fingerprint:
        bulk.analyze(context.session)
        context.session.commit()
    is_full = _needs_full_import(context, summary)
    is_complete = _import_activity(context, summary, writer, is_full)
    _import_own_unsubscribes(context, summary, writer)
    _import_complaints(context, summary, writer)
    counts = _count(context)
    if not is_full and _misses_events(context.turn, summary, counts):
        context.session.commit()
        is_full = True
        is_complete = _import_activity(context, summary, writer, is_full)
        counts = _count(context)
    return _Import(is_full, is_complete, counts)


def _import_activity(
    context: TurnContext, summary: ReportSummary, writer: ReportWriter, is_full: bool
) -> bool:
    """Stores the activity of the recipients; returns whether the pages were of one moment.

    Recipients without events since the cursor are skipped: the last complete import stored them.
    """
    cursor = None if is_full else (context.turn.events_cursor or 0) - CURSOR_OVERLAP
    since = None if _has_new_bounces(context, summary) else cursor
    pages = ActivityPages(context, since, summary.emails_sent)
    bounces = BounceRecorder(context, writer.sent_at)
    for rows in pages.batches():
        context.extend_lease()
        if cursor is not None:
            rows = [row for row in rows if has_news_since(row, cursor)]
        writer.store_activity(rows)
        context.write_audit(_AUDIT_BATCH)
        context.session.commit()
        bounces.add(rows)
    bounces.record()
    return pages.is_complete


def _import_own_unsubscribes(
    context: TurnContext, summary: ReportSummary, writer: ReportWriter
) -> None:
    """Stores who unsubscribed through the campaign's own link, unless their number is unchanged.

    If fewer are stored than MailChimp counts, they are read each time.
    """
    turn = context.turn
    is_known = turn.events_cursor is not None and "unsubscribed" not in turn.count_differences
    if (
        summary.unsubscribed is not None
        and is_known
        and summary.unsubscribed == _previous_figures(turn)["unsubscribed"]
    ):
        return
    pages = unsubscribe_pages(context, summary.unsubscribed)
    _store_pages(context, pages, writer.store_unsubscribes)


def _import_complaints(context: TurnContext, summary: ReportSummary, writer: ReportWriter) -> None:
    """Stores who marked the mail as spam, unless their number is unchanged."""
    is_known = context.turn.events_cursor is not None
    if is_known and summary.complaints in {None, _previous_figures(context.turn)["complaints"]}:
        return
    if not summary.complaints:
        return
    read = partial(context.api.complaints, context.turn.remote_id)
    complaints = context.call("complaints", read)
    _store_pages(context, in_batches(complaints, PAGE_SIZE), writer.store_complaints)


def _store_pages(
    context: TurnContext,
    pages: Iterable[Sequence[Unsubscribe]],
    store: Callable[[Sequence[Unsubscribe]], None],
) -> None:
    for rows in pages:
        # This locks the account, and the account is always locked before the mailing.
        store(rows)
        context.extend_lease()
        context.write_audit(_AUDIT_BATCH)
        context.session.commit()


def _count(context: TurnContext) -> StoredCounts:
    """Locks the mailing and counts: nobody else changes it until the turn is released."""
    context.extend_lease()
    return totals.stored_counts(context.session, context.turn.mailing_id)


def _misses_events(turn: SyncTurn, summary: ReportSummary, counts: StoredCounts) -> bool:
    """Whether fewer events are stored than reported, by other numbers than the last import found."""
    missing = totals.missing_counts(totals.count_differences(summary, counts))
    return bool(missing) and missing != totals.missing_counts(turn.count_differences)


def _end(context: TurnContext, summary: ReportSummary, sent_at: int, result: _Import) -> TurnEnd:
    """The columns of the mailing after an import.

    If the pages did not fit together, cursor and fingerprint stay, so that the next turn reads again.
    """
    turn, now = context.turn, context.started_at
    values: dict[str, Any] = {
        "sent_at": sent_at,
        "counts": {**turn.counts, **result.counts},
        "report": _report(context, summary, sent_at, result.is_full),
        "open_rate": stored_share(find_value(summary.body, "opens", "open_rate")),
        "click_rate": stored_share(find_value(summary.body, "clicks", "click_rate")),
        "sync_interval_index": sync_intervals.interval_index(turn.age_origin or sent_at, now),
        "count_differences": totals.count_differences(summary, result.counts),
        "sync_warnings": warnings_of(context),
    }
    if summary.emails_sent is not None:
        values["emails_sent"] = summary.emails_sent
    if not result.is_complete:
        problem, delay = Problem("report_moved"), retry_delay(context)
        return postponed(context, problem, delay, last_sync_at=context.now, **values)
    # The cursor is the last event the summary knew of, not the time: clocks may differ.
    last_event = max(sent_at, summary.last_open or 0, summary.last_click or 0)
    misses_events = _misses_events(turn, summary, result.counts)
    values |= {
        "report_fingerprint": summary.fingerprint(),
        "events_cursor": None if misses_events else min(last_event, now),
    }
    next_sync_at = sync_intervals.next_sync_time(
        turn.age_origin or sent_at, context.now, turn.mailing_id
    )
    return succeeded(context, next_sync_at, **values)


def _report(
    context: TurnContext, summary: ReportSummary, sent_at: int, is_full: bool
) -> dict[str, Any]:
    """What the report screen shows."""
    session, mailing_id = context.session, context.turn.mailing_id
    report = merge_summary(context.turn.report, summary, context.started_at)
    if is_full or context.started_at < sent_at + _CHART_PERIOD:
        report["timeseries"] = totals.hourly_series(session, mailing_id, sent_at)
    report |= totals.top_links(session, mailing_id)
    report["domains"] = totals.top_domains(session, mailing_id)
    turn = context.turn
    if turn.resend_of_id or turn.resend_id:
        first, second = turn.resend_of_id or mailing_id, turn.resend_id or mailing_id
        report["opened_in_both"] = events.opened_in_both(session, first, second)
    return report


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Looks for reference cycles less often: pages are many short-lived values without any.

    Looking for them took a third of the CPU time of an import (CPython 3.11, 2026-11).
    """
    before = gc.get_threshold()
    gc.set_threshold(50_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _sent_at(turn: SyncTurn, summary: ReportSummary, now: int) -> int:
    """MailChimp's send time; after the first complete import the stored one stays."""
    stored = turn.sent_at if turn.report_fingerprint else None
    return stored or summary.send_time or turn.sent_at or now


def _needs_full_import(context: TurnContext, summary: ReportSummary) -> bool:
    """Whether everything is stored again: the first time, and once per row of the interval table."""
    turn = context.turn
    if turn.events_cursor is None:
        return True
    if interval_index(turn, context.started_at) != turn.sync_interval_index:
        return True
    return summary.emails_sent != _previous_figures(turn)["emails_sent"]


def _has_new_bounces(context: TurnContext, summary: ReportSummary) -> bool:
    """Bounces change no time of the summary and may be dated back: then all pages are read."""
    turn, now = context.turn, context.started_at
    is_young = now - (turn.sent_at or now) < _BOUNCE_PERIOD
    return is_young and summary.bounces != _previous_figures(turn)["bounces"]


def _previous_figures(turn: SyncTurn) -> dict[str, int | None]:
    """The figures of the summary that was last imported completely, from its fingerprint.

    None for a figure that MailChimp did not name.
    """
    texts = (turn.report_fingerprint or "0/0/0/0").split("/")
    figures = dict(zip(_FIGURES, (texts[0], *texts[-3:]), strict=True))
    return {name: int(text) if text.isdigit() else None for name, text in figures.items()}
