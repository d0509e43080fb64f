"""The MailChimp account of a host, or of one account of a host that has several."""

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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base, enum_type
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.contacts import OptOutForwarding


class Account(Base):
    """One MailChimp account: activation, API key, audience, and what was last read from MailChimp."""

    __tablename__ = "cxmc_account"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_account"),
        UniqueConstraint("ref", name="uq_cxmc_account_ref"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    ref: Mapped[str] = mapped_column(String(64))
    """Name of the account in the host."""
    state: Mapped[AccountState] = mapped_column(
        enum_type(AccountState, 16), default=AccountState.INACTIVE
    )
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    """Incremented by every activation and deactivation; leases of an older epoch are void."""
    state_changed_at: Mapped[int | None] = mapped_column(BigInteger)
    state_changed_by: Mapped[str] = mapped_column(String(200), default="")
    sealed_key: Mapped[str | None] = mapped_column(Text)
    """The API key, encrypted; None: no key is connected."""
    key_datacenter: Mapped[str] = mapped_column(String(8), default="")
    key_tail: Mapped[str] = mapped_column(String(4), default="")
    """The last characters before the dash, which may be shown."""
    key_stored_at: Mapped[int | None] = mapped_column(BigInteger)
    key_stored_by: Mapped[str] = mapped_column(String(200), default="")
    key_refused: Mapped[bool] = mapped_column(Boolean, default=False)
    """MailChimp answered 401: no calls are made until a new key is initialized."""
    disabled_at: Mapped[int | None] = mapped_column(BigInteger)
    """Since when MailChimp answers that the account is deactivated; None: it is not. Calls go on."""
    remote_account_id: Mapped[str] = mapped_column(String(64), default="")
    remote_account_name: Mapped[str] = mapped_column(String(200), default="")
    plan: Mapped[str] = mapped_column(String(40), default="")
    list_id: Mapped[str] = mapped_column(String(64), default="")
    """The audience we send from; “list” is the API's word for it."""
    list_web_id: Mapped[int] = mapped_column(BigInteger, default=0)
    list_name: Mapped[str] = mapped_column(String(200), default="")
    merge_fields: Mapped[Any] = mapped_column(JSON, default=list)
    """[AudienceField.to_json()]: all merge fields of the audience, as “Initialize” left them."""
    list_subscribe_url: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """The signup form of the audience; "" until it was read."""
    webhook_id: Mapped[str] = mapped_column(String(64), default="")
    """MailChimp's id of the webhook that was registered for us; empty: there is none."""
    webhook_list_id: Mapped[str] = mapped_column(String(64), default="")
    """The audience it belongs to."""
    webhook_digest: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of its URL, which contains a secret."""
    sealed_webhook_key: Mapped[str | None] = mapped_column(Text)
    """What MailChimp signs its calls with, encrypted; None: they are not signed."""
    webhook_problem: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    """Problem.to_json(): why it could not be registered or deleted."""
    audiences: Mapped[Any] = mapped_column(JSON, default=list)
    """[{id, name}]: the choices where the plan does not allow another audience."""
    templates: Mapped[Any] = mapped_column(JSON, default=list)
    """[{id, name, thumbnail, edited_at, usable}]"""
    sender_domains: Mapped[Any] = mapped_column(JSON, default=list)
    """[{domain, verified, authenticated, mail_sent}]"""
    details_read_at: Mapped[int | None] = mapped_column(BigInteger)
    """When templates and sender domains were last read."""
    importable_campaigns: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    """How many campaigns were sent from MailChimp itself and are not imported."""
    campaigns_read_at: Mapped[int | None] = mapped_column(BigInteger)
    """When they were counted."""
    clicks_notified_until: Mapped[int | None] = mapped_column(BigInteger)
    """The midnight up to which users were told who clicked; None: not before the account is connected."""
    sync_paused: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """An administrator paused synchronization; operations continue."""
    sending_stopped_at: Mapped[int | None] = mapped_column(BigInteger)
    """When an administrator stopped all sending; None: sending is allowed."""
    sending_stopped_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    back_off_until: Mapped[int] = mapped_column(BigInteger, default=0)
    """No calls before this time: MailChimp throttled us."""
    change_checked_at: Mapped[int] = mapped_column(BigInteger, default=0)
    """When the last change check read the report summaries of all campaigns."""
    unsubscribes_cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    """Unsubscribes of the audience are imported up to this time."""
    unsubscribes_problem: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    """Problem.to_json(): why the last import of unsubscribes failed; None when it went well."""
    contact_limit: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    """How many contacts the plan allows, as an administrator entered it; 0: unknown."""
    contacts_used: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    """How many it counts: as MailChimp reported, and what we changed since."""
    contacts_read_at: Mapped[int | None] = mapped_column(BigInteger)
    contacts_changed_at: Mapped[int] = mapped_column(
        BigInteger, default=0, server_default=text("0")
    )
    opt_out_forwarding: Mapped[OptOutForwarding] = mapped_column(
        enum_type(OptOutForwarding, 16),
        default=OptOutForwarding.OFF,
        server_default=OptOutForwarding.OFF,
    )
    lock_counter: Mapped[int] = mapped_column(Integer, default=0)
    """Incremented to lock the row: by the send intent and by whoever writes opt-outs, so that one waits
    for the other."""
    suppression_salt: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Salt of the digests in `cxmc_suppressed_address`. Created with the first one and never changed, even
    when CXMC_SECRET_KEYS is rotated."""
