"""A hint from outside makes the newest sent mailing due, which looks for who left."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import accounts
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.campaigns import MailingState


def accounts_with_audience(session: Session, list_id: str) -> list[int]:
    """The accounts whose people are in that audience: one, unless tenants share theirs."""
    same = select(Account.id).where(Account.list_id == list_id, Account.list_id != "")
    return list(session.execute(same.order_by(Account.id)).scalars())


def schedule_unsubscribe_check(
    session: Session, account: int, now: int, gap: int
) -> tuple[int, int] | None:
    """(mailing, when it is due), None when a look is planned already or nobody was mailed.

    Not before `gap` seconds after the last look. The caller commits.
    """
    newest = (
        select(Mailing.id, Mailing.next_sync_at, Account.unsubscribes_cursor)
        .join(Account, Account.id == Mailing.account_id)
        .where(Mailing.state == MailingState.SENT, Mailing.next_sync_at.is_not(None))
        .where(Account.state == AccountState.ACTIVE, Mailing.remote_id.is_not(None))
        .where(Account.id == account)
        .order_by(Mailing.id.desc())
        .limit(1)
    )
    found = session.execute(newest).one_or_none()
    if found is None:
        return None
    mailing_id, planned, looked = found
    due = max(now, looked + gap)
    if (planned or 0) <= due:
        return None
    accounts.lock(session, account)  # before the mailing, as opt-outs do: no deadlock
    sooner = update(Mailing).where(Mailing.id == mailing_id, Mailing.next_sync_at > due)
    if not execute_rowcount(session, sooner.values(next_sync_at=due)):
        return None
    execute_rowcount(
        session, update(Account).where(Account.id == account).values(change_checked_at=0)
    )
    return mailing_id, due
