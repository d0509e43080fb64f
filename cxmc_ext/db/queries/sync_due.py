"""Which mailings are due for a sync turn, and when a mailing is due."""

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import mailings
from cxmc_ext.db.statements import execute_rowcount, is_sqlite
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.rules import mailchimp_status, sync_intervals

# Seconds for which a claimed mailing is not due, so that it is not nudged a second time meanwhile.
CLAIM_SECONDS = 120
# Among this many mailings that have been due longest, the newest come first.
_CANDIDATES = 1000


def accounts_due(session: Session, now: int, ref: str) -> list[int]:
    """Finds the accounts that have due mailings and may be called.

    Args:
        session: The database session.
        now: The current time, in Unix seconds.
        ref: Only this account; "" for all of them.
    """
    has_due = exists().where(Mailing.account_id == Account.id, Mailing.next_sync_at <= now)
    statement = select(Account.id).where(*is_syncable(now), has_due)
    if ref:
        statement = statement.where(Account.ref == ref)
    return list(session.execute(statement.order_by(Account.id)).scalars())


def account_of(session: Session, mailing_id: int) -> int | None:
    """The account of a mailing; None if there is no such mailing."""
    statement = select(Mailing.account_id).where(Mailing.id == mailing_id)
    return session.execute(statement).scalar_one_or_none()


def reschedule(session: Session, mailing_id: int, now: int) -> None:
    """Makes a claimed mailing due again at once, unless somebody is reading it.

    For a nudge that could not be followed. The caller commits.
    """
    statement = (
        update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.sync_lease_until < db_now())
        .where(Mailing.next_sync_at.between(now, now + CLAIM_SECONDS))
        .values(next_sync_at=now)
    )
    execute_rowcount(session, statement)


def claim_due(session: Session, account_id: int, now: int, limit: int) -> list[int]:
    """Claims due mailings of an account for a nudge, in one statement. The caller commits.

    Args:
        session: The database session.
        account_id: The account.
        now: The current time, in Unix seconds.
        limit: How many mailings at most.

    Returns:
        Ids of the claimed mailings, newest first.
    """
    # This select has no further conditions so that only the index of account and next_sync_at is read,
    # also by a PostgreSQL that has no statistics of the table yet.
    longest_due = (
        select(Mailing.id, Mailing.remote_id)
        .where(Mailing.account_id == account_id, Mailing.next_sync_at <= now)
        .order_by(Mailing.next_sync_at)
        .limit(_CANDIDATES)
        .subquery()
    )
    newest = (
        select(longest_due.c.id)
        .where(longest_due.c.remote_id.is_not(None))
        .order_by(longest_due.c.id.desc())
        .limit(limit)
    )
    statement = (
        update(Mailing)
        .where(_is_among(session, newest), Mailing.next_sync_at <= now)
        .values(next_sync_at=now + CLAIM_SECONDS)
        .returning(Mailing.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.execute(statement).scalars(), reverse=True)


def start_syncing(session: Session, mailing: Mailing, now: int) -> None:
    """Starts the synchronization of a mailing; a sent one is due at once. The caller commits."""
    is_sent = mailing.state == MailingState.SENT or mailing.remote_status == mailchimp_status.SENT
    next_sync_at = now
    if not is_sent:
        next_sync_at = sync_intervals.next_check_at(
            now,
            mailing.state,
            mailing.id,
            created_at=mailing.remote_created_at,
            schedule_at=mailing.schedule_at,
            sent_at=mailing.sent_at,
        )
    mailings.update_columns(session, mailing.id, next_sync_at=next_sync_at)


def is_syncable(now: int) -> tuple[ColumnElement[bool], ...]:
    """Conditions for an account whose mailings may be read: active, not paused, its key accepted."""
    return (
        Account.state == AccountState.ACTIVE,
        Account.sync_paused.is_(False),
        Account.key_refused.is_(False),
        Account.sealed_key.is_not(None),
        Account.back_off_until <= now,
    )


def _is_among(session: Session, ids: Select[int]) -> ColumnElement[bool]:
    if is_sqlite(session):
        return Mailing.id.in_(ids)
    # PostgreSQL uses the index for the members of an array even without statistics of the table.
    return Mailing.id == func.any(func.array(ids.scalar_subquery()))
