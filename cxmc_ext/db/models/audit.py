"""Who did what, when, to which campaign."""

from sqlalchemy import BigInteger, Index, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base


class Audit(Base):
    """One action of a person or of the extension itself. No bodies, keys or addresses.

    Written in the transaction of the action. The outcome of an operation is in the operation's row.
    """

    __tablename__ = "cxmc_audit"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_audit"),
        Index("ix_cxmc_audit_account", "account_id", "id"),
        Index("ix_cxmc_audit_at", "account_id", "at"),
        Index("ix_cxmc_audit_action", "account_id", "action", "id"),
        Index("ix_cxmc_audit_subject", "account_id", "subject", "id"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(20))
    """An `OperationKind` or an `AuditAction`."""
    actor_id: Mapped[str] = mapped_column(String(64), default="")
    """"" for the extension itself and for the command line."""
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    mailing_id: Mapped[int | None] = mapped_column(ID)
    operation_id: Mapped[int | None] = mapped_column(ID)
    subject: Mapped[str] = mapped_column(String(80), default="")
    """What it concerns besides the campaign: a person's ref, a digest, a page."""
    note: Mapped[str] = mapped_column(String(300), default="")
    """A remark in words."""
