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
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base

_HAS_SYNC_LEASE = text("sync_lease_token <> ''")


class Mailing(Base):
    """Our one record per host campaign."""

    __tablename__ = "cxmc_mailing"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_mailing"),
        UniqueConstraint("account_id", "campaign_ref", name="uq_cxmc_mailing_campaign"),
        ForeignKeyConstraint(["account_id"], ["cxmc_account.id"], name="fk_cxmc_mailing_account"),
        Index("ix_cxmc_mailing_next_sync", "next_sync_at"),
        Index("ix_cxmc_mailing_account_sync", "account_id", "next_sync_at"),
        Index(
            "ix_cxmc_mailing_turn",
            "account_id",
            sqlite_where=_HAS_SYNC_LEASE,
            postgresql_where=_HAS_SYNC_LEASE,
        ),
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
