"""The tables as this release wants them against the tables that are there; mends by adding only."""

from sqlalchemy import BigInteger, Integer, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import Base


class Schema(Base):
    """One row: the newest release that has looked after these tables."""

    __tablename__ = "cxmc_schema"
    __table_args__ = (PrimaryKeyConstraint("id", name="pk_cxmc_schema"),)
    id: Mapped[int] = mapped_column(Integer, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)
    at: Mapped[int] = mapped_column(BigInteger)
