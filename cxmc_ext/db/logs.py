"""Tables beside the work: remote calls, the audit of presses, heartbeats, rates, who was erased."""

from sqlalchemy import (
    BigInteger,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base

_UNKNOWN = text("outcome = 'unknown'")


class RemoteCall(Base):
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
    method: Mapped[str] = mapped_column(String(40))
    """Name of the port's method."""
    outcome: Mapped[str] = mapped_column(String(10))
    """ok, refused or unknown; settled = unknown, and what it may have left behind is removed"""
    status: Mapped[int] = mapped_column(SmallInteger, default=0)
    duration_ms: Mapped[int] = mapped_column(Integer, default=0)
    at: Mapped[int] = mapped_column(BigInteger)


class Audit(Base):
    """Who did what, when, to which campaign: no bodies, no key, no address.

    Written in the transaction of what it tells. Of an operation the outcome stands in its own row.
    """

    __tablename__ = "cxmc_audit"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_audit"),
        Index("ix_cxmc_audit_account", "account_id", "id"),
        Index("ix_cxmc_audit_at", "account_id", "at"),
        Index("ix_cxmc_audit_action", "account_id", "action", "id"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(20))
    """domain.values.Action"""
    actor_id: Mapped[str] = mapped_column(String(64), default="")
    """"" for the module itself and for the command line."""
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    mailing_id: Mapped[int | None] = mapped_column(ID)
    operation_id: Mapped[int | None] = mapped_column(ID)
    subject: Mapped[str] = mapped_column(String(80), default="")
    """Whom or what it concerns beside the campaign: a person's ref, a mark, a page."""
    note: Mapped[str] = mapped_column(String(300), default="")
    """In words, where there is more to say."""


class SuppressedAddress(Base):
    """The mark of an erased address: it is never pushed again, and never written back."""

    __tablename__ = "cxmc_erased"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_erased"),
        UniqueConstraint("account_id", "mark", name="uq_cxmc_erased_mark"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))
    at: Mapped[int] = mapped_column(BigInteger)


class Heartbeat(Base):
    """Heartbeats: one row per process that should live ("worker:<host>:<pid>", "scheduler", "tick")."""

    __tablename__ = "cxmc_tick"
    __table_args__ = (PrimaryKeyConstraint("name", name="pk_cxmc_tick"),)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[int] = mapped_column(BigInteger)


class PressCount(Base):
    """How often a user pressed within the span of time that began at `since`: one row per user."""

    __tablename__ = "cxmc_rate"
    __table_args__ = (PrimaryKeyConstraint("actor_id", name="pk_cxmc_rate"),)
    actor_id: Mapped[str] = mapped_column(String(64))
    window_start: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int] = mapped_column(Integer)
