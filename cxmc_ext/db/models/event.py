"""The tables. Own MetaData, `cxmc_` prefix, host ids as text, no foreign key into the host.

Times are whole Unix seconds in UTC (`*_at`); leases are seconds of the database's clock.
Every constraint and index is named here, so that a host's Alembic sees no difference.
"""

from sqlalchemy import BigInteger, Index, PrimaryKeyConstraint, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base


class ClickedLink(Base):
    """A clicked address, stored once per mailing."""

    __tablename__ = "cxmc_clicked_link"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_clicked_link"),
        UniqueConstraint("mailing_id", "url", name="uq_cxmc_clicked_link_url"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    mailing_id: Mapped[int] = mapped_column(ID)
    url: Mapped[str] = mapped_column(Text)


class Event(Base):
    """One activity of one recipient. The natural key is the primary key: a repeat changes nothing."""

    __tablename__ = "cxmc_event"
    __table_args__ = (
        PrimaryKeyConstraint(
            "recipient_id", "kind", "at", "link_id", "occurrence", name="pk_cxmc_event"
        ),
        Index("ix_cxmc_event_timeline", "mailing_id", "at", "recipient_id"),
        {"sqlite_with_rowid": False},
    )
    recipient_id: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    kind: Mapped[int] = mapped_column(SmallInteger, autoincrement=False)
    """domain.values.Status"""
    at: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    link_id: Mapped[int] = mapped_column(BigInteger, autoincrement=False, default=0)
    """0 where there is no link."""
    occurrence: Mapped[int] = mapped_column(SmallInteger, autoincrement=False, default=0)
    """Ordinal of true repeats within one second."""
    mailing_id: Mapped[int] = mapped_column(BigInteger)
