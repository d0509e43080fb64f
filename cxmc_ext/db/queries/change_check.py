"""The change check: which worker makes it, which mailings it concerns, and what it stores of them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, or_, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries.sync_due import CLAIM_SECONDS
from cxmc_ext.db.queries.sync_turns import SyncTurn
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.rules.mailchimp_status import REPORT_STATES
from cxmc_ext.domain.rules.sync_intervals import age_origin

# Seconds between two change checks of an account, unless somebody asked for an update.
CHANGE_CHECK_INTERVAL = 30


def claim_change_check(session: Session, account_id: int, now: int) -> bool:
    """Makes this worker the one that makes the account's change check. The caller commits.

    Returns:
        False if another worker has made it within the last 30 seconds.
    """
    is_due = or_(
        Account.change_checked_at <= now - CHANGE_CHECK_INTERVAL,
        # A check in the future was made by a worker whose clock is ahead.
        Account.change_checked_at > now + CHANGE_CHECK_INTERVAL,
    )
    statement = update(Account).where(Account.id == account_id, is_due)
    return execute_rowcount(session, statement.values(change_checked_at=now)) == 1


def release_change_check(session: Session, account_id: int, at: int) -> None:
    """Lets the next change check be made at once, because the one of `at` failed. The caller commits."""
    execute_rowcount(
        session,
        update(Account)
        .where(Account.id == account_id, Account.change_checked_at == at)
        .values(change_checked_at=0),
    )


class DueMailing(NamedTuple):
    """A sent mailing that is due, with what decides whether its report must be read."""

    id: int
    remote_id: str
    remote_created_at: int | None
    schedule_at: int | None
    sent_at: int | None
    sync_interval_index: int
    events_cursor: int | None
    report_fingerprint: str
    count_differences: dict[str, Any]
    next_sync_at: int

    @property
    def age_origin(self) -> int:
        """The time from which the mailing's age counts, in Unix seconds."""
        return age_origin(self.remote_created_at, self.schedule_at, self.sent_at)


class UnchangedMailing(NamedTuple):
    """A due mailing whose report has not changed, and when it is due again."""

    id: int
    due_at: int
    """Its `next_sync_at` when it was found to be due."""
    next_sync_at: int
    sync_interval_index: int


_DUE_COLUMNS = tuple(getattr(Mailing, name) for name in DueMailing._fields)


def due_sent_mailings(session: Session, turn: SyncTurn, now: int) -> list[DueMailing]:
    """The account's sent mailings that are due, also those that are just being read."""
    statement = select(*_DUE_COLUMNS).where(
        Mailing.account_id == turn.account_id,
        Mailing.state.in_(REPORT_STATES),
        _is_due(now),
    )
    return [DueMailing(*row) for row in session.execute(statement)]


def mark_unchanged(session: Session, unchanged: Sequence[UnchangedMailing], now: int) -> None:
    """Reschedules mailings whose report has not changed, as if their own turn had read them.

    Rows locked by another transaction are skipped, so this never blocks. So are mailings that are being
    read, or that became due at another time since.
    """
    idle_rows = select(Mailing.id).where(_not_being_read(mailing.id for mailing in unchanged))
    free = set(session.execute(idle_rows.with_for_update(skip_locked=True)).scalars())
    parameters = [
        {
            "row": mailing.id,
            "due": mailing.due_at,
            "next": mailing.next_sync_at,
            "interval": mailing.sync_interval_index,
        }
        for mailing in unchanged
        if mailing.id in free
    ]
    if not parameters:
        return
    statement = (
        update(Mailing.__table__)  # type: ignore[arg-type]
        .where(Mailing.id == bindparam("row"), Mailing.next_sync_at == bindparam("due"))
        .where(Mailing.sync_lease_until < db_now())
        .values(
            next_sync_at=bindparam("next"),
            sync_interval_index=bindparam("interval"),
            last_sync_at=now,
            sync_failures=0,
            sync_problem=None,
        )
    )
    session.execute(statement, parameters)


def lock_reports(session: Session, ids: Iterable[int], now: int) -> dict[int, dict[str, Any]]:
    """Locks mailings and reads their stored reports, to be changed before the commit.

    Mailings that are being read, not due any more, or locked by another transaction are left out.

    Returns:
        Mailing id → report.
    """
    idle_rows = select(Mailing.id, Mailing.report).where(_not_being_read(ids), _is_due(now))
    rows = session.execute(idle_rows.with_for_update(skip_locked=True))
    return {row.id: dict(row.report or {}) for row in rows}


def _is_due(now: int) -> ColumnElement[bool]:
    """Also a mailing that was claimed for a turn."""
    return Mailing.next_sync_at <= now + CLAIM_SECONDS


def _not_being_read(ids: Iterable[int]) -> ColumnElement[bool]:
    return Mailing.id.in_(list(ids)) & (Mailing.sync_lease_until < db_now())
