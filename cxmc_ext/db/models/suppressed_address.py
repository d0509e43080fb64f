"""The suppression list: addresses that must never be pushed again."""

from sqlalchemy import BigInteger, LargeBinary, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base


class SuppressedAddress(Base):
    """The digest of one address that was erased. The address itself is not kept."""

    __tablename__ = "cxmc_suppressed_address"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_suppressed_address"),
        UniqueConstraint("account_id", "digest", name="uq_cxmc_suppressed_address_digest"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))
    """See `rules.suppression`; salted with the account's `suppression_salt`."""
    at: Mapped[int] = mapped_column(BigInteger)
