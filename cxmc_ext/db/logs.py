"""Tables beside the work: the audit of remote calls, heartbeats, and how often each user presses."""

from sqlalchemy import BigInteger, Index, Integer, PrimaryKeyConstraint, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base

_UNKNOWN = text("outcome = 'unknown'")


class Call(Base):
    """Audit of remote calls: no bodies, no key, no addresses."""

    __tablename__ = "cxmc_call"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_call"),
        Index("ix_cxmc_call_account", "account_id", "at"),
        Index("ix_cxmc_call_operation", "operation_id"),
        Index(
            "ix_cxmc_call_unknown",
            "account_id",
            "at",
            sqlite_where=_UNKNOWN,
            postgresql_where=_UNKNOWN,
        ),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    operation_id: Mapped[int | None] = mapped_column(ID)
    mailing_id: Mapped[int | None] = mapped_column(ID)
    step: Mapped[str] = mapped_column(String(20), default="")
    call: Mapped[str] = mapped_column(String(40))
    """Name of the port's method."""
    outcome: Mapped[str] = mapped_column(String(10))
    """ok, refused or unknown; settled = unknown, and what it may have left behind is removed"""
    status: Mapped[int] = mapped_column(SmallInteger, default=0)
    ms: Mapped[int] = mapped_column(Integer, default=0)
    at: Mapped[int] = mapped_column(BigInteger)


class Tick(Base):
    """Heartbeats: one row per process that should live ("worker:<host>:<pid>", "scheduler", "tick")."""

    __tablename__ = "cxmc_tick"
    __table_args__ = (PrimaryKeyConstraint("name", name="pk_cxmc_tick"),)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[int] = mapped_column(BigInteger)


class Rate(Base):
    """How often a user pressed within the span of time that began at `since`: one row per user."""

    __tablename__ = "cxmc_rate"
    __table_args__ = (PrimaryKeyConstraint("actor_id", name="pk_cxmc_rate"),)
    actor_id: Mapped[str] = mapped_column(String(64))
    since: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int] = mapped_column(Integer)
