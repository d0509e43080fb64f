"""Tables beside the work: remote calls, the audit of presses, heartbeats, rates, who was erased."""

from sqlalchemy import BigInteger, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import Base


class Heartbeat(Base):
    """Heartbeats: one row per process that should live ("worker:<host>:<pid>", "scheduler", "tick")."""

    __tablename__ = "cxmc_heartbeat"
    __table_args__ = (PrimaryKeyConstraint("name", name="pk_cxmc_heartbeat"),)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[int] = mapped_column(BigInteger)
