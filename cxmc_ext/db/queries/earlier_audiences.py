"""The audiences that an account used before it was connected to the present one."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing

# Nobody changes the audience often; each costs some calls.
_MAX_AUDIENCES = 5


def earlier_audiences(session: Session, account_id: int, list_id: str) -> list[str]:
    """The other audiences that our campaigns were sent to, the last one first; at most five.

    Args:
        session: The database session.
        account_id: The account.
        list_id: The present audience.
    """
    statement = (
        select(Mailing.list_id)
        .where(Mailing.account_id == account_id, Mailing.is_imported.is_(False))
        .where(Mailing.list_id.not_in(("", list_id)), Mailing.remote_id.is_not(None))
        .group_by(Mailing.list_id)
        .order_by(func.max(Mailing.id).desc())
        .limit(_MAX_AUDIENCES)
    )
    return list(session.execute(statement).scalars())
