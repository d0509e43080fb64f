"""The synchronisation: who is due, and one turn of one mailing from claim to release."""

import secrets
from itertools import zip_longest
from typing import Any

from sqlalchemy.orm import Session

from cxmc_ext.db.models import Mailing
from cxmc_ext.db.queries import accounts, due, mailings, syncing
from cxmc_ext.db.queries.syncing import SyncTurn
from cxmc_ext.domain.errors import (
    Conflict,
    KeyRefused,
    LostLease,
    MailChimpError,
    NotFound,
    Refused,
    SetupError,
    Throttled,
    Unreachable,
)
from cxmc_ext.domain.remote import ReportSummary
from cxmc_ext.domain.rules import tiers
from cxmc_ext.domain.values import AuditAction, MailingState, User, Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases import audit, fairness, sync_gate, sync_leavers, sync_watch
from cxmc_ext.usecases.sync_calls import TurnCalls
from cxmc_ext.usecases.sync_report import import_report

_FIRST_RETRY = 60
_SOON = 60


def run(services: Services, mailing_id: int, requested: bool = False) -> None:
    """One turn of one mailing, if it is due and nobody else has it. Never raises for remote trouble.

    :param asked: somebody wants it now, due or not.
    """
    session, now = services.session(), services.clock()
    owner = due.account_of(session, mailing_id)
    if requested:
        syncing.request_now(session, mailing_id, now)
        session.commit()  # who waits to take a worker holds nothing that somebody else may wait for
    if owner is None or not fairness.acquire_worker(services, owner):
        due.reschedule(session, mailing_id, now)
        session.commit()
        return
    turn = syncing.claim(session, mailing_id, secrets.token_hex(8), now)
    session.commit()
    if turn is None:
        return
    theirs = services.for_account(turn.account_ref)
    session.commit()  # the CRM may have looked the tenant up, and calls follow
    try:
        _take(theirs, turn)
    except LostLease:
        session.rollback()


def claim_due(services: Services, limit: int) -> list[int]:
    """Due mailings for a wake-up, from each account in turn, newest first.

    They are not due again for two minutes. An account that may take no worker now keeps its own.

    :param limit: how many in all; of each account at least one.
    """
    session, now = services.session(), services.clock()
    owners = due.accounts_due(session, now, services.account_ref)
    crowded = fairness.saturated_accounts(services) if owners else frozenset[int]()
    free = [owner for owner in owners if owner not in crowded]
    each = max(1, limit // max(1, len(free)))
    found = [due.claim_due(session, owner, now, each) for owner in free]
    session.commit()
    return [row for lot in zip_longest(*found) for row in lot if row is not None]


def request_update(services: Services, actor: User, campaign_ref: str) -> None:
    """“Update now”: due at once; several presses are one.

    :raises Conflict: when there is no campaign in MailChimp.
    """
    session = services.session()
    account = accounts.get_or_create(session, services.account_ref)
    mailing = mailings.get_by_campaign(session, account.id, campaign_ref)
    if mailing is None or mailing.remote_id is None:
        raise Conflict(Problem("nothing_to_update"))
    mailing_id = mailing.id
    syncing.request_now(session, mailing_id, services.clock())
    audit.log(services, account.id, AuditAction.UPDATE, actor, mailing_id=mailing_id)
    session.commit()
    services.queue.nudge_sync(mailing_id)


def start_syncing(session: Session, mailing: Mailing, now: int) -> None:
    """From now on the mailing is synchronised. A sent one is read at once. The caller commits."""
    sent = mailing.state == MailingState.SENT or mailing.remote_status == "sent"
    following = (
        now
        if sent
        else sync_watch.next_check_at(
            now,
            mailing.state,
            mailing.id,
            created_at=mailing.remote_created_at,
            schedule_at=mailing.schedule_at,
            sent_at=mailing.sent_at,
        )
    )
    mailings.update_columns(session, mailing.id, next_sync_at=following)


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
        sent = sync_watch.follow_status(services, turn, calls)
    if sent is None:
        return
    now = services.clock()
    line = sync_gate.recent_line(sent, now)
    if line is None:
        line = _asked(services, sent, calls, now)
    if line is not None:
        import_report(services, sent, calls, line, now)


def _asked(services: Services, turn: SyncTurn, calls: TurnCalls, now: int) -> ReportSummary | None:
    """The gate's line of this mailing if it must be read; otherwise the turn has ended."""
    session = services.session()
    mine = syncing.claim_change_check(session, turn.account_id, now)
    session.commit()
    if not mine:
        syncing.finish(session, turn, now + syncing.CHANGE_CHECK_INTERVAL)
        session.commit()
        return None
    line = sync_gate.check_for_changes(services, turn, calls, now)
    sync_leavers.import_unsubscribes(services, turn, calls, now)
    if line is None:
        _unlisted(services, turn, calls, now)
        return None
    if sync_gate.is_unchanged(turn, line, now):
        tier = tiers.interval_index(turn.age_origin or now, now)
        sync_watch.reschedule(services, turn, next_interval(turn, now), sync_interval_index=tier)
        return None
    return line


def _unlisted(services: Services, turn: SyncTurn, calls: TurnCalls, now: int) -> None:
    """No report: deleted in MailChimp, or so fresh that there is none yet."""
    if not sync_watch.still_exists(services, turn, calls):
        return
    fresh = turn.sent_at is not None and now - turn.sent_at < tiers.HOUR
    sync_watch.reschedule(services, turn, now + _SOON if fresh else next_interval(turn, now))


def next_interval(turn: SyncTurn, now: int) -> int:
    return tiers.next_sync_time(turn.age_origin or now, now, turn.mailing_id)


def postpone(services: Services, turn: SyncTurn, why: Problem, error: MailChimpError | None) -> None:
    """Back-off up to the tier's own interval; what is wrong is shown beside the report."""
    session, now = services.session(), services.clock()
    longest = tiers.interval(turn.age_origin or now, now)
    pause = min(_FIRST_RETRY * 2 ** min(turn.sync_failures, 16), longest)
    pause = max(pause, (error.retry_after if error else None) or 0)
    if isinstance(error, Throttled):
        accounts.back_off(session, turn.account_id, now + pause)
    if isinstance(error, KeyRefused):
        accounts.mark_key_refused(session, turn.account_id, turn.sealed_key)
    values: dict[str, Any] = {"sync_fails": turn.sync_failures + 1, "sync_note": why.to_json()}
    syncing.finish(session, turn, now + pause, **values)
    session.commit()


_PROBLEM_CODES: tuple[tuple[type[MailChimpError], str], ...] = (
    (KeyRefused, "key_refused"),
    (NotFound, "campaign_missing"),
    (Refused, "report_refused"),
    (Throttled, "waiting_throttled"),
    (Unreachable, "waiting_unreachable"),
    (MailChimpError, "waiting_unclear"),
)


def _problem_for(error: MailChimpError) -> Problem:
    code = next(code for kind, code in _PROBLEM_CODES if isinstance(error, kind))
    return Problem(code, error.detail)
