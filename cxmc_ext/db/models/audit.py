"""Tables beside the work: remote calls, the audit of presses, heartbeats, rates, who was erased."""

from sqlalchemy import BigInteger, Index, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base


class Audit(Base):
    """Who did what, when, to which campaign: no bodies, no key, no address.

    Written in the transaction of what it tells. Of an operation the outcome stands in its own row.
    """

    __tablename__ = "cxmc_audit"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_audit"),
        Index("ix_cxmc_audit_account", "account_id", "id"),
        Index("ix_cxmc_audit_at", "account_id", "at"),
        Index("ix_cxmc_audit_action", "account_id", "action", "id"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(20))
    """domain.values.Action"""
    actor_id: Mapped[str] = mapped_column(String(64), default="")
    """"" for the module itself and for the command line."""
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    mailing_id: Mapped[int | None] = mapped_column(ID)
    operation_id: Mapped[int | None] = mapped_column(ID)
    subject: Mapped[str] = mapped_column(String(80), default="")
    """Whom or what it concerns beside the campaign: a person's ref, a mark, a page."""
    note: Mapped[str] = mapped_column(String(300), default="")
    """In words, where there is more to say."""
