"""Queries on heartbeats."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models.heartbeat import Heartbeat
from cxmc_ext.db.statements import execute_rowcount


def record(session: Session, name: str, kind: str, at: int) -> None:
    """Stores the heartbeat of a process and commits."""
    statement = update(Heartbeat).where(Heartbeat.name == name).values(kind=kind, at=at)
    if execute_rowcount(session, statement) == 0:
        session.add(Heartbeat(name=name, kind=kind, at=at))
    try:
        session.commit()
    except IntegrityError:
        session.rollback()  # the same process stored its first heartbeat in another thread


def latest_by_kind(session: Session) -> dict[str, int]:
    """The latest heartbeat of each kind, as {kind: time}."""
    statement = select(Heartbeat.kind, func.max(Heartbeat.at)).group_by(Heartbeat.kind)
    return {row[0]: row[1] for row in session.execute(statement)}


def delete_before(session: Session, at: int) -> None:
    """Deletes the heartbeats of processes that ended long ago."""
    session.execute(delete(Heartbeat).where(Heartbeat.at < at))
