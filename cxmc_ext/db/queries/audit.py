"""Statements on the audit: one row per thing somebody did, pages of them, and their end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Delete, Select, delete, insert, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.operations import AuditAction


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows: of these actions (none = all), at or after `since`."""

    actions: Collection[str] = ()
    since: int = 0


def add(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """The caller commits, with what the rows tell of."""
    if rows:
        session.execute(insert(Audit), list(rows))


def page(
    session: Session, account_id: int, wanted: AuditFilter, before: int | None, limit: int
) -> Sequence[Any]:
    """Newest first; `before` is the id of the last row shown so far."""
    statement = _rows(account_id, wanted).order_by(Audit.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Audit.id < before)
    return session.execute(statement).all()


def was_denied(session: Session, account_id: int, actor_id: str, since: int) -> bool:
    """Whether a refusal of this person is noted already."""
    statement = select(Audit.id).where(
        Audit.account_id == account_id,
        Audit.action == AuditAction.DENIED,
        Audit.actor_id == actor_id,
        Audit.at >= since,
    )
    return session.execute(statement.limit(1)).first() is not None


def prune(session: Session, before: int, limit: int) -> int:
    """Drops what is older of the `limit` oldest rows of each kind, whose ever; returns how many.

    Ids grow with time: only so many rows are looked at, however many there are and of how many accounts.
    """
    return sum(
        execute_rowcount(session, _pruning(table, before, limit)) for table in (Audit, RemoteCall)
    )


def _pruning(table: type[Audit | RemoteCall], before: int, limit: int) -> Delete:
    oldest = select(table.id, table.at).order_by(table.id).limit(limit).subquery()
    return delete(table).where(table.id.in_(select(oldest.c.id).where(oldest.c.at < before)))


def _rows(account_id: int, wanted: AuditFilter) -> Select[*tuple[Any, ...]]:
    statement = (
        select(
            Audit.id,
            Audit.at,
            Audit.action,
            Audit.actor_name,
            Audit.subject,
            Audit.note,
            Mailing.campaign_ref,
            Mailing.campaign_title,
            Operation.state,
            Operation.problems,
        )
        .outerjoin(Mailing, Mailing.id == Audit.mailing_id)
        .outerjoin(Operation, Operation.id == Audit.operation_id)
        .where(Audit.account_id == account_id)
    )
    if wanted.actions:
        statement = statement.where(Audit.action.in_(list(wanted.actions)))
    return statement.where(Audit.at >= wanted.since) if wanted.since else statement
