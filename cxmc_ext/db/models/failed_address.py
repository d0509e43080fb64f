"""Addresses at which mail does not arrive, and the people who have them."""

from sqlalchemy import (
    BigInteger,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base, enum_type
from cxmc_ext.domain.failed_addresses import FailureReason


class FailedAddress(Base):
    """An address that failed. The row is what makes it reported once, however often it is read.

    It is deleted when MailChimp reports that the address works again, and when it is erased.
    """

    __tablename__ = "cxmc_failed_address"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "member_hash", name="pk_cxmc_failed_address"),
    )
    account_id: Mapped[int] = mapped_column(ID, autoincrement=False)
    member_hash: Mapped[bytes] = mapped_column(LargeBinary(16))
    """MD5 of the address: MailChimp's member id."""
    address: Mapped[str] = mapped_column(String(254))
    """Canonical (`rules.addresses`)."""
    reason: Mapped[FailureReason] = mapped_column(enum_type(FailureReason, 16))
    at: Mapped[int] = mapped_column(BigInteger)
    """When it failed, as reported."""
    mailing_id: Mapped[int | None] = mapped_column(ID)
    """The mailing that bounced."""


class MarkedPerson(Base):
    """A person of the CRM who has a failed address, as the Host was told."""

    __tablename__ = "cxmc_marked_person"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_marked_person"),
        UniqueConstraint(
            "account_id", "person_kind", "person_id", name="uq_cxmc_marked_person_person"
        ),
        Index("ix_cxmc_marked_person_address", "account_id", "member_hash"),
        Index("ix_cxmc_marked_person_owner", "account_id", "owner_email", "id"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    person_kind: Mapped[str] = mapped_column(String(10))
    """A `PersonKind`."""
    person_id: Mapped[str] = mapped_column(String(64))
    member_hash: Mapped[bytes] = mapped_column(LargeBinary(16))
    """That of the `FailedAddress`."""
    owner_name: Mapped[str] = mapped_column(String(200), default="")
    owner_email: Mapped[str] = mapped_column(String(254), default="")
    """Who is responsible for the person, as the CRM said last: the list can be read by owner."""
