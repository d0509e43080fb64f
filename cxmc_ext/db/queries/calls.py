"""Statements on the audit of remote calls: a row before, its outcome after."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models import Call, Operation
from cxmc_ext.db.statements import changed

UNKNOWN = "unknown"


def begin(
    session: Session, operation: Operation, step: str, name: str, count: int, at: int
) -> list[int]:
    """`count` rows that say “unknown” until told otherwise: what a crash leaves is true."""
    rows = [
        Call(
            account_id=operation.account_id,
            operation_id=operation.id,
            mailing_id=operation.mailing_id,
            step=step,
            call=name,
            outcome=UNKNOWN,
            at=at,
        )
        for _ in range(count)
    ]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def finish(session: Session, call_id: int, outcome: str, status: int, ms: int) -> None:
    changed(
        session,
        update(Call).where(Call.id == call_id).values(outcome=outcome, status=status, ms=ms),
    )


def unknown_since(session: Session, names: Sequence[str], since: int, until: int) -> list[Any]:
    """Mailings and tokens of building calls whose outcome stayed unknown in a span of time."""
    statement = (
        select(Call.mailing_id, Operation.token)
        .join(Operation, Operation.id == Call.operation_id)
        .where(Call.call.in_(names), Call.outcome == UNKNOWN, Call.at.between(since, until))
        .distinct()
    )
    return list(session.execute(statement))
