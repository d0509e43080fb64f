"""The people of a frozen campaign, and how far each of them got."""

from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    Boolean,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    event,
    func,
    select,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column

from cxmc_ext.db.base import ID, Base, enum_type
from cxmc_ext.domain.campaigns import ExclusionReason


class RecipientStatus(Base):
    """The furthest event of a recipient. Without a row nothing is known to have happened.

    A table of its own, because the first report writes it for everybody: a recipient is a wide row in several
    indexes, and changing it takes PostgreSQL ten times as long as adding this one (PostgreSQL 15, 2026-11).
    """

    __tablename__ = "cxmc_recipient_status"
    __table_args__ = (
        PrimaryKeyConstraint("recipient_id", name="pk_cxmc_recipient_status"),
        Index("ix_cxmc_recipient_status_mailing", "mailing_id", "status", "recipient_id"),
    )
    recipient_id: Mapped[int] = mapped_column(ID, autoincrement=False)
    mailing_id: Mapped[int] = mapped_column(ID)
    status: Mapped[int] = mapped_column(SmallInteger)
    """An `EventStatus`. A plain number, because pages of a report write it in bulk."""


class Recipient(Base):
    """One person as frozen: who, at which address, and why excluded if so."""

    __tablename__ = "cxmc_recipient"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_recipient"),
        ForeignKeyConstraint(["mailing_id"], ["cxmc_mailing.id"], name="fk_cxmc_recipient_mailing"),
        Index("ix_cxmc_recipient_mailing", "mailing_id", "id"),
        Index("ix_cxmc_recipient_person", "person_kind", "person_id"),
        Index("ix_cxmc_recipient_address", "member_hash", "mailing_id"),
        Index("ix_cxmc_recipient_reason", "mailing_id", "reason", "id"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    mailing_id: Mapped[int] = mapped_column(ID)
    person_kind: Mapped[str] = mapped_column(String(10), default="")
    """A `PersonKind`. "" for somebody MailChimp mailed who is not in our list: their events are kept."""
    person_id: Mapped[str] = mapped_column(String(64), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(254), default="")
    """Normalized (`rules.addresses`); as typed when it is invalid."""
    member_hash: Mapped[bytes] = mapped_column(LargeBinary(16), default=b"")
    """MD5 of the normalized address: MailChimp's member id. b"" without a valid address."""
    merge_values: Mapped[Any] = mapped_column(JSON, default=dict)
    """{tag: text}"""
    primary_id: Mapped[int | None] = mapped_column(ID)
    """For a duplicate: the primary recipient, who gets the mail and owns the events."""
    reason: Mapped[ExclusionReason | None] = mapped_column(enum_type(ExclusionReason, 20))
    """Why this person is not mailed; None: will be mailed."""
    detail: Mapped[str] = mapped_column(String(300), default="")
    """MailChimp's own words on the reason."""
    in_audience: Mapped[bool] = mapped_column(Boolean, default=False)
    """Known to be a subscribed member of the audience."""
    status: Mapped[int] = column_property(
        func.coalesce(
            select(RecipientStatus.status)
            .where(RecipientStatus.recipient_id == id)
            .correlate_except(RecipientStatus)
            .scalar_subquery(),
            0,
        )
    )
    """An `EventStatus`, from `RecipientStatus`; read only. It is looked up for each row, so a query that
    chooses among all recipients of a mailing joins the table instead."""


def leave_room_for_changes(table: Table) -> None:
    """Lets PostgreSQL fill the pages of this table, `cxmc_recipient` or a copy of it, only by half.

    Each recipient is changed once, when the audience has it (`in_audience`): with room for that on its page,
    PostgreSQL writes to no index. SQLAlchemy 2.0 has no argument for it, and a copy of a table has none of
    its listeners.
    """
    fill_half = DDL("ALTER TABLE %(fullname)s SET (fillfactor = 50)")  # type: ignore[no-untyped-call]
    event.listen(table, "after_create", fill_half.execute_if(dialect="postgresql"))


leave_room_for_changes(Base.metadata.tables[Recipient.__tablename__])
