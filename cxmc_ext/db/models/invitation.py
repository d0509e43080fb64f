"""People who opted out and were invited back."""

from sqlalchemy import BigInteger, Boolean, Index, LargeBinary, PrimaryKeyConstraint, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base

_IS_OPEN = text("confirmed_at IS NULL")


class Invitation(Base):
    """The last invitation of an address: whether MailChimp asked, and whether the person confirmed.

    While it is open, each import of the audience reads the member. It is deleted when the address is erased.
    """

    __tablename__ = "cxmc_invitation"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "member_hash", name="pk_cxmc_invitation"),
        Index(
            "ix_cxmc_invitation_open",
            "account_id",
            "checked_at",
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_cxmc_invitation_person", "person_kind", "person_id"),
    )
    account_id: Mapped[int] = mapped_column(ID, autoincrement=False)
    member_hash: Mapped[bytes] = mapped_column(LargeBinary(16))
    """MD5 of the address: MailChimp's member id."""
    address: Mapped[str] = mapped_column(String(254))
    """Canonical (`rules.addresses`)."""
    list_id: Mapped[str] = mapped_column(String(64))
    person_kind: Mapped[str] = mapped_column(String(10))
    """A `PersonKind`."""
    person_id: Mapped[str] = mapped_column(String(64))
    invited_at: Mapped[int] = mapped_column(BigInteger)
    invited_by: Mapped[str] = mapped_column(String(200))
    is_mailed: Mapped[bool] = mapped_column(Boolean)
    """MailChimp mailed the person a confirmation; otherwise only the signup form is left."""
    checked_at: Mapped[int] = mapped_column(BigInteger)
    """When the member was last read."""
    confirmed_at: Mapped[int | None] = mapped_column(BigInteger)
    """When MailChimp reported them as subscribed again."""
