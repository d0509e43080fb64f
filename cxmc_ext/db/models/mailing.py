"""Our record of a host campaign: one row per campaign."""

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
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base, enum_type
from cxmc_ext.domain.campaigns import MailingState

_HAS_SYNC_LEASE = text("sync_lease_token <> ''")
_HAS_SEGMENT = text("segment_id IS NOT NULL")


class Mailing(Base):
    """What was ordered for a host campaign, what exists of it at MailChimp, and how far it is read."""

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
        Index(
            "ix_cxmc_mailing_segment",
            "sent_at",
            sqlite_where=_HAS_SEGMENT,
            postgresql_where=_HAS_SEGMENT,
        ),
        Index("ix_cxmc_mailing_schedule", "schedule_at"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    campaign_ref: Mapped[str] = mapped_column(String(64))
    campaign_title: Mapped[str] = mapped_column(String(300), default="")
    is_imported: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Its campaign was created in MailChimp itself. Nothing of it is ever changed there. While `frozen_at` is
    None its recipients are being read, and `campaign_ref` is a name of our own that no Host knows."""
    generation: Mapped[int] = mapped_column(Integer, default=0)
    """Incremented by “Delete campaign”: whatever was stored for an older generation is void."""
    state: Mapped[MailingState] = mapped_column(
        enum_type(MailingState, 16), default=MailingState.NONE
    )
    problems: Mapped[Any] = mapped_column(JSON, default=list)
    """[Problem.to_json()]: why the state is `not_ready` or `attention`, in order."""
    subject: Mapped[str] = mapped_column(String(300), default="")
    preview_text: Mapped[str] = mapped_column(String(300), default="", server_default="")
    from_name: Mapped[str] = mapped_column(String(200), default="")
    from_email: Mapped[str] = mapped_column(String(254), default="")
    template_id: Mapped[int | None] = mapped_column(BigInteger)
    design_id: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """The campaign at MailChimp whose design is used; `template_id` is negative then. "" for a template."""
    template_name: Mapped[str] = mapped_column(String(200), default="")
    regions: Mapped[Any] = mapped_column(JSON, default=dict)
    """{name: HTML} of the template's editable regions that were edited."""
    blocks: Mapped[Any] = mapped_column(JSON, default=dict)
    """{name: FilledBlock.to_json()} of the regions that blocks fill."""
    content_fingerprint: Mapped[str] = mapped_column(String(64), default="")
    """`rules.regions.fingerprint` of the content that the preview showed when the mailing was ordered; "" if
    it was not read."""
    schedule_at: Mapped[int | None] = mapped_column(BigInteger)
    ignores_frequency_cap: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default=false()
    )
    """“Send anyway”: people over the frequency cap are mailed as well."""
    requested_by_id: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Who pressed “Create and send” or “Create and schedule”."""
    requested_by_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    form_draft: Mapped[Any] = mapped_column(JSON, default=dict)
    """What was typed in the form since (`domain.form_drafts.FormDraft`); {} once it was sent."""
    form_draft_version: Mapped[int] = mapped_column(Integer, default=0)
    """Incremented with each change of `form_draft`, so that no window overwrites another unnoticed."""
    frozen_at: Mapped[int | None] = mapped_column(BigInteger)
    list_id: Mapped[str] = mapped_column(String(64), default="")
    segment_id: Mapped[int | None] = mapped_column(BigInteger)
    """None again when the segment was deleted or renamed, an hour after the campaign was sent."""
    segment_name: Mapped[str] = mapped_column(String(100), default="")
    create_intent_at: Mapped[int | None] = mapped_column(BigInteger)
    """When MailChimp was about to be asked for a draft. Set without `remote_id`: the answer was lost.
    `remote_id` without it: the draft is marked for deletion."""
    remote_id: Mapped[str | None] = mapped_column(String(64))
    """Id of the campaign in MailChimp's API."""
    web_id: Mapped[int | None] = mapped_column(BigInteger)
    """Id of the campaign in links to MailChimp's website."""
    remote_status: Mapped[str] = mapped_column(String(16), default="")
    content_set: Mapped[bool] = mapped_column(Boolean, default=False)
    checklist: Mapped[Any] = mapped_column(JSON, default=list)
    """[{kind, heading, details}]: the last send checklist, in MailChimp's words."""
    send_intent_at: Mapped[int | None] = mapped_column(BigInteger)
    """When the decision to send or schedule was committed, before MailChimp was asked. While it is set, the
    campaign may have been sent: the form is not offered again."""
    remote_created_at: Mapped[int | None] = mapped_column(BigInteger)
    """When the remote campaign was created. Sync intervals count from here, unless it was scheduled."""
    sent_at: Mapped[int | None] = mapped_column(BigInteger)
    emails_sent: Mapped[int] = mapped_column(Integer, default=0)
    mail_due: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """The campaign was sent, and its mail is to be read (`SentMail`)."""
    mail_read_at: Mapped[int | None] = mapped_column(BigInteger)
    """When the mail was read; None: it is not kept."""
    # Counts for the screens, updated by the statements that change them; no screen counts rows.
    people_count: Mapped[int] = mapped_column(Integer, default=0)
    """Everybody who was frozen."""
    mailable_count: Mapped[int] = mapped_column(Integer, default=0)
    """Those who will be mailed: no exclusion reason."""
    in_audience_count: Mapped[int] = mapped_column(Integer, default=0)
    """Of these, members of the audience so far."""
    counts: Mapped[Any] = mapped_column(JSON, default=dict)
    """{"reason": {exclusion reason: people}, "status": {status: addresses}, "events": {kind: events}}"""
    campaign_changes: Mapped[Any] = mapped_column(JSON, default=dict)
    """What the last comparison with the CRM found that is not applied yet (`usecases.sending.
    change_counts.FoundChanges`): {"at", "removed", "corrected", "left_out", "added", "mailable"}"""
    report: Mapped[Any] = mapped_column(JSON, default=dict)
    """The body of the last report, with the most clicked links (`links`) and mail domains (`domains`)."""
    # Follow-ups with the same mail.
    resend_of_id: Mapped[int | None] = mapped_column(ID)
    """The mailing whose mail this one brings once more to those who did not open it."""
    resend_id: Mapped[int | None] = mapped_column(ID)
    """The mailing that brings this mail once more to those who did not open it."""
    addition_ids: Mapped[Any] = mapped_column(JSON, default=list)
    """Mailings to the people who were added to the campaign after it was sent, the oldest first."""
    open_rate: Mapped[float | None] = mapped_column(Float)
    """Share of the delivered mails that were opened, as in the last report; for lists and averages."""
    click_rate: Mapped[float | None] = mapped_column(Float)
    # Synchronization.
    next_sync_at: Mapped[int | None] = mapped_column(BigInteger)
    """When the next sync turn is due; None: never again."""
    last_sync_at: Mapped[int | None] = mapped_column(BigInteger)
    sync_lease_token: Mapped[str] = mapped_column(String(80), default="")
    """Names the sync turn that reads this mailing; "" when nobody does."""
    sync_lease_until: Mapped[float] = mapped_column(Float, default=0.0)
    sync_interval_index: Mapped[int] = mapped_column(SmallInteger, default=-1)
    """Row of `rules.sync_intervals.INTERVALS` when it was last read; -1 before that."""
    events_cursor: Mapped[int | None] = mapped_column(BigInteger)
    """Every event up to this second is stored."""
    report_fingerprint: Mapped[str] = mapped_column(String(120), default="")
    """Fingerprint of the report summary at the last complete read."""
    sync_failures: Mapped[int] = mapped_column(Integer, default=0)
    sync_problem: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    """Problem.to_json() of the last turn; None when it went well."""
    sync_warnings: Mapped[Any] = mapped_column(JSON, default=list)
    """[Problem.to_json()]: what the last import could not use, for administrators."""
    count_differences: Mapped[Any] = mapped_column(JSON, default=dict)
    """{kind: [stored, reported]} where our counts differ from MailChimp's."""
