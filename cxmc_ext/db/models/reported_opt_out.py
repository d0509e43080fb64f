"""What MailChimp ever reported about addresses that must not be mailed."""

from sqlalchemy import BigInteger, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base, enum_type
from cxmc_ext.domain.opt_outs import OptOutSource


class ReportedOptOut(Base):
    """An address that an audience of the account reported as unsubscribed, cleaned or complained.

    It stays when the audience is deleted, and counts for people who are added to the CRM later. It is
    deleted when MailChimp reports that the address subscribed again, and when the address is erased.
    """

    __tablename__ = "cxmc_reported_opt_out"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "member_hash", name="pk_cxmc_reported_opt_out"),
    )
    account_id: Mapped[int] = mapped_column(ID, autoincrement=False)
    member_hash: Mapped[bytes] = mapped_column(LargeBinary(16))
    """MD5 of the address: MailChimp's member id."""
    address: Mapped[str] = mapped_column(String(254))
    """Canonical (`rules.addresses`)."""
    source: Mapped[OptOutSource] = mapped_column(enum_type(OptOutSource, 16))
    at: Mapped[int] = mapped_column(BigInteger)
    """When it happened, as reported."""
    list_id: Mapped[str] = mapped_column(String(64))
    """The audience that reported it."""
