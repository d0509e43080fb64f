"""MailChimp's webhook: who is registered for it, and what a call changes.

A call makes the newest sent mailing due; its turn reads the unsubscribes.
"""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import accounts
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.rules.mailchimp_status import REPORT_STATES


def accounts_with_audience(session: Session, list_id: str) -> list[int]:
    """Finds the accounts that use an audience: usually one, more if tenants share it."""
    statement = select(Account.id).where(Account.list_id == list_id, Account.list_id != "")
    return list(session.execute(statement.order_by(Account.id)).scalars())


def signing_keys(session: Session, list_id: str) -> list[tuple[int, str]]:
    """The keys with which MailChimp may sign its calls for an audience, encrypted.

    Returns:
        (account, sealed key): one, more where tenants share the audience.
    """
    statement = select(Account.id, Account.sealed_webhook_key).where(
        Account.webhook_list_id == list_id, Account.sealed_webhook_key.is_not(None)
    )
    return [(row[0], row[1] or "") for row in session.execute(statement)]


def holds_signing_key(session: Session, list_id: str, webhook_id: str) -> bool:
    """Whether we know what a webhook is signed with: MailChimp names the key only once."""
    statement = select(Account.id).where(
        Account.webhook_id == webhook_id,
        Account.webhook_list_id == list_id,
        Account.sealed_webhook_key.is_not(None),
    )
    return session.execute(statement.limit(1)).first() is not None


def is_needed_by_another(session: Session, account_id: int, list_id: str) -> bool:
    """Whether another tenant's account uses the same audience, and so its webhook."""
    statement = select(Account.id).where(
        Account.id != account_id,
        Account.list_id == list_id,
        Account.state != AccountState.INACTIVE,
    )
    return session.execute(statement.limit(1)).first() is not None


def schedule_unsubscribe_check(
    session: Session, account_id: int, now: int, gap: int
) -> tuple[int, int] | None:
    """Makes the newest sent mailing of an account due, and its change check too. The caller commits.

    Args:
        session: The database session.
        account_id: The account.
        now: The current time, in Unix seconds.
        gap: Seconds that must lie between the last import of unsubscribes and the next one.

    Returns:
        (mailing, when it is due), or None if it is due earlier anyway, or no mailing is synced.
    """
    newest = (
        select(Mailing.id, Mailing.next_sync_at, Account.unsubscribes_cursor)
        .join(Account, Account.id == Mailing.account_id)
        .where(Mailing.state.in_(REPORT_STATES), Mailing.next_sync_at.is_not(None))
        .where(Account.state == AccountState.ACTIVE, Mailing.remote_id.is_not(None))
        .where(Account.id == account_id)
        .order_by(Mailing.id.desc())
        .limit(1)
    )
    row = session.execute(newest).one_or_none()
    if row is None:
        return None
    mailing_id, next_sync_at, unsubscribes_cursor = row
    # An import in the future was made by a worker whose clock is ahead.
    due_at = min(max(now, unsubscribes_cursor + gap), now + gap)
    if (next_sync_at or 0) <= due_at:
        return None
    # The account is locked before the mailing, as opt-outs do it: no deadlock.
    accounts.lock(session, account_id)
    later = update(Mailing).where(Mailing.id == mailing_id, Mailing.next_sync_at > due_at)
    if not execute_rowcount(session, later.values(next_sync_at=due_at)):
        return None
    account = update(Account).where(Account.id == account_id)
    execute_rowcount(session, account.values(change_checked_at=0))
    return mailing_id, due_at
