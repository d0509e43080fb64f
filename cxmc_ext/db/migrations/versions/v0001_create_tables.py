"""create the tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Creates every table, referenced tables first."""
    _create_account()
    _create_audit()
    _create_clicked_link()
    _create_event()
    _create_failed_address()
    _create_heartbeat()
    _create_invitation()
    _create_marked_person()
    _create_notice()
    _create_press_count()
    _create_remote_call()
    _create_reported_opt_out()
    _create_suppressed_address()
    _create_withdrawn_member()
    _create_mailing()
    _create_template_content()
    _create_sent_mail()
    _create_operation()
    _create_recipient()
    _create_recipient_status()


def downgrade() -> None:
    """Drops every table."""
    for name in (
        "recipient_status",
        "recipient",
        "operation",
        "template_content",
        "sent_mail",
        "mailing",
        "withdrawn_member",
        "suppressed_address",
        "reported_opt_out",
        "remote_call",
        "press_count",
        "notice",
        "marked_person",
        "invitation",
        "heartbeat",
        "failed_address",
        "event",
        "clicked_link",
        "audit",
        "account",
    ):
        op.drop_table(f"cxmc_{name}")


def _create_index(
    table: str, name: str, *columns: str, unique: bool = False, where: str | None = None
) -> None:
    condition = sa.text(where) if where else None
    op.create_index(
        name,
        table,
        list(columns),
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _create_account() -> None:
    op.create_table(
        "cxmc_account",
        sa.Column("id", _ID, nullable=False),
        sa.Column("ref", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("state_changed_at", sa.BigInteger(), nullable=True),
        sa.Column("state_changed_by", sa.String(200), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=True),
        sa.Column("key_datacenter", sa.String(8), nullable=False),
        sa.Column("key_tail", sa.String(4), nullable=False),
        sa.Column("key_stored_at", sa.BigInteger(), nullable=True),
        sa.Column("key_stored_by", sa.String(200), nullable=False),
        sa.Column("key_refused", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("remote_account_id", sa.String(64), nullable=False),
        sa.Column("remote_account_name", sa.String(200), nullable=False),
        sa.Column("plan", sa.String(40), nullable=False),
        sa.Column("list_id", sa.String(64), nullable=False),
        sa.Column("list_web_id", sa.BigInteger(), nullable=False),
        sa.Column("list_name", sa.String(200), nullable=False),
        sa.Column("merge_fields", sa.JSON(), nullable=False),
        sa.Column("list_subscribe_url", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("webhook_id", sa.String(64), nullable=False),
        sa.Column("webhook_list_id", sa.String(64), nullable=False),
        sa.Column("webhook_digest", sa.String(64), nullable=False),
        sa.Column("sealed_webhook_key", sa.Text(), nullable=True),
        sa.Column("webhook_problem", sa.JSON(), nullable=True),
        sa.Column("audiences", sa.JSON(), nullable=False),
        sa.Column("templates", sa.JSON(), nullable=False),
        sa.Column("sender_domains", sa.JSON(), nullable=False),
        sa.Column("details_read_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "importable_campaigns", sa.Integer(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("campaigns_read_at", sa.BigInteger(), nullable=True),
        sa.Column("clicks_notified_until", sa.BigInteger(), nullable=True),
        sa.Column("sync_paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("sending_stopped_at", sa.BigInteger(), nullable=True),
        sa.Column("sending_stopped_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("back_off_until", sa.BigInteger(), nullable=False),
        sa.Column("change_checked_at", sa.BigInteger(), nullable=False),
        sa.Column("unsubscribes_cursor", sa.BigInteger(), nullable=False),
        sa.Column("unsubscribes_problem", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("contact_limit", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("contacts_used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("contacts_read_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "contacts_changed_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("opt_out_forwarding", sa.String(16), server_default="off", nullable=False),
        sa.Column("lock_counter", sa.Integer(), nullable=False),
        sa.Column("suppression_salt", sa.LargeBinary(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_cxmc_account"),
        sa.UniqueConstraint("ref", name="uq_cxmc_account_ref"),
    )


def _create_audit() -> None:
    op.create_table(
        "cxmc_audit",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("actor_id", sa.String(64), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("mailing_id", _ID, nullable=True),
        sa.Column("operation_id", _ID, nullable=True),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cxmc_audit"),
    )
    _create_index("cxmc_audit", "ix_cxmc_audit_account", "account_id", "id")
    _create_index("cxmc_audit", "ix_cxmc_audit_action", "account_id", "action", "id")
    _create_index("cxmc_audit", "ix_cxmc_audit_at", "account_id", "at")
    _create_index("cxmc_audit", "ix_cxmc_audit_subject", "account_id", "subject", "id")


def _create_clicked_link() -> None:
    op.create_table(
        "cxmc_clicked_link",
        sa.Column("id", _ID, nullable=False),
        sa.Column("mailing_id", _ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("item_ref", sa.String(64), server_default="", nullable=False),
        sa.Column("item_title", sa.String(150), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cxmc_clicked_link"),
        sa.UniqueConstraint("mailing_id", "url", name="uq_cxmc_clicked_link_url"),
    )


def _create_event() -> None:
    op.create_table(
        "cxmc_event",
        sa.Column("recipient_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurrence", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("mailing_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "recipient_id", "kind", "at", "link_id", "occurrence", name="pk_cxmc_event"
        ),
        sqlite_with_rowid=False,
    )
    _create_index("cxmc_event", "ix_cxmc_event_timeline", "mailing_id", "at", "recipient_id")
    _create_index(
        "cxmc_event", "ix_cxmc_event_link", "link_id", "recipient_id", where="link_id > 0"
    )


def _create_failed_address() -> None:
    op.create_table(
        "cxmc_failed_address",
        sa.Column("account_id", _ID, autoincrement=False, nullable=False),
        sa.Column("member_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mailing_id", _ID, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "member_hash", name="pk_cxmc_failed_address"),
    )


def _create_invitation() -> None:
    op.create_table(
        "cxmc_invitation",
        sa.Column("account_id", _ID, autoincrement=False, nullable=False),
        sa.Column("member_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("list_id", sa.String(64), nullable=False),
        sa.Column("person_kind", sa.String(10), nullable=False),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("invited_at", sa.BigInteger(), nullable=False),
        sa.Column("invited_by", sa.String(200), nullable=False),
        sa.Column("is_mailed", sa.Boolean(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "member_hash", name="pk_cxmc_invitation"),
    )
    _create_index(
        "cxmc_invitation",
        "ix_cxmc_invitation_open",
        "account_id",
        "checked_at",
        where="confirmed_at IS NULL",
    )
    _create_index("cxmc_invitation", "ix_cxmc_invitation_person", "person_kind", "person_id")


def _create_marked_person() -> None:
    op.create_table(
        "cxmc_marked_person",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("person_kind", sa.String(10), nullable=False),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("member_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("owner_name", sa.String(200), nullable=False),
        sa.Column("owner_email", sa.String(254), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cxmc_marked_person"),
        sa.UniqueConstraint(
            "account_id", "person_kind", "person_id", name="uq_cxmc_marked_person_person"
        ),
    )
    _create_index(
        "cxmc_marked_person", "ix_cxmc_marked_person_address", "account_id", "member_hash"
    )
    _create_index(
        "cxmc_marked_person", "ix_cxmc_marked_person_owner", "account_id", "owner_email", "id"
    )


def _create_heartbeat() -> None:
    op.create_table(
        "cxmc_heartbeat",
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_cxmc_heartbeat"),
    )


def _create_press_count() -> None:
    op.create_table(
        "cxmc_press_count",
        sa.Column("actor_id", sa.String(64), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", name="pk_cxmc_press_count"),
    )


def _create_remote_call() -> None:
    op.create_table(
        "cxmc_remote_call",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("operation_id", _ID, nullable=True),
        sa.Column("mailing_id", _ID, nullable=True),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("dropped_values", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cxmc_remote_call"),
    )
    _create_index("cxmc_remote_call", "ix_cxmc_remote_call_account", "account_id", "at")
    _create_index("cxmc_remote_call", "ix_cxmc_remote_call_operation", "operation_id")
    _create_index(
        "cxmc_remote_call",
        "ix_cxmc_remote_call_unknown",
        "account_id",
        "at",
        where="outcome = 'unknown'",
    )


def _create_reported_opt_out() -> None:
    op.create_table(
        "cxmc_reported_opt_out",
        sa.Column("account_id", _ID, autoincrement=False, nullable=False),
        sa.Column("member_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("list_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "member_hash", name="pk_cxmc_reported_opt_out"),
    )


def _create_suppressed_address() -> None:
    op.create_table(
        "cxmc_suppressed_address",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cxmc_suppressed_address"),
        sa.UniqueConstraint("account_id", "digest", name="uq_cxmc_suppressed_address_digest"),
    )


def _create_withdrawn_member() -> None:
    op.create_table(
        "cxmc_withdrawn_member",
        sa.Column("account_id", _ID, autoincrement=False, nullable=False),
        sa.Column("list_id", sa.String(64), nullable=False),
        sa.Column("member_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "list_id", "member_hash", name="pk_cxmc_withdrawn_member"
        ),
    )


def _create_mailing() -> None:
    op.create_table(
        "cxmc_mailing",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("campaign_ref", sa.String(64), nullable=False),
        sa.Column("campaign_title", sa.String(300), nullable=False),
        sa.Column("is_imported", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("preview_text", sa.String(300), server_default="", nullable=False),
        sa.Column("from_name", sa.String(200), nullable=False),
        sa.Column("from_email", sa.String(254), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=True),
        sa.Column("design_id", sa.String(64), server_default="", nullable=False),
        sa.Column("template_name", sa.String(200), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("content_fingerprint", sa.String(64), nullable=False),
        sa.Column("schedule_at", sa.BigInteger(), nullable=True),
        sa.Column("ignores_frequency_cap", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("requested_by_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("requested_by_name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("form_draft", sa.JSON(), nullable=False),
        sa.Column("form_draft_version", sa.Integer(), nullable=False),
        sa.Column("frozen_at", sa.BigInteger(), nullable=True),
        sa.Column("list_id", sa.String(64), nullable=False),
        sa.Column("segment_id", sa.BigInteger(), nullable=True),
        sa.Column("segment_name", sa.String(100), nullable=False),
        sa.Column("create_intent_at", sa.BigInteger(), nullable=True),
        sa.Column("remote_id", sa.String(64), nullable=True),
        sa.Column("web_id", sa.BigInteger(), nullable=True),
        sa.Column("remote_status", sa.String(16), nullable=False),
        sa.Column("content_set", sa.Boolean(), nullable=False),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.Column("send_intent_at", sa.BigInteger(), nullable=True),
        sa.Column("remote_created_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("emails_sent", sa.Integer(), nullable=False),
        sa.Column("mail_due", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("mail_read_at", sa.BigInteger(), nullable=True),
        sa.Column("people_count", sa.Integer(), nullable=False),
        sa.Column("mailable_count", sa.Integer(), nullable=False),
        sa.Column("in_audience_count", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("campaign_changes", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("resend_of_id", _ID, nullable=True),
        sa.Column("resend_id", _ID, nullable=True),
        sa.Column("addition_ids", sa.JSON(), nullable=False),
        sa.Column("open_rate", sa.Float(), nullable=True),
        sa.Column("click_rate", sa.Float(), nullable=True),
        sa.Column("next_sync_at", sa.BigInteger(), nullable=True),
        sa.Column("last_sync_at", sa.BigInteger(), nullable=True),
        sa.Column("sync_lease_token", sa.String(80), nullable=False),
        sa.Column("sync_lease_until", sa.Float(), nullable=False),
        sa.Column("sync_interval_index", sa.SmallInteger(), nullable=False),
        sa.Column("events_cursor", sa.BigInteger(), nullable=True),
        sa.Column("report_fingerprint", sa.String(120), nullable=False),
        sa.Column("sync_failures", sa.Integer(), nullable=False),
        sa.Column("sync_problem", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("sync_warnings", sa.JSON(), nullable=False),
        sa.Column("count_differences", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cxmc_mailing"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["cxmc_account.id"], name="fk_cxmc_mailing_account"
        ),
        sa.UniqueConstraint("account_id", "campaign_ref", name="uq_cxmc_mailing_campaign"),
    )
    _create_index("cxmc_mailing", "ix_cxmc_mailing_account_sync", "account_id", "next_sync_at")
    _create_index("cxmc_mailing", "ix_cxmc_mailing_next_sync", "next_sync_at")
    _create_index("cxmc_mailing", "ix_cxmc_mailing_remote", "remote_id")
    _create_index("cxmc_mailing", "ix_cxmc_mailing_schedule", "schedule_at")
    _create_index(
        "cxmc_mailing", "ix_cxmc_mailing_segment", "sent_at", where="segment_id IS NOT NULL"
    )
    _create_index(
        "cxmc_mailing", "ix_cxmc_mailing_turn", "account_id", where="sync_lease_token <> ''"
    )


def _create_sent_mail() -> None:
    op.create_table(
        "cxmc_sent_mail",
        sa.Column("mailing_id", _ID, autoincrement=False, nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailing_id", name="pk_cxmc_sent_mail"),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["cxmc_mailing.id"], name="fk_cxmc_sent_mail_mailing"
        ),
    )


def _create_template_content() -> None:
    op.create_table(
        "cxmc_template_content",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        sa.Column("regions_key", sa.String(64), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cxmc_template_content"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["cxmc_account.id"], name="fk_cxmc_template_content_account"
        ),
        sa.UniqueConstraint(
            "account_id", "template_id", "regions_key", name="uq_cxmc_template_content_template"
        ),
    )


def _create_notice() -> None:
    op.create_table(
        "cxmc_notice",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mailing_id", _ID, nullable=True),
        sa.Column("operation_id", _ID, nullable=True),
        sa.Column("user_id", sa.String(64), nullable=True),
        sa.Column("people", sa.JSON(), nullable=True),
        sa.Column("events_since", sa.BigInteger(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cxmc_notice"),
        sqlite_autoincrement=True,
    )
    _create_index("cxmc_notice", "ix_cxmc_notice_mailing", "mailing_id")
    _create_index("cxmc_notice", "ix_cxmc_notice_pending", "id", where="delivered_at IS NULL")
    _create_index("cxmc_notice", "uq_cxmc_notice_seq", "seq", unique=True)


def _create_operation() -> None:
    op.create_table(
        "cxmc_operation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("mailing_id", _ID, nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("scope", sa.String(60), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("title_token", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("progress_done", sa.Integer(), nullable=False),
        sa.Column("progress_total", sa.Integer(), nullable=False),
        sa.Column("opt_out_rebuilds", sa.SmallInteger(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("actor_id", sa.String(64), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("remote_account_id", sa.String(64), nullable=False),
        sa.Column("lease_token", sa.String(80), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.Float(), nullable=False),
        sa.Column("nudged_at", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("code_version", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_cxmc_operation"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["cxmc_account.id"], name="fk_cxmc_operation_account"
        ),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["cxmc_mailing.id"], name="fk_cxmc_operation_mailing"
        ),
        sa.UniqueConstraint("nonce", name="uq_cxmc_operation_nonce"),
    )
    _create_index("cxmc_operation", "ix_cxmc_operation_due", "state", "not_before")
    _create_index("cxmc_operation", "ix_cxmc_operation_kind", "kind", "created_at")
    _create_index("cxmc_operation", "ix_cxmc_operation_mailing", "mailing_id", "id")
    _create_index("cxmc_operation", "ix_cxmc_operation_scope", "scope", "id")
    _create_index(
        "cxmc_operation",
        "uq_cxmc_operation_active",
        "scope",
        unique=True,
        where="state IN ('queued', 'running', 'waiting')",
    )


def _create_recipient() -> None:
    op.create_table(
        "cxmc_recipient",
        sa.Column("id", _ID, nullable=False),
        sa.Column("mailing_id", _ID, nullable=False),
        sa.Column("person_kind", sa.String(10), nullable=False),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("member_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("merge_values", sa.JSON(), nullable=False),
        sa.Column("primary_id", _ID, nullable=True),
        sa.Column("reason", sa.String(20), nullable=True),
        sa.Column("detail", sa.String(300), nullable=False),
        sa.Column("in_audience", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cxmc_recipient"),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["cxmc_mailing.id"], name="fk_cxmc_recipient_mailing"
        ),
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE cxmc_recipient SET (fillfactor = 50)")
    _create_index("cxmc_recipient", "ix_cxmc_recipient_address", "member_hash", "mailing_id")
    _create_index("cxmc_recipient", "ix_cxmc_recipient_mailing", "mailing_id", "id")
    _create_index("cxmc_recipient", "ix_cxmc_recipient_person", "person_kind", "person_id")
    _create_index("cxmc_recipient", "ix_cxmc_recipient_reason", "mailing_id", "reason", "id")


def _create_recipient_status() -> None:
    op.create_table(
        "cxmc_recipient_status",
        sa.Column("recipient_id", _ID, autoincrement=False, nullable=False),
        sa.Column("mailing_id", _ID, nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("recipient_id", name="pk_cxmc_recipient_status"),
    )
    _create_index(
        "cxmc_recipient_status",
        "ix_cxmc_recipient_status_mailing",
        "mailing_id",
        "status",
        "recipient_id",
    )
