"""Queries on the log of remote calls: a row is stored before each call, its outcome after it."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, insert, literal, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.statements import execute_rowcount

UNKNOWN = "unknown"
SETTLED = "settled"
_UNKNOWN_LITERAL = literal(UNKNOWN, literal_execute=True)
# A literal instead of a parameter: only then does the partial index on unknown outcomes apply.
_CREATIONS = ("create_campaign", "create_segment")
_TABLE = cast("Table", RemoteCall.__table__)
_FINISH = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("row"))
    .values(
        {name: bindparam(name) for name in ("outcome", "status", "duration_ms", "dropped_values")}
    )
)


def begin(
    session: Session, operation: Operation, step: str, name: str, count: int, at: int
) -> list[int]:
    """Stores calls that are about to be made, with outcome “unknown”: that stays true after a crash.

    Args:
        session: The host's session. The caller commits before the calls.
        operation: The operation that makes them.
        step: Its step.
        name: Method of `domain.ports.mailchimp.MailChimp`.
        count: How many calls.
        at: Time of the calls.

    Returns:
        The id of each row.
    """
    row = {
        "account_id": operation.account_id,
        "operation_id": operation.id,
        "mailing_id": operation.mailing_id,
        "step": step,
        "method": name,
        "outcome": UNKNOWN,
        "at": at,
    }
    return list(session.execute(insert(_TABLE).returning(_TABLE.c.id), [row] * count).scalars())


def finish(session: Session, ended: Sequence[Mapping[str, Any]]) -> None:
    """Stores how calls ended.

    Args:
        session: The host's session. The caller commits.
        ended: Of each call "row", its id, and the columns of its outcome.
    """
    session.connection().execute(_FINISH, list(ended))


def unsettled_creations(
    session: Session, account_id: int, since: int, until: int
) -> list[RemoteCall]:
    """Creations without an answer between two times: each may have left a draft or segment at MailChimp."""
    mine = (RemoteCall.account_id == account_id, *_is_unsettled(since, until))
    return list(session.execute(select(RemoteCall).where(*mine).order_by(RemoteCall.id)).scalars())


def accounts_with_unsettled(session: Session, since: int, until: int) -> set[int]:
    """The ids of the accounts that have such creations."""
    statement = select(RemoteCall.account_id).where(*_is_unsettled(since, until))
    return set(session.execute(statement.distinct()).scalars())


def settle(session: Session, call_id: int) -> None:
    """Records that whatever an unanswered creation left behind has been removed."""
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
