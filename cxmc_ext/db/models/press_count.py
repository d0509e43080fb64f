"""How often users press buttons."""

from sqlalchemy import BigInteger, Integer, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import Base


class PressCount(Base):
    """The presses of one user within the window of time that began at `window_start`."""

    __tablename__ = "cxmc_press_count"
    __table_args__ = (PrimaryKeyConstraint("actor_id", name="pk_cxmc_press_count"),)
    actor_id: Mapped[str] = mapped_column(String(64))
    window_start: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int] = mapped_column(Integer)
