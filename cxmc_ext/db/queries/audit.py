"""Queries on the audit: adding entries, reading pages of them, deleting old ones."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Delete, Select, delete, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.statements import execute_rowcount, insert_rows
from cxmc_ext.domain.audit_actions import AuditAction


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries: those with one of these actions (empty: all), from `since` on."""

    actions: Collection[str] = ()
    since: int = 0


def add(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Adds entries. The caller commits them together with the action they record."""
    insert_rows(session, Audit, rows)


def page(
    session: Session, account_id: int, wanted: AuditFilter, before: int | None, limit: int
) -> Sequence[Any]:
    """A page of the audit, newest first.

    Args:
        session: The host's session.
        account_id: The account.
        wanted: Which entries.
        before: Id of the last entry of the previous page; None for the first page.
        limit: How many entries.
    """
    statement = _rows(account_id, wanted).order_by(Audit.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Audit.id < before)
    return session.execute(statement).all()


def was_denied(session: Session, account_id: int, actor_id: str, since: int) -> bool:
    """Whether an entry “denied” of this user was made since then."""
    statement = select(Audit.id).where(
        Audit.account_id == account_id,
        Audit.action == AuditAction.DENIED,
        Audit.actor_id == actor_id,
        Audit.at >= since,
    )
    return session.execute(statement.limit(1)).first() is not None


def opted_out_subjects(session: Session, account_id: int, subjects: Collection[str]) -> set[str]:
    """Which people, given as subjects, were put into an opt-out group because of MailChimp.

    Without those whose opt-out ended since: if they are in the group again, the CRM put them there.
    """
    statement = (
        select(Audit.subject, Audit.action)
        .where(
            Audit.account_id == account_id,
            Audit.action.in_((AuditAction.OPT_OUT, AuditAction.OPT_IN)),
            Audit.subject.in_(list(subjects)),
        )
        .order_by(Audit.id)
    )
    last = {row.subject: row.action for row in session.execute(statement)}
    return {subject for subject, action in last.items() if action == AuditAction.OPT_OUT}


def last_of_subject(session: Session, account_id: int, subject: str, action: str) -> Any:
    """The latest entry of an action about a person; None without one."""
    wanted = AuditFilter((action,))
    statement = _rows(account_id, wanted).where(Audit.subject == subject)
    return session.execute(statement.order_by(Audit.id.desc()).limit(1)).first()


def prune(session: Session, before: int, limit: int) -> int:
    """Deletes old audit entries and remote calls of all accounts.

    Ids grow with time, so only the `limit` rows with the lowest ids of each table are looked at, however
    large the tables are.

    Args:
        session: The host's session.
        before: Rows older than this time are deleted.
        limit: How many rows of each table to look at.

    Returns:
        How many rows were deleted.
    """
    return sum(
        execute_rowcount(session, _delete_oldest(table, before, limit))
        for table in (Audit, RemoteCall)
    )


def _delete_oldest(table: type[Audit | RemoteCall], before: int, limit: int) -> Delete:
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
