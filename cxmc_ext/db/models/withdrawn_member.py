"""Members of an audience whom we archived or unsubscribed at MailChimp."""

from sqlalchemy import BigInteger, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base, enum_type
from cxmc_ext.domain.contacts import WithdrawalCause


class WithdrawnMember(Base):
    """An address that this module took out of an audience, or found gone from it when it wanted to.

    It is deleted when the member is restored, when the opt-out that caused it has ended, and when the address
    is looked for again.
    """

    __tablename__ = "cxmc_withdrawn_member"
    __table_args__ = (
        PrimaryKeyConstraint(
            "account_id", "list_id", "member_hash", name="pk_cxmc_withdrawn_member"
        ),
    )
    account_id: Mapped[int] = mapped_column(ID, autoincrement=False)
    list_id: Mapped[str] = mapped_column(String(64))
    member_hash: Mapped[bytes] = mapped_column(LargeBinary(16))
    """MD5 of the address: MailChimp's member id."""
    cause: Mapped[WithdrawalCause] = mapped_column(enum_type(WithdrawalCause, 16))
    at: Mapped[int] = mapped_column(BigInteger)
