"""What the control room reads: pages of mailings, heartbeats, operations that ended badly."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models import Account, Call, Mailing, Operation, Tick
from cxmc_ext.db.statements import changed
from cxmc_ext.domain.values import MailingState, OperationKind, OperationState

_STOPPED = (OperationState.ATTENTION, OperationState.FAILED)


def set_paused(session: Session, account_id: int, paused: bool) -> bool:
    """Whether that changed anything. The caller commits."""
    one = update(Account).where(Account.id == account_id, Account.paused.is_not(paused))
    return changed(session, one.values(paused=paused)) == 1


def beats(session: Session, since: int, limit: int) -> Sequence[Any]:
    """(name, kind, at), newest first."""
    statement = select(Tick.name, Tick.kind, Tick.at).where(Tick.at >= since)
    found = session.execute(statement.order_by(Tick.at.desc(), Tick.name).limit(limit))
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
            Mailing.created_at,
            Mailing.schedule_at,
            Mailing.sent_at,
            Mailing.sync_gap,
            Mailing.sync_note,
        )
        .where(Mailing.account_id == account_id)
        .where(or_(Mailing.remote_id.is_not(None), Mailing.state == MailingState.ATTENTION))
        .order_by(Mailing.next_sync_at.is_(None), Mailing.next_sync_at, Mailing.id)
    )
    return session.execute(statement.offset(offset).limit(limit)).all()


def calls(session: Session, account_id: int, ids: Sequence[int], since: int) -> dict[int, int]:
    """Calls to MailChimp per mailing since then."""
    mine = and_(Call.account_id == account_id, Call.at >= since, Call.mailing_id.in_(ids))
    statement = select(Call.mailing_id, func.count()).where(mine).group_by(Call.mailing_id)
    return {mailing or 0: count for mailing, count in session.execute(statement).all()}


def stopped(session: Session, account_id: int, since: int, limit: int) -> Sequence[Any]:
    """Operations that ended badly, newest first, with the mailing they belong to."""
    statement = (
        select(
            Operation.kind,
            Operation.why,
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
        Operation.created_at, Operation.actor_name, Operation.state, Operation.why
    ).where(Operation.account_id == account_id, Operation.kind == OperationKind.ERASE)
    return session.execute(statement.order_by(Operation.id.desc()).limit(limit)).all()
