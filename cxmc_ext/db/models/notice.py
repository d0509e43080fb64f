"""Notices for the Host's own code that wait to be told, and how far the stored events can be read."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Float,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base, enum_type
from cxmc_ext.domain.notices import NoticeKind

_IS_PENDING = text("delivered_at IS NULL")


class Notice(Base):
    """One notice, written in the transaction of what it tells.

    A told notice is deleted. Only those of stored events stay: they say what a reader has not read yet.
    """

    __tablename__ = "cxmc_notice"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_notice"),
        Index(
            "ix_cxmc_notice_pending", "id", sqlite_where=_IS_PENDING, postgresql_where=_IS_PENDING
        ),
        Index("uq_cxmc_notice_seq", "seq", unique=True),
        Index("ix_cxmc_notice_mailing", "mailing_id"),
        # Told notices are deleted, and listeners know a repeat by its id: SQLite must not give it again.
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    kind: Mapped[NoticeKind] = mapped_column(enum_type(NoticeKind, 20))
    at: Mapped[int] = mapped_column(BigInteger)
    mailing_id: Mapped[int | None] = mapped_column(ID)
    operation_id: Mapped[int | None] = mapped_column(ID)
    user_id: Mapped[str | None] = mapped_column(String(64))
    """`User.id` of the user it is for; None: whoever it concerns."""
    people: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    """[[kind, id]] of the people it concerns."""
    events_since: Mapped[int | None] = mapped_column(BigInteger)
    """The time of the earliest event of the batch."""
    seq: Mapped[int | None] = mapped_column(BigInteger)
    """The order in which readers see stored events; None until somebody begins to tell it. The id is given
    before the commit, so one with a lower id may become visible later."""
    delivered_at: Mapped[int | None] = mapped_column(BigInteger)
    """When its listeners had run; None while it waits."""
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    """How often somebody began to tell it."""
    lease_until: Mapped[float] = mapped_column(Float, default=0.0, server_default=text("0"))
    """Until this second of the database's clock somebody is telling it."""
