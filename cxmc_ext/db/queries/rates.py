"""Statements on how often a user presses: counted in the row itself, so that all web processes agree."""

from sqlalchemy import case, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models import Rate
from cxmc_ext.db.statements import changed


def count(session: Session, actor_id: str, now: int, most: int, span: int) -> bool:
    """Counts one press and commits; False, and not counted, beyond `most` within `span` seconds."""
    if not _count(session, actor_id, now, most, span):
        if _begin(session, actor_id, now):
            return True
        # The row was made between the two statements, by the same user's other press, or it is full.
        if not _count(session, actor_id, now, most, span):
            session.rollback()
            return False
    session.commit()
    return True


def _begin(session: Session, actor_id: str, now: int) -> bool:
    """The first press of a user, committed; False if there was one before."""
    if session.execute(select(Rate.actor_id).where(Rate.actor_id == actor_id)).first():
        return False
    try:
        session.add(Rate(actor_id=actor_id, since=now, count=1))
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True


def _count(session: Session, actor_id: str, now: int, most: int, span: int) -> bool:
    """A span that began in the future is one of another clock and over as well."""
    over = or_(Rate.since <= now - span, Rate.since > now)
    statement = (
        update(Rate)
        .where(Rate.actor_id == actor_id, or_(over, Rate.count < most))
        .values(
            count=case((over, 1), else_=Rate.count + 1),
            since=case((over, now), else_=Rate.since),
        )
    )
    return changed(session, statement) == 1
