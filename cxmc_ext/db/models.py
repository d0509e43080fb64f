"""The tables. Own MetaData, `cxmc_` prefix, host ids as text, no foreign key into the host.

Times are whole Unix seconds in UTC (`*_at`); leases are seconds of the database's clock.
Every constraint and index is named here, so that a host's Alembic sees no difference.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base
from cxmc_ext.db.designs import TemplateContent
from cxmc_ext.db.logs import Audit, RemoteCall, SuppressedAddress, PressCount, Heartbeat
from cxmc_ext.db.schema import Schema

__all__ = [
    "Account",
    "Audit",
    "Base",
    "RemoteCall",
    "TemplateContent",
    "SuppressedAddress",
    "Event",
    "ClickedLink",
    "Mailing",
    "Operation",
    "PressCount",
    "Recipient",
    "Schema",
    "Heartbeat",
]

_ACTIVE = text("state IN ('queued', 'running', 'waiting')")
_HAS_SYNC_LEASE = text("sync_lease <> ''")


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
    """Of the marks in cxmc_erased; made with the first and never changed, whatever secret is rotated."""


class Mailing(Base):
    """Our one record per host campaign."""

    __tablename__ = "cxmc_mailing"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_mailing"),
        UniqueConstraint("account_id", "campaign_ref", name="uq_cxmc_mailing_campaign"),
        ForeignKeyConstraint(["account_id"], ["cxmc_account.id"], name="fk_cxmc_mailing_account"),
        Index("ix_cxmc_mailing_next_sync", "next_sync_at"),
        Index("ix_cxmc_mailing_account_sync", "account_id", "next_sync_at"),
        Index("ix_cxmc_mailing_turn", "account_id", sqlite_where=_HAS_SYNC_LEASE, postgresql_where=_HAS_SYNC_LEASE),
        Index("ix_cxmc_mailing_remote", "remote_id"),
        Index("ix_cxmc_mailing_schedule", "schedule_at"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    campaign_ref: Mapped[str] = mapped_column(String(64))
    campaign_title: Mapped[str] = mapped_column(String(300), default="")
    generation: Mapped[int] = mapped_column(Integer, default=0)
    """Grows with “Delete campaign”: what was frozen or persisted before it is void."""
    state: Mapped[str] = mapped_column(String(16), default="none")
    problems: Mapped[Any] = mapped_column(JSON, default=list)
    """[Why.as_json()]: reasons of not_ready and attention, in order."""
    subject: Mapped[str] = mapped_column(String(300), default="")
    from_name: Mapped[str] = mapped_column(String(200), default="")
    from_email: Mapped[str] = mapped_column(String(254), default="")
    template_id: Mapped[int | None] = mapped_column(BigInteger)
    template_name: Mapped[str] = mapped_column(String(200), default="")
    schedule_at: Mapped[int | None] = mapped_column(BigInteger)
    frozen_at: Mapped[int | None] = mapped_column(BigInteger)
    list_id: Mapped[str] = mapped_column(String(64), default="")
    segment_id: Mapped[int | None] = mapped_column(BigInteger)
    segment_name: Mapped[str] = mapped_column(String(100), default="")
    create_intent_at: Mapped[int | None] = mapped_column(BigInteger)
    remote_id: Mapped[str | None] = mapped_column(String(64))
    web_id: Mapped[int | None] = mapped_column(BigInteger)
    remote_status: Mapped[str] = mapped_column(String(16), default="")
    content_set: Mapped[bool] = mapped_column(Boolean, default=False)
    checklist: Mapped[Any] = mapped_column(JSON, default=list)
    """[{kind, heading, details}]: the last send checklist in MailChimp's words."""
    send_intent_at: Mapped[int | None] = mapped_column(BigInteger)
    """Send or schedule intent; once set, the row never becomes a free form again (I1b)."""
    remote_created_at: Mapped[int | None] = mapped_column(BigInteger)
    """When the MailChimp campaign was created: the age the tiers count from, unless scheduled."""
    sent_at: Mapped[int | None] = mapped_column(BigInteger)
    emails_sent: Mapped[int] = mapped_column(Integer, default=0)
    # What the screens need, kept by the statements that change it, never counted per view.
    people_count: Mapped[int] = mapped_column(Integer, default=0)
    mailable_count: Mapped[int] = mapped_column(Integer, default=0)
    in_audience_count: Mapped[int] = mapped_column(Integer, default=0)
    counts: Mapped[Any] = mapped_column(JSON, default=dict)
    """{"reason": {reason: n}, "status": {name: n of addresses}, "events": {name: n}}"""
    report: Mapped[Any] = mapped_column(JSON, default=dict)
    """The last report body; under "links" its links by clicks, under "domains" its mail domains."""
    # Synchronisation.
    next_sync_at: Mapped[int | None] = mapped_column(BigInteger)
    last_sync_at: Mapped[int | None] = mapped_column(BigInteger)
    sync_lease_token: Mapped[str] = mapped_column(String(80), default="")
    sync_lease_until: Mapped[float] = mapped_column(Float, default=0.0)
    sync_interval_index: Mapped[int] = mapped_column(SmallInteger, default=-1)
    events_cursor: Mapped[int | None] = mapped_column(BigInteger)
    """Cursor: every event up to this second is stored."""
    report_fingerprint: Mapped[str] = mapped_column(String(120), default="")
    """Fingerprint of the report line that was last read completely."""
    sync_failures: Mapped[int] = mapped_column(Integer, default=0)
    sync_problem: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    """Why.as_json() of the last trouble, None when all is well."""
    count_differences: Mapped[Any] = mapped_column(JSON, default=dict)
    """Self-check: {kind: [stored, reported]} where they differ."""


