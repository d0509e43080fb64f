"""The people of a frozen campaign."""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base, enum_type
from cxmc_ext.domain.campaigns import ExclusionReason


class Recipient(Base):
    """One person as frozen: who, at which address, why excluded if so, and the furthest event."""

    __tablename__ = "cxmc_recipient"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_recipient"),
        ForeignKeyConstraint(["mailing_id"], ["cxmc_mailing.id"], name="fk_cxmc_recipient_mailing"),
        Index("ix_cxmc_recipient_mailing", "mailing_id", "id"),
        Index("ix_cxmc_recipient_member", "mailing_id", "member_hash"),
        Index("ix_cxmc_recipient_person", "person_kind", "person_id"),
        Index("ix_cxmc_recipient_address", "member_hash", "mailing_id"),
        Index("ix_cxmc_recipient_reason", "mailing_id", "reason", "id"),
        Index("ix_cxmc_recipient_status", "mailing_id", "status", "id"),
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
    status: Mapped[int] = mapped_column(SmallInteger, default=0)
    """An `EventStatus`: the furthest event. A plain number, because pages of a report write it in bulk."""
