"""Queries on the rate limit of presses; the count is in the database, so all web processes share it."""

from sqlalchemy import case, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models.press_count import PressCount
from cxmc_ext.db.statements import execute_rowcount


def count_press(session: Session, actor_id: str, now: int, limit: int, window: int) -> bool:
    """Counts one press and commits; False, and not counted, beyond `most` within `span` seconds."""
    if not _count(session, actor_id, now, limit, window):
        if _begin(session, actor_id, now):
            return True
        # Either the limit is reached, or another press of this user created the row just now.
        if not _count(session, actor_id, now, limit, window):
            session.rollback()
            return False
    session.commit()
    return True


def _begin(session: Session, actor_id: str, now: int) -> bool:
    """Stores the first press of a user and commits; False if there was one before."""
    if session.execute(select(PressCount.actor_id).where(PressCount.actor_id == actor_id)).first():
        return False
    try:
        session.add(PressCount(actor_id=actor_id, window_start=now, count=1))
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True


def _count(session: Session, actor_id: str, now: int, most: int, span: int) -> bool:
    """Counts within the current window, or starts a new one. False: no row, or the limit is reached.

    A window that starts in the future was started by a machine whose clock is ahead: it is replaced.
    """
    over = or_(PressCount.window_start <= now - span, PressCount.window_start > now)
    statement = (
        update(PressCount)
        .where(PressCount.actor_id == actor_id, or_(over, PressCount.count < most))
        .values(
            count=case((over, 1), else_=PressCount.count + 1),
            window_start=case((over, now), else_=PressCount.window_start),
        )
    )
    return execute_rowcount(session, statement) == 1
