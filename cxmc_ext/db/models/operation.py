"""Work that a worker carries out for a press."""

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

from cxmc_ext.db.base import ID, Base, enum_type
from cxmc_ext.domain.operations import OperationKind, OperationState

_ACTIVE = text("state IN ('queued', 'running', 'waiting')")


class Operation(Base):
    """One request and its progress. The row is the truth; a queued job is only a nudge."""

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
    kind: Mapped[OperationKind] = mapped_column(enum_type(OperationKind, 20))
    scope: Mapped[str] = mapped_column(String(60))
    """What it excludes others from: at most one operation per scope is active. Such as "mailing:<id>",
    "test:<mailing id>" or "account:<id>:<kind>"."""
    nonce: Mapped[str] = mapped_column(String(64))
    """Idempotency key of the press: a hidden field of the form."""
    title_token: Mapped[str] = mapped_column(String(16))
    """Eight random bytes as hex, part of the MailChimp title and segment name: finds them after a lost
    answer."""
    state: Mapped[OperationState] = mapped_column(
        enum_type(OperationState, 16), default=OperationState.QUEUED
    )
    step: Mapped[str] = mapped_column(String(20), default="")
    """Name of the step it is at, from the step table of its kind."""
    generation: Mapped[int] = mapped_column(Integer, default=0)
    """Generation of the mailing when it was requested."""
    progress_done: Mapped[int] = mapped_column(Integer, default=0)
    """Progress within the step, of `progress_total`; never decreases."""
    progress_total: Mapped[int] = mapped_column(Integer, default=0)
    opt_out_rebuilds: Mapped[int] = mapped_column(SmallInteger, default=0)
    """How often late opt-outs made it build segment and draft again."""
    problems: Mapped[Any] = mapped_column(JSON, default=list)
    """[Problem.to_json()]: why it waits, or how it ended."""
    payload: Mapped[Any] = mapped_column(JSON, default=dict)
    """What the kind needs besides the mailing. An API key is only stored encrypted."""
    actor_id: Mapped[str] = mapped_column(String(64), default="")
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    """Epoch of the account when it was requested; void after a deactivation."""
    remote_account_id: Mapped[str] = mapped_column(String(64), default="")
    """The MailChimp account it began with: it never continues in another one."""
    lease_token: Mapped[str] = mapped_column(String(80), default="")
    lease_until: Mapped[float] = mapped_column(Float, default=0.0)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    """Failed attempts of the current step in a row."""
    not_before: Mapped[float] = mapped_column(Float, default=0.0)
    """A waiting operation is due from this second of the database's clock on."""
    nudged_at: Mapped[float] = mapped_column(Float, default=0.0, server_default=text("0"))
    """When a tick or a poll last nudged a worker for it; 0 once it is claimed."""
    deadline: Mapped[int] = mapped_column(BigInteger, default=0)
    """It is given up when it has not ended by this time."""
    code_version: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    """The newest `queries.operations.CODE_VERSION` that wrote it; older code leaves it alone."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
