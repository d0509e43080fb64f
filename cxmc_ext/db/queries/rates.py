"""Statements on how often a user presses: counted in the row itself, so that all web processes agree."""

from sqlalchemy import case, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models import Rate
from cxmc_ext.db.statements import changed


def count(session: Session, actor_id: str, now: int, most: int, span: int) -> bool:
    """Counts one press and commits; False, and not counted, beyond `most` within `span` seconds."""
    if _count(session, actor_id, now, most, span):
        session.commit()
        return True
    if session.execute(select(Rate.actor_id).where(Rate.actor_id == actor_id)).first():
        session.rollback()
        return False
    try:
        session.add(Rate(actor_id=actor_id, since=now, count=1))
        session.commit()
    except IntegrityError:  # somebody else's first press of the same user
        session.rollback()
        return count(session, actor_id, now, most, span)
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
