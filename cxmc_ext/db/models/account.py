"""The tables. Own MetaData, `cxmc_` prefix, host ids as text, no foreign key into the host.

Times are whole Unix seconds in UTC (`*_at`); leases are seconds of the database's clock.
Every constraint and index is named here, so that a host's Alembic sees no difference.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base


class Account(Base):
    """One MailChimp account of one tenant of the host: activation, key, audience, what was read."""

    __tablename__ = "cxmc_account"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_account"),
        UniqueConstraint("ref", name="uq_cxmc_account_ref"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    ref: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default="inactive")
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    """Grows at every activation and deactivation; a lease of an older epoch is void."""
    state_changed_at: Mapped[int | None] = mapped_column(BigInteger)
    state_changed_by: Mapped[str] = mapped_column(String(200), default="")
    sealed_key: Mapped[str | None] = mapped_column(Text)
    key_datacenter: Mapped[str] = mapped_column(String(8), default="")
    key_tail: Mapped[str] = mapped_column(String(4), default="")
    key_stored_at: Mapped[int | None] = mapped_column(BigInteger)
    key_stored_by: Mapped[str] = mapped_column(String(200), default="")
    key_refused: Mapped[bool] = mapped_column(Boolean, default=False)
    """MailChimp answered 401: nothing is called until a new key is initialised."""
    remote_account_id: Mapped[str] = mapped_column(String(64), default="")
    remote_account_name: Mapped[str] = mapped_column(String(200), default="")
    plan: Mapped[str] = mapped_column(String(40), default="")
    list_id: Mapped[str] = mapped_column(String(64), default="")
    list_web_id: Mapped[int] = mapped_column(BigInteger, default=0)
    list_name: Mapped[str] = mapped_column(String(200), default="")
    audiences: Mapped[Any] = mapped_column(JSON, default=list)
    """[{id, name}]: what P may choose from where the plan allows no further audience."""
    templates: Mapped[Any] = mapped_column(JSON, default=list)
    """[{id, name, thumbnail, edited_at, usable}]"""
    sender_domains: Mapped[Any] = mapped_column(JSON, default=list)
    """[{domain, verified, authenticated, mail_sent}]"""
    details_read_at: Mapped[int | None] = mapped_column(BigInteger)
    """When templates and domains were read last."""
    sync_paused: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """An administrator stopped the synchronisation; operations go on."""
    back_off_until: Mapped[int] = mapped_column(BigInteger, default=0)
    change_checked_at: Mapped[int] = mapped_column(BigInteger, default=0)
    """When the report lines of all campaigns were read last."""
    unsubscribes_cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    """Cursor of the audience's leavers."""
    lock_counter: Mapped[int] = mapped_column(Integer, default=0)
    """Counted up first by the send intent and by our opt-out writes: the lock both take (I2)."""
    suppression_salt: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Of the marks in cxmc_suppressed_address; made with the first and never changed, whatever secret is rotated."""
