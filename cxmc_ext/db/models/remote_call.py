"""Log of the calls to MailChimp."""

from sqlalchemy import BigInteger, Index, Integer, PrimaryKeyConstraint, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base

_UNKNOWN = text("outcome = 'unknown'")


class RemoteCall(Base):
    """One call: which, for what, how it ended. No bodies, keys or addresses."""

    __tablename__ = "cxmc_remote_call"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_remote_call"),
        Index("ix_cxmc_remote_call_account", "account_id", "at"),
        Index("ix_cxmc_remote_call_operation", "operation_id"),
        Index(
            "ix_cxmc_remote_call_unknown",
            "account_id",
            "at",
            sqlite_where=_UNKNOWN,
            postgresql_where=_UNKNOWN,
        ),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    operation_id: Mapped[int | None] = mapped_column(ID)
    mailing_id: Mapped[int | None] = mapped_column(ID)
    step: Mapped[str] = mapped_column(String(20), default="")
    method: Mapped[str] = mapped_column(String(40))
    """Method of `domain.ports.mailchimp.MailChimp`."""
    outcome: Mapped[str] = mapped_column(String(10))
    """"ok", "refused", "disabled" (refused, as the account is deactivated), "unknown", or "settled": was
    unknown, and what it may have left has been removed."""
    status: Mapped[int] = mapped_column(SmallInteger, default=0)
    """HTTP status; 0 without a response, or when it went well."""
    duration_ms: Mapped[int] = mapped_column(Integer, default=0)
    dropped_values: Mapped[int] = mapped_column(Integer, default=0)
    """Values of the answer that could not be used."""
    at: Mapped[int] = mapped_column(BigInteger)
