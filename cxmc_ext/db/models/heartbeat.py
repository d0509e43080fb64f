"""Liveness signals of processes."""

from sqlalchemy import BigInteger, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import Base


class Heartbeat(Base):
    """The last heartbeat of one process ("worker:<host>:<pid>", "scheduler:...") or of the tick."""

    __tablename__ = "cxmc_heartbeat"
    __table_args__ = (PrimaryKeyConstraint("name", name="pk_cxmc_heartbeat"),)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    """worker, scheduler or tick"""
    at: Mapped[int] = mapped_column(BigInteger)
