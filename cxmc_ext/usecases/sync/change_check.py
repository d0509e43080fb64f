"""The change check: one call shows for all sent campaigns of an account whether their report changed."""

from dataclasses import fields
from typing import Any, NamedTuple, Protocol

from cxmc_ext.db.queries import change_check as queries
from cxmc_ext.db.queries import mailings
from cxmc_ext.db.queries.change_check import DueMailing, UnchangedMailing
from cxmc_ext.domain.errors import MailChimpError
from cxmc_ext.domain.mailchimp import ReportSummary
from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.services import Services
from cxmc_ext.usecases.sync.context import EndTurn, TurnContext, TurnEnd

# Seconds for which a summary is used that another mailing's turn has read.
SUMMARY_MAX_AGE = 60
# Seconds after which a turn looks for the summary that another worker was about to read.
_RETRY_SECONDS = 5


class Changes(NamedTuple):
    """What the change check found out about the turn's own mailing."""

    summary: ReportSummary | None
    """None: MailChimp lists no report of the campaign, or none yet."""
    from_other_turn: bool = False
    """The turn of another mailing made the call, and imported the account's unsubscribes."""


class SyncState(Protocol):
    """What the last complete import of a mailing left; `SyncTurn` and `DueMailing` have it."""

    @property
    def age_origin(self) -> int: ...
    @property
    def events_cursor(self) -> int | None: ...
    @property
    def report_fingerprint(self) -> str: ...
    @property
    def count_differences(self) -> dict[str, Any]: ...
    @property
    def sync_interval_index(self) -> int: ...


def check_for_changes(context: TurnContext) -> Changes:
    """Reads the report summaries of the account's due campaigns (`GET /reports`), unless it was just done.

    Due mailings whose report is unchanged are rescheduled; the others get their summary stored, which
    saves their own turns this call.

    Returns:
        The summary of the turn's own mailing.

    Raises:
        EndTurn: Another worker makes the call right now; the mailing is due again in 5 seconds.
        LostLease: Another worker has the turn.
        MailChimpError: The call failed; the next turn may make it at once.
    """
    recent = _recent_summary(context)
    if recent is not None:
        return Changes(recent, from_other_turn=True)
    turn, now = context.turn, context.started_at
    is_ours = queries.claim_change_check(context.session, turn.account_id, now)
    context.session.commit()
    if not is_ours:
        raise EndTurn(TurnEnd(now + _RETRY_SECONDS, {}))
    due = {row.remote_id: row for row in queries.due_sent_mailings(context.session, turn, now)}
    context.session.commit()
    summaries = _read_summaries(context, due)
    context.extend_lease()
    context.write_audit()
    own = summaries.pop(turn.remote_id, None)
    _sort_out(context, due, summaries)
    context.session.commit()
    return Changes(own)


def is_unchanged(state: SyncState, summary: ReportSummary, now: int) -> bool:
    """Whether nothing happened since the last complete import, and that one missed nothing.

    If our counts differ from MailChimp's, everything is read again once per sync interval.
    """
    if state.events_cursor is None or state.report_fingerprint != summary.fingerprint():
        return False
    return not state.count_differences or state.sync_interval_index == interval_index(state, now)


def interval_index(state: SyncState, now: int) -> int:
    """The row of the table of sync intervals that applies to the mailing's age."""
    return sync_intervals.interval_index(state.age_origin or now, now)


def merge_summary(report: dict[str, Any], summary: ReportSummary, now: int) -> dict[str, Any]:
    """The stored report with a newer summary.

    Args:
        report: What is stored in the mailing.
        summary: What MailChimp lists now. Its whole body is kept for the screens.
        now: When the summary was read, in Unix seconds.

    Returns:
        The report to store; its key "summary" holds the summary for the mailing's own turn.
    """
    values = {
        field.name: getattr(summary, field.name)
        for field in fields(summary)
        if field.name != "body"
    }
    return {**report, **summary.body, "summary": values, "summary_read_at": now}


def hand_over(services: Services, summaries: dict[int, ReportSummary], now: int) -> None:
    """Stores the summaries of other mailings for their own turns; the caller commits.

    Mailings that another worker reads or writes at this moment, or has read, are skipped: their report may
    be newer.

    Args:
        services: Those of the account.
        summaries: By mailing id.
        now: When they were read, in Unix seconds.
    """
    session = services.session()
    for mailing_id, report in queries.lock_reports(session, summaries, now).items():
        merged = merge_summary(report, summaries[mailing_id], now)
        mailings.update_columns(session, mailing_id, report=merged)


def _recent_summary(context: TurnContext) -> ReportSummary | None:
    """The summary another turn has just read for this mailing, if it shows a change.

    After “Update now” (`change_checked_at` is 0) only a new call will do.
    """
    turn = context.turn
    stored, stored_at = turn.report.get("summary"), turn.report.get("summary_read_at", 0)
    oldest = max(context.started_at - SUMMARY_MAX_AGE, 1)
    if not stored or stored_at < oldest or not turn.change_checked_at:
        return None
    summary = _stored_summary(stored)
    return (
        summary
        if summary is not None and summary.fingerprint() != turn.report_fingerprint
        else None
    )


def _stored_summary(stored: Any) -> ReportSummary | None:
    try:
        return ReportSummary(**stored)
    except TypeError:  # another version of this code stored other fields
        return None


def _read_summaries(context: TurnContext, due: dict[str, DueMailing]) -> dict[str, ReportSummary]:
    """The summaries of the due campaigns by remote id."""
    oldest_sent_at = min(
        (row.sent_at or row.remote_created_at or 0 for row in due.values()), default=0
    )
    since = max(oldest_sent_at - 1, 0)

    def read() -> dict[str, ReportSummary]:
        summaries = context.api.report_summaries(since)
        return {summary.id: summary for summary in summaries if summary.id in due}

    try:
        return context.call("report_summaries", read)
    except MailChimpError:
        queries.release_change_check(context.session, context.turn.account_id, context.started_at)
        context.session.commit()
        raise


def _sort_out(
    context: TurnContext, due: dict[str, DueMailing], summaries: dict[str, ReportSummary]
) -> None:
    """Reschedules the unchanged mailings and hands the others their summary."""
    now = context.started_at
    unchanged: list[UnchangedMailing] = []
    changed: dict[int, ReportSummary] = {}
    for remote_id, summary in summaries.items():
        mailing = due[remote_id]
        if is_unchanged(mailing, summary, now):
            unchanged.append(_rescheduled(mailing, now))
        else:
            changed[mailing.id] = summary
    queries.mark_unchanged(context.session, unchanged, now)
    hand_over(context.services, changed, now)


def _rescheduled(mailing: DueMailing, now: int) -> UnchangedMailing:
    return UnchangedMailing(
        id=mailing.id,
        due_at=mailing.next_sync_at,
        next_sync_at=sync_intervals.next_sync_time(mailing.age_origin or now, now, mailing.id),
        sync_interval_index=interval_index(mailing, now),
    )
