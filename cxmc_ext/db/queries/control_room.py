"""What the control room shows: the mailings of an account, heartbeats, operations that ended badly."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.heartbeat import Heartbeat
from cxmc_ext.db.models.invitation import Invitation
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationKind, OperationState

_ENDED_BADLY = (OperationState.ATTENTION, OperationState.FAILED)


class MailingRow(NamedTuple):
    """The columns of a mailing that the control room shows."""

    id: int
    campaign_ref: str
    campaign_title: str
    state: str
    remote_id: str | None
    next_sync_at: int | None
    last_sync_at: int | None
    remote_created_at: int | None
    schedule_at: int | None
    sent_at: int | None
    count_differences: dict[str, list[int]]
    sync_problem: Any
    sync_warnings: Any


class HeartbeatRow(NamedTuple):
    """The last heartbeat of a process; `at` is in Unix seconds."""

    name: str
    kind: str
    at: int


class OperationRow(NamedTuple):
    """An operation and its mailing; without a mailing, ref and title are None."""

    kind: str
    problems: Any
    at: int
    actor_name: str
    campaign_ref: str | None
    campaign_title: str | None


class ErasureRow(NamedTuple):
    """A requested erasure."""

    created_at: int
    actor_name: str
    state: str
    problems: Any


def set_paused(session: Session, account_id: int, paused: bool) -> bool:
    """Pauses or resumes the synchronization of an account; returns whether that changed it.

    The caller commits.
    """
    account = update(Account).where(Account.id == account_id, Account.sync_paused.is_not(paused))
    return execute_rowcount(session, account.values(sync_paused=paused)) == 1


def heartbeats(session: Session, since: int, limit: int) -> list[HeartbeatRow]:
    """Reads the heartbeats since a time, newest first."""
    statement = (
        select(*(getattr(Heartbeat, name) for name in HeartbeatRow._fields))
        .where(Heartbeat.at >= since)
        .order_by(Heartbeat.at.desc(), Heartbeat.name)
        .limit(limit)
    )
    return [HeartbeatRow(*row) for row in session.execute(statement)]


def mailings(session: Session, account_id: int, offset: int, limit: int) -> list[MailingRow]:
    """Reads mailings that have a campaign at MailChimp or need attention; the next due one first."""
    statement = (
        select(*(getattr(Mailing, name) for name in MailingRow._fields))
        .where(Mailing.account_id == account_id)
        .where(or_(Mailing.remote_id.is_not(None), Mailing.state == MailingState.ATTENTION))
        .order_by(Mailing.next_sync_at.is_(None), Mailing.next_sync_at, Mailing.id)
        .offset(offset)
        .limit(limit)
    )
    return [MailingRow(*row) for row in session.execute(statement)]


def call_counts(
    session: Session, account_id: int, ids: Sequence[int], since: int
) -> dict[int, int]:
    """Counts the calls to MailChimp since a time, by mailing."""
    statement = (
        select(RemoteCall.mailing_id, func.count())
        .where(RemoteCall.account_id == account_id, RemoteCall.at >= since)
        .where(RemoteCall.mailing_id.in_(ids))
        .group_by(RemoteCall.mailing_id)
    )
    return {mailing_id or 0: count for mailing_id, count in session.execute(statement)}


def dropped_value_count(session: Session, account_id: int, since: int) -> int:
    """Counts the values of MailChimp's answers since a time that could not be used."""
    statement = select(func.coalesce(func.sum(RemoteCall.dropped_values), 0)).where(
        RemoteCall.account_id == account_id, RemoteCall.at >= since
    )
    return int(session.execute(statement).scalar_one())


def failed_operations(
    session: Session, account_id: int, since: int, limit: int
) -> list[OperationRow]:
    """Reads the operations that ended badly since a time, newest first; `at` is when they ended.

    What a later operation for the same thing has settled, or reports itself, is left out, and so are
    invitations of people who subscribed since.
    """
    later = aliased(Operation)
    is_settled = (
        exists()
        .where(later.scope == Operation.scope, later.id > Operation.id)
        .where(later.state.in_((OperationState.DONE, *_ENDED_BADLY)))
    )
    statement = (
        _operation_rows(account_id, Operation.ended_at, limit)
        .where(Operation.state.in_(_ENDED_BADLY), Operation.ended_at >= since)
        .where(~is_settled, ~_is_confirmed_invitation())
    )
    return [OperationRow(*row) for row in session.execute(statement)]


def _is_confirmed_invitation() -> ColumnElement[bool]:
    """Whether the person was invited by this operation, and has subscribed since.

    Its audit entry says who: their address is deleted from an operation that has ended.
    """
    person = Invitation.person_kind + ":" + Invitation.person_id
    return and_(
        Operation.kind == OperationKind.INVITATION,
        exists()
        .where(Audit.account_id == Operation.account_id, Audit.operation_id == Operation.id)
        .where(Audit.action == OperationKind.INVITATION, Audit.subject == person)
        .where(Invitation.account_id == Operation.account_id)
        .where(Invitation.confirmed_at >= Operation.created_at),
    )


def waiting_operations(
    session: Session, account_id: int, now: int, limit: int
) -> list[OperationRow]:
    """Reads the operations that no worker is working on now, newest first; `at` is when they began."""
    statement = _operation_rows(account_id, Operation.created_at, limit).where(
        Operation.state.in_(ACTIVE_STATES), Operation.lease_until < now
    )
    return [OperationRow(*row) for row in session.execute(statement)]


def _operation_rows(
    account_id: int, at: InstrumentedAttribute[Any], limit: int
) -> Select[tuple[Any, ...]]:
    return (
        select(
            Operation.kind,
            Operation.problems,
            at,
            Operation.actor_name,
            Mailing.campaign_ref,
            Mailing.campaign_title,
        )
        .outerjoin(Mailing, Mailing.id == Operation.mailing_id)
        .where(Operation.account_id == account_id)
        .order_by(Operation.id.desc())
        .limit(limit)
    )


def erasures(session: Session, account_id: int, limit: int) -> list[ErasureRow]:
    """Reads the last requested erasures, newest first."""
    statement = (
        select(*(getattr(Operation, name) for name in ErasureRow._fields))
        .where(Operation.account_id == account_id, Operation.kind == OperationKind.ERASURE)
        .order_by(Operation.id.desc())
        .limit(limit)
    )
    return [ErasureRow(*row) for row in session.execute(statement)]
