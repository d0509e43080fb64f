"""Tables beside the work: remote calls, the audit of presses, heartbeats, rates, who was erased."""

from sqlalchemy import BigInteger, Integer, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import Base


class PressCount(Base):
    """How often a user pressed within the span of time that began at `since`: one row per user."""

    __tablename__ = "cxmc_press_count"
    __table_args__ = (PrimaryKeyConstraint("actor_id", name="pk_cxmc_press_count"),)
    actor_id: Mapped[str] = mapped_column(String(64))
    window_start: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int] = mapped_column(Integer)
