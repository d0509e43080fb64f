"""Statements on the audit of remote calls: a row before, its outcome after."""

from sqlalchemy import ColumnElement, literal, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.statements import execute_rowcount

UNKNOWN = "unknown"
SETTLED = "settled"
_UNKNOWN_LITERAL = literal(UNKNOWN, literal_execute=True)
"""As a literal, so that the small index over unknown outcomes serves."""
_CREATIONS = ("create_campaign", "create_segment")


def begin(
    session: Session, operation: Operation, step: str, name: str, count: int, at: int
) -> list[int]:
    """`count` rows that say “unknown” until told otherwise: what a crash leaves is true."""
    rows = [
        RemoteCall(
            account_id=operation.account_id,
            operation_id=operation.id,
            mailing_id=operation.mailing_id,
            step=step,
            method=name,
            outcome=UNKNOWN,
            at=at,
        )
        for _ in range(count)
    ]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def finish(session: Session, call_id: int, outcome: str, status: int, ms: int) -> None:
    execute_rowcount(
        session,
        update(RemoteCall)
        .where(RemoteCall.id == call_id)
        .values(outcome=outcome, status=status, duration_ms=ms),
    )


def unsettled_creations(
    session: Session, account_id: int, since: int, until: int
) -> list[RemoteCall]:
    """Creations without an answer in a span of time: each may have left something at MailChimp."""
    mine = (RemoteCall.account_id == account_id, *_is_unsettled(since, until))
    return list(session.execute(select(RemoteCall).where(*mine).order_by(RemoteCall.id)).scalars())


def accounts_with_unsettled(session: Session, since: int, until: int) -> set[int]:
    """The accounts that have such creations."""
    statement = select(RemoteCall.account_id).where(*_is_unsettled(since, until))
    return set(session.execute(statement.distinct()).scalars())


def settle(session: Session, call_id: int) -> None:
    """What an unanswered creation may have left behind is removed."""
    execute_rowcount(
        session, update(RemoteCall).where(RemoteCall.id == call_id).values(outcome=SETTLED)
    )


def _is_unsettled(since: int, until: int) -> tuple[ColumnElement[bool], ...]:
    return (
        RemoteCall.at.between(since, until),
        RemoteCall.method.in_(_CREATIONS),
        RemoteCall.outcome == _UNKNOWN_LITERAL,
        RemoteCall.mailing_id.is_not(None),
    )
