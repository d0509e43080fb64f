"""Statements on how often a user presses: counted in the row itself, so that all web processes agree."""

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
        # The row was made between the two statements, by the same user's other press, or it is full.
        if not _count(session, actor_id, now, limit, window):
            session.rollback()
            return False
    session.commit()
    return True


def _begin(session: Session, actor_id: str, now: int) -> bool:
    """The first press of a user, committed; False if there was one before."""
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
    """A span that began in the future is one of another clock and over as well."""
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
