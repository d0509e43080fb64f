"""The tables. Own MetaData, `cxmc_` prefix, host ids as text, no foreign key into the host.

Times are whole Unix seconds in UTC (`*_at`); leases are seconds of the database's clock.
Every constraint and index is named here, so that a host's Alembic sees no difference.
"""

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

from cxmc_ext.db.base import ID, Base


class Recipient(Base):
    """One person of a frozen campaign: mailed or left out, with the reason, and their one status."""

    __tablename__ = "cxmc_recipient"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_recipient"),
        ForeignKeyConstraint(["mailing_id"], ["cxmc_mailing.id"], name="fk_cxmc_recipient_mailing"),
        Index("ix_cxmc_recipient_member", "mailing_id", "member_hash"),
        Index("ix_cxmc_recipient_person", "person_kind", "person_id"),
        Index("ix_cxmc_recipient_address", "member_hash"),
        Index("ix_cxmc_recipient_reason", "mailing_id", "reason", "id"),
        Index("ix_cxmc_recipient_status", "mailing_id", "status", "id"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    mailing_id: Mapped[int] = mapped_column(ID)
    person_kind: Mapped[str] = mapped_column(String(10), default="")
    """"" for somebody MailChimp mailed whom we do not know: the event is kept all the same."""
    person_id: Mapped[str] = mapped_column(String(64), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(254), default="")
    """Normalised: stripped, lower-case. As typed where it is invalid."""
    member_hash: Mapped[bytes] = mapped_column(LargeBinary(16), default=b"")
    """md5 of the normalised address: MailChimp's member id. b"" without a valid address."""
    merge_values: Mapped[Any] = mapped_column(JSON, default=dict)
    primary_id: Mapped[int | None] = mapped_column(ID)
    """For a duplicate: the recipient row that receives the mail and carries the events."""
    reason: Mapped[str | None] = mapped_column(String(20))
    """None = will receive."""
    detail: Mapped[str] = mapped_column(String(300), default="")
    in_audience: Mapped[bool] = mapped_column(Boolean, default=False)
    status: Mapped[int] = mapped_column(SmallInteger, default=0)
