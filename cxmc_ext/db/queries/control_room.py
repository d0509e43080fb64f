"""What the control room reads: pages of mailings, heartbeats, operations that ended badly."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.heartbeat import Heartbeat
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import OperationKind, OperationState

_STOPPED = (OperationState.ATTENTION, OperationState.FAILED)


def set_paused(session: Session, account_id: int, paused: bool) -> bool:
    """Whether that changed anything. The caller commits."""
    one = update(Account).where(Account.id == account_id, Account.sync_paused.is_not(paused))
    return execute_rowcount(session, one.values(sync_paused=paused)) == 1


def heartbeats(session: Session, since: int, limit: int) -> Sequence[Any]:
    """(name, kind, at), newest first."""
    statement = select(Heartbeat.name, Heartbeat.kind, Heartbeat.at).where(Heartbeat.at >= since)
    found = session.execute(statement.order_by(Heartbeat.at.desc(), Heartbeat.name).limit(limit))
    return found.all()


def mailings(session: Session, account_id: int, offset: int, limit: int) -> Sequence[Any]:
    """Everything that lives at MailChimp or needs a person; the next to be read first."""
    statement = (
        select(
            Mailing.id,
            Mailing.campaign_ref,
            Mailing.campaign_title,
            Mailing.state,
            Mailing.remote_id,
            Mailing.next_sync_at,
            Mailing.last_sync_at,
            Mailing.remote_created_at,
            Mailing.schedule_at,
            Mailing.sent_at,
            Mailing.count_differences,
            Mailing.sync_problem,
        )
        .where(Mailing.account_id == account_id)
        .where(or_(Mailing.remote_id.is_not(None), Mailing.state == MailingState.ATTENTION))
        .order_by(Mailing.next_sync_at.is_(None), Mailing.next_sync_at, Mailing.id)
    )
    return session.execute(statement.offset(offset).limit(limit)).all()


def call_counts(
    session: Session, account_id: int, ids: Sequence[int], since: int
) -> dict[int, int]:
    """Calls to MailChimp per mailing since then."""
    mine = and_(
        RemoteCall.account_id == account_id, RemoteCall.at >= since, RemoteCall.mailing_id.in_(ids)
    )
    statement = (
        select(RemoteCall.mailing_id, func.count()).where(mine).group_by(RemoteCall.mailing_id)
    )
    return {mailing or 0: count for mailing, count in session.execute(statement).all()}


def failed_operations(session: Session, account_id: int, since: int, limit: int) -> Sequence[Any]:
    """Operations that ended badly, newest first, with the mailing they belong to."""
    statement = (
        select(
            Operation.kind,
            Operation.problems,
            Operation.ended_at,
            Operation.actor_name,
            Mailing.campaign_ref,
            Mailing.campaign_title,
        )
        .outerjoin(Mailing, Mailing.id == Operation.mailing_id)
        .where(Operation.account_id == account_id, Operation.state.in_(_STOPPED))
        .where(Operation.ended_at >= since)
        .order_by(Operation.id.desc())
    )
    return session.execute(statement.limit(limit)).all()


def erasures(session: Session, account_id: int, limit: int) -> Sequence[Any]:
    """(created_at, actor_name, state, why) of the last ones, newest first."""
    statement = select(
        Operation.created_at, Operation.actor_name, Operation.state, Operation.problems
    ).where(Operation.account_id == account_id, Operation.kind == OperationKind.ERASURE)
    return session.execute(statement.order_by(Operation.id.desc()).limit(limit)).all()