class Operation(Base):
    """One thing somebody asked for. The row is the truth; a job is only a nudge."""

    __tablename__ = "cxmc_operation"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_operation"),
        UniqueConstraint("nonce", name="uq_cxmc_operation_nonce"),
        ForeignKeyConstraint(["account_id"], ["cxmc_account.id"], name="fk_cxmc_operation_account"),
        ForeignKeyConstraint(["mailing_id"], ["cxmc_mailing.id"], name="fk_cxmc_operation_mailing"),
        Index(
            "uq_cxmc_operation_active",
            "scope",
            unique=True,
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
        Index("ix_cxmc_operation_due", "state", "next_at"),
        Index("ix_cxmc_operation_mailing", "mailing_id", "id"),
        Index("ix_cxmc_operation_scope", "scope", "id"),
        Index("ix_cxmc_operation_kind", "kind", "created_at"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    mailing_id: Mapped[int | None] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(String(16))
    scope: Mapped[str] = mapped_column(String(60))
    """"mailing:<id>", "test:<mailing>", "preview:<template>" or "account:<id>:<kind>"; one active
    operation per scope."""
    nonce: Mapped[str] = mapped_column(String(64))
    """Hidden field of the form: the idempotency key of a press."""
    title_token: Mapped[str] = mapped_column(String(16))
    """Eight random bytes as hex; stands in the MailChimp title and segment name."""
    state: Mapped[str] = mapped_column(String(16), default="queued")
    step: Mapped[str] = mapped_column(String(20), default="")
    generation: Mapped[int] = mapped_column(Integer, default=0)
    progress_done: Mapped[int] = mapped_column(Integer, default=0)
    """Progress of the step: `done` of `total`; never goes down within a step."""
    progress_total: Mapped[int] = mapped_column(Integer, default=0)
    opt_out_rebuilds: Mapped[int] = mapped_column(SmallInteger, default=0)
    """How often a late opt-out sent it back to the segment."""
    problems: Mapped[Any] = mapped_column(JSON, default=list)
    payload: Mapped[Any] = mapped_column(JSON, default=dict)
    """What the kind needs beyond the mailing; a key only sealed."""
    actor_id: Mapped[str] = mapped_column(String(64), default="")
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    remote_account_id: Mapped[str] = mapped_column(String(64), default="")
    lease_token: Mapped[str] = mapped_column(String(80), default="")
    lease_until: Mapped[float] = mapped_column(Float, default=0.0)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    not_before: Mapped[float] = mapped_column(Float, default=0.0)
    """Not before this second of the database's clock (back-off)."""
    nudged_at: Mapped[float] = mapped_column(Float, default=0.0, server_default=text("0"))
    """When a tick or a poll last woke somebody for it; 0 once it is taken."""
    deadline: Mapped[int] = mapped_column(BigInteger, default=0)
    code_version: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    """The newest code that wrote it; older code leaves it alone."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)


class Recipient(Base):
    """One person of a frozen campaign: mailed or left out, with the reason, and their one status."""

    __tablename__ = "cxmc_recipient"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_recipient"),
        ForeignKeyConstraint(["mailing_id"], ["cxmc_mailing.id"], name="fk_cxmc_recipient_mailing"),
        Index("ix_cxmc_recipient_member", "mailing_id", "member_hash"),
        Index("ix_cxmc_recipient_person", "person_kind", "person_id"),
        Index("ix_cxmc_recipient_address", "member_hash"),
        Index("ix_cxmc_recipient_reason", "mailing_id", "reason", "id"),
        Index("ix_cxmc_recipient_status", "mailing_id", "status", "id"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    mailing_id: Mapped[int] = mapped_column(ID)
    person_kind: Mapped[str] = mapped_column(String(10), default="")
    """"" for somebody MailChimp mailed whom we do not know: the event is kept all the same."""
    person_id: Mapped[str] = mapped_column(String(64), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(254), default="")
    """Normalised: stripped, lower-case. As typed where it is invalid."""
    member_hash: Mapped[bytes] = mapped_column(LargeBinary(16), default=b"")
    """md5 of the normalised address: MailChimp's member id. b"" without a valid address."""
    merge_values: Mapped[Any] = mapped_column(JSON, default=dict)
    primary_id: Mapped[int | None] = mapped_column(ID)
    """For a duplicate: the recipient row that receives the mail and carries the events."""
    reason: Mapped[str | None] = mapped_column(String(20))
    """None = will receive."""
    detail: Mapped[str] = mapped_column(String(300), default="")
    in_audience: Mapped[bool] = mapped_column(Boolean, default=False)
    status: Mapped[int] = mapped_column(SmallInteger, default=0)


class ClickedLink(Base):
    """A clicked address, stored once per mailing."""

    __tablename__ = "cxmc_link"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_link"),
        UniqueConstraint("mailing_id", "url", name="uq_cxmc_link_url"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    mailing_id: Mapped[int] = mapped_column(ID)
    url: Mapped[str] = mapped_column(Text)


class Event(Base):
    """One activity of one recipient. The natural key is the primary key: a repeat changes nothing."""

    __tablename__ = "cxmc_event"
    __table_args__ = (
        PrimaryKeyConstraint("recipient_id", "kind", "at", "link_id", "nth", name="pk_cxmc_event"),
        Index("ix_cxmc_event_timeline", "mailing_id", "at", "recipient_id"),
        {"sqlite_with_rowid": False},
    )
    recipient_id: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    kind: Mapped[int] = mapped_column(SmallInteger, autoincrement=False)
    """domain.values.Status"""
    at: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    link_id: Mapped[int] = mapped_column(BigInteger, autoincrement=False, default=0)
    """0 where there is no link."""
    occurrence: Mapped[int] = mapped_column(SmallInteger, autoincrement=False, default=0)
    """Ordinal of true repeats within one second."""
    mailing_id: Mapped[int] = mapped_column(BigInteger)
