"""The synchronisation: who is due, and one turn of one mailing from claim to release."""

import secrets

from cxmc_ext.db.queries import sync_due, sync_turns
from cxmc_ext.db.queries.sync_turns import SyncTurn
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import (
    LostLease,
    MailChimpError,
    SetupError,
)
from cxmc_ext.domain.mailchimp import ReportSummary
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import worker_allocation
from cxmc_ext.usecases.sync import change_check, unsubscribes
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.sync import status as sync_status
from cxmc_ext.usecases.sync.api_calls import TurnCalls
from cxmc_ext.usecases.sync.report import import_report
from cxmc_ext.usecases.sync.schedule import _problem_for, next_interval, postpone

_SOON = 60


def run(services: Services, mailing_id: int, requested: bool = False) -> None:
    """One turn of one mailing, if it is due and nobody else has it. Never raises for remote trouble.

    :param asked: somebody wants it now, due or not.
    """
    session, now = services.session(), services.clock()
    owner = sync_due.account_of(session, mailing_id)
    if requested:
        sync_turns.request_now(session, mailing_id, now)
        session.commit()  # who waits to take a worker holds nothing that somebody else may wait for
    if owner is None or not worker_allocation.acquire_worker(services, owner):
        sync_due.reschedule(session, mailing_id, now)
        session.commit()
        return
    turn = sync_turns.claim(session, mailing_id, secrets.token_hex(8), now)
    session.commit()
    if turn is None:
        return
    theirs = services.for_account(turn.account_ref)
    session.commit()  # the CRM may have looked the tenant up, and calls follow
    try:
        _take(theirs, turn)
    except LostLease:
        session.rollback()


def _take(services: Services, turn: SyncTurn) -> None:
    try:
        calls = TurnCalls(services, turn)
    except SetupError:
        postpone(services, turn, Problem("key_unreadable"), None)
        return
    try:
        _follow(services, turn, calls)
    except MailChimpError as error:
        services.session().rollback()
        calls.write_audit()
        postpone(services, turn, _problem_for(error), error)


def _follow(services: Services, turn: SyncTurn, calls: TurnCalls) -> None:
    sent: SyncTurn | None = turn
    if turn.state != MailingState.SENT:
        sent = sync_status.follow_status(services, turn, calls)
    if sent is None:
        return
    now = services.clock()
    line = change_check.recent_line(sent, now)
    if line is None:
        line = _asked(services, sent, calls, now)
    if line is not None:
        import_report(services, sent, calls, line, now)


def _asked(services: Services, turn: SyncTurn, calls: TurnCalls, now: int) -> ReportSummary | None:
    """The gate's line of this mailing if it must be read; otherwise the turn has ended."""
    session = services.session()
    mine = sync_turns.claim_change_check(session, turn.account_id, now)
    session.commit()
    if not mine:
        sync_turns.finish(session, turn, now + sync_turns.CHANGE_CHECK_INTERVAL)
        session.commit()
        return None
    line = change_check.check_for_changes(services, turn, calls, now)
    unsubscribes.import_unsubscribes(services, turn, calls, now)
    if line is None:
        _unlisted(services, turn, calls, now)
        return None
    if change_check.is_unchanged(turn, line, now):
        tier = sync_intervals.interval_index(turn.age_origin or now, now)
        sync_schedule.reschedule(services, turn, next_interval(turn, now), sync_interval_index=tier)
        return None
    return line


def _unlisted(services: Services, turn: SyncTurn, calls: TurnCalls, now: int) -> None:
    """No report: deleted in MailChimp, or so fresh that there is none yet."""
    if not sync_status.still_exists(services, turn, calls):
        return
    fresh = turn.sent_at is not None and now - turn.sent_at < sync_intervals.HOUR
    sync_schedule.reschedule(services, turn, now + _SOON if fresh else next_interval(turn, now))
