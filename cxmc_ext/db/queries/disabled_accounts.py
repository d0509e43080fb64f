"""Whether MailChimp has deactivated an account: told by the newest answer to a call with its key."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.queries import notices
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.errors import Disabled
from cxmc_ext.domain.notices import NoticeKind
from cxmc_ext.domain.operations import OperationKind


def find_changed(session: Session) -> list[tuple[int, bool]]:
    """The accounts whose newest answer contradicts their row, each with what it says: (id, is disabled).

    Answers to “Initialize” do not count: it may try another key.
    """
    answer = (
        select(RemoteCall.outcome)
        .outerjoin(Operation, Operation.id == RemoteCall.operation_id)
        .where(
            RemoteCall.account_id == Account.id,
            RemoteCall.at >= func.coalesce(Account.key_stored_at, 0),
            RemoteCall.outcome.in_(("ok", Disabled.recorded_as)),
            Operation.kind.is_distinct_from(OperationKind.CONNECT),
        )
        .order_by(RemoteCall.at.desc(), RemoteCall.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    is_disabled = func.coalesce(answer, "ok") == Disabled.recorded_as
    statement = select(Account.id, is_disabled).where(
        is_disabled != Account.disabled_at.is_not(None)
    )
    return [(row[0], bool(row[1])) for row in session.execute(statement)]


def mark(session: Session, account_id: int, now: int) -> None:
    """Records that MailChimp has deactivated an account, with a notice unless it was known already."""
    known = update(Account).where(Account.id == account_id, Account.disabled_at.is_(None))
    if execute_rowcount(session, known.values(disabled_at=now)):
        notices.add(session, account_id, NoticeKind.ACCOUNT_DISABLED)


def unmark(session: Session, account_id: int) -> None:
    """Records that MailChimp accepts the calls of an account again."""
    session.execute(update(Account).where(Account.id == account_id).values(disabled_at=None))
