"""Statements on what is due to be read: whose it is, and a fair lot of it for a wake-up."""

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import mailings
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.rules import sync_intervals

CLAIM_SECONDS = 120
"""Seconds a claimed mailing is put off, so that no second wake-up is queued for it meanwhile."""


_CANDIDATES = 1000
"""Of so many that wait longest the newest come first."""


def accounts_due(session: Session, now: int, ref: str) -> list[int]:
    """The accounts that have due mailings and may be read; `ref` "": whoever they are."""
    has_due = exists().where(Mailing.account_id == Account.id, Mailing.next_sync_at <= now)
    statement = select(Account.id).where(*is_syncable(now), has_due)
    if ref:
        statement = statement.where(Account.ref == ref)
    return list(session.execute(statement.order_by(Account.id)).scalars())


def account_of(session: Session, mailing_id: int) -> int | None:
    found = select(Mailing.account_id).where(Mailing.id == mailing_id)
    return session.execute(found).scalar_one_or_none()


def reschedule(session: Session, mailing_id: int, now: int) -> None:
    """Due again at once, unless somebody reads it: a wake-up that could not be followed."""
    free = update(Mailing).where(Mailing.id == mailing_id, Mailing.sync_lease_until < db_now())
    put_off = Mailing.next_sync_at.between(now, now + CLAIM_SECONDS)
    execute_rowcount(session, free.where(put_off).values(next_sync_at=now))


def claim_due(session: Session, account_id: int, now: int, limit: int) -> list[int]:
    """Claims an account's due mailings for a wake-up, newest first, in one statement.

    The caller commits. The inner select stays as bare as it is so that only the index of account and
    next_sync_at is walked, also by a PostgreSQL that has not counted the table yet.
    """
    longest = (
        select(Mailing.id, Mailing.remote_id)
        .where(Mailing.account_id == account_id, Mailing.next_sync_at <= now)
        .order_by(Mailing.next_sync_at)
        .limit(_CANDIDATES)
        .subquery()
    )
    newest = (
        select(longest.c.id)
        .where(longest.c.remote_id.is_not(None))
        .order_by(longest.c.id.desc())
        .limit(limit)
    )
    statement = (
        update(Mailing)
        .where(_among(session, newest), Mailing.next_sync_at <= now)
        .values(next_sync_at=now + CLAIM_SECONDS)
        .returning(Mailing.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.execute(statement).scalars(), reverse=True)


def is_syncable(now: int) -> tuple[ColumnElement[bool], ...]:
    """Accounts that may be synchronised: active, with a key that works, not asked to wait."""
    return (
        Account.state == AccountState.ACTIVE,
        Account.sync_paused.is_(False),
        Account.key_refused.is_(False),
        Account.sealed_key.is_not(None),
        Account.back_off_until <= now,
    )


def _among(session: Session, ids: Select[int]) -> ColumnElement[bool]:
    """PostgreSQL looks up the members of an array by index even before it has counted a table."""
    if session.get_bind().dialect.name == "sqlite":
        return Mailing.id.in_(ids)
    return Mailing.id == func.any(func.array(ids.scalar_subquery()))


def start_syncing(session: Session, mailing: Mailing, now: int) -> None:
    """From now on the mailing is synchronised. A sent one is read at once. The caller commits."""
    sent = mailing.state == MailingState.SENT or mailing.remote_status == "sent"
    following = (
        now
        if sent
        else sync_intervals.next_check_at(
            now,
            mailing.state,
            mailing.id,
            created_at=mailing.remote_created_at,
            schedule_at=mailing.schedule_at,
            sent_at=mailing.sent_at,
        )
    )
    mailings.update_columns(session, mailing.id, next_sync_at=following)
