"""Statements on heartbeats."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models import Tick
from cxmc_ext.db.statements import changed


def beat(session: Session, name: str, kind: str, at: int) -> None:
    """Writes the heartbeat and commits; two first beats of one name are one."""
    statement = update(Tick).where(Tick.name == name).values(kind=kind, at=at)
    if changed(session, statement) == 0:
        session.add(Tick(name=name, kind=kind, at=at))
    try:
        session.commit()
    except IntegrityError:
        session.rollback()


def newest(session: Session) -> dict[str, int]:
    """Kind to its latest heartbeat."""
    statement = select(Tick.kind, func.max(Tick.at)).group_by(Tick.kind)
    return {row[0]: row[1] for row in session.execute(statement)}


def forget_before(session: Session, at: int) -> None:
    """Drops the beats of processes that are long gone."""
    session.execute(delete(Tick).where(Tick.at < at))
