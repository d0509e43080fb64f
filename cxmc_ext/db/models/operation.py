"""The tables. Own MetaData, `cxmc_` prefix, host ids as text, no foreign key into the host.

Times are whole Unix seconds in UTC (`*_at`); leases are seconds of the database's clock.
Every constraint and index is named here, so that a host's Alembic sees no difference.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
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

_ACTIVE = text("state IN ('queued', 'running', 'waiting')")


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
        Index("ix_cxmc_operation_due", "state", "not_before"),
        Index("ix_cxmc_operation_mailing", "mailing_id", "id"),
        Index("ix_cxmc_operation_scope", "scope", "id"),
        Index("ix_cxmc_operation_kind", "kind", "created_at"),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    mailing_id: Mapped[int | None] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(String(20))
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
