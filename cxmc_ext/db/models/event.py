"""What happened to recipients, and the links they clicked."""

from sqlalchemy import (
    BigInteger,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base

_IS_CLICK = text("link_id > 0")


class ClickedLink(Base):
    """The URL of a clicked link, stored once per mailing."""

    __tablename__ = "cxmc_clicked_link"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_clicked_link"),
        UniqueConstraint("mailing_id", "url", name="uq_cxmc_clicked_link_url"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    mailing_id: Mapped[int] = mapped_column(ID)
    url: Mapped[str] = mapped_column(Text)
    item_ref: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """`BlockItem.ref` of the entry that it belongs to; "" for other links."""
    item_title: Mapped[str] = mapped_column(String(150), default="", server_default="")


class Event(Base):
    """One event of one recipient. Its primary key is its natural key: storing it again changes nothing."""

    __tablename__ = "cxmc_event"
    __table_args__ = (
        PrimaryKeyConstraint(
            "recipient_id", "kind", "at", "link_id", "occurrence", name="pk_cxmc_event"
        ),
        Index("ix_cxmc_event_timeline", "mailing_id", "at", "recipient_id"),
        Index(
            "ix_cxmc_event_link",
            "link_id",
            "recipient_id",
            sqlite_where=_IS_CLICK,
            postgresql_where=_IS_CLICK,
        ),
        {"sqlite_with_rowid": False},
    )
    recipient_id: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    kind: Mapped[int] = mapped_column(SmallInteger, autoincrement=False)
    """An `EventStatus`."""
    at: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    link_id: Mapped[int] = mapped_column(BigInteger, autoincrement=False, default=0)
    """0 for events other than clicks."""
    occurrence: Mapped[int] = mapped_column(SmallInteger, autoincrement=False, default=0)
    """Numbers identical events within one second, from 0."""
    mailing_id: Mapped[int] = mapped_column(BigInteger)
