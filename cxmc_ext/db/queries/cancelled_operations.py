"""Cancels operations that are active, for a deactivation and for the stop of all sending."""

from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries.operations import store_payload
from cxmc_ext.domain.operations import (
    ACTIVE_STATES,
    BUILD_KINDS,
    OperationState,
    without_secrets,
)


def cancel_active(
    session: Session,
    account_id: int,
    now: int,
    problems: list[Any],
    *conditions: ColumnElement[bool],
) -> list[int]:
    """Cancels active operations of an account: all, or those that meet conditions. The caller commits.

    Returns:
        The ids of their mailings.
    """
    is_active = Operation.state.in_(ACTIVE_STATES)
    statement = (
        update(Operation)
        .where(Operation.account_id == account_id, is_active, *conditions)
        .values(state=OperationState.CANCELLED, ended_at=now, problems=problems, lease_token="")
        # RETURNING instead of a SELECT before: a press may come in between two statements.
        .returning(Operation.id, Operation.mailing_id)
        .execution_options(synchronize_session=False)
    )
    cancelled = session.execute(statement).all()
    # The payloads are read after the states are written: until then a running worker may change them.
    for operation_id, _ in cancelled:
        _drop_secrets(session, operation_id)
    return [mailing_id for _, mailing_id in cancelled if mailing_id is not None]


def cancel_builds(
    session: Session, account_id: int, now: int, problems: list[Any], *, with_intent: bool
) -> list[int]:
    """Cancels active operations that would send or schedule a campaign. The caller commits.

    Args:
        session: The host's session, which has locked the account.
        account_id: The account.
        now: The current time in Unix seconds.
        problems: Why they end.
        with_intent: Also those whose mailing has a send intent, so that MailChimp may have been asked.

    Returns:
        The ids of their mailings.
    """
    unsent = select(Mailing.id).where(
        Mailing.account_id == account_id, Mailing.send_intent_at.is_(None)
    )
    conditions = [Operation.kind.in_(BUILD_KINDS)]
    if not with_intent:
        conditions.append(Operation.mailing_id.in_(unsent))
    return cancel_active(session, account_id, now, problems, *conditions)


def _drop_secrets(session: Session, operation_id: int) -> None:
    row = session.execute(
        select(Operation.kind, Operation.payload).where(Operation.id == operation_id)
    ).one()
    public = without_secrets(row.kind, row.payload)
    if public != row.payload:
        store_payload(session, operation_id, public)
