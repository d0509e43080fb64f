"""The one place where an error becomes a state: of the operation, and of the mailing it concerns."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts, mailings, operations
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import (
    CxmcError,
    Forbidden,
    KeyRefused,
    LostLease,
    MailChimpError,
    NotFound,
    Refused,
    Throttled,
    Unreachable,
)
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.operations import THROWAWAY_KINDS, OperationKind, OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.requests import SENDING_KINDS
from cxmc_ext.usecases.operations.signals import RetryLater, StopOperation, error_text

MAX_DELAY = 60
MAX_ATTEMPTS = 3
"""How often an operation on the account, behind which somebody sits and waits, is tried."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Either a final state, or a delay after which the same step is tried again."""

    problems: tuple[Problem, ...]
    state: OperationState | None = None
    delay: float = 0.0
    mailing_state: MailingState | None = None


_REFUSALS: tuple[tuple[type[Refused], OperationState, OperationState, str], ...] = (
    (KeyRefused, OperationState.ATTENTION, OperationState.FAILED, "key_refused"),
    (Forbidden, OperationState.NOT_READY, OperationState.FAILED, "mailchimp_forbids"),
    (NotFound, OperationState.ATTENTION, OperationState.FAILED, "remote_gone"),
    (Refused, OperationState.NOT_READY, OperationState.FAILED, "mailchimp_refused"),
)
"""Refusals, first match counts: state while a mailing is built, state of all else, code."""

_WAITS: tuple[tuple[type[MailChimpError], str], ...] = (
    (Throttled, "waiting_throttled"),
    (Unreachable, "waiting_unreachable"),
    (MailChimpError, "waiting_unclear"),
)

_MAILING_AFTER: dict[str, MailingState] = {
    OperationState.NOT_READY: MailingState.NOT_READY,
    OperationState.FAILED: MailingState.NOT_READY,
    OperationState.CANCELLED: MailingState.NOT_READY,
    OperationState.ATTENTION: MailingState.ATTENTION,
}


def outcome_for(run: OperationContext, error: CxmcError) -> Outcome:
    """What an error means for this operation."""
    operation = run.operation
    if isinstance(error, StopOperation):
        found = Outcome(error.problems, error.state, mailing_state=error.mailing_state)
        return (
            _if_send_unknown(run, found)
            if operation.mailing_id
            else _if_partly_done(operation, found)
        )
    if isinstance(error, Refused):
        return _if_send_unknown(run, _refusal(operation, error))
    if run.now >= operation.deadline:
        return _if_send_unknown(run, _on_timeout(operation))
    if isinstance(error, RetryLater):
        return Outcome((error.problem,), delay=error.delay)
    if _is_awaited(operation) and operation.attempts + 1 >= MAX_ATTEMPTS:
        return _on_timeout(operation)
    assert isinstance(error, MailChimpError)  # noqa: S101 - the tree of errors has no other leaf here
    code = next(code for kind, code in _WAITS if isinstance(error, kind))
    return Outcome((Problem(code, error_text(error)),), delay=_delay(operation.attempts, error))


def apply(run: OperationContext, found: Outcome, error: CxmcError) -> None:
    """Commits a verdict; waiting counts as one more attempt.

    :raises LostLease: when the operation is somebody else's by now.
    """
    operation = run.operation
    if isinstance(error, Throttled):
        accounts.back_off(run.session, operation.account_id, run.now + round(found.delay))
    if isinstance(error, KeyRefused) and operation.kind != OperationKind.CONNECT:
        accounts.mark_key_refused(run.session, operation.account_id, run.sealed_key)
    if found.state is None:
        held = operations.release(
            run.session,
            run.operation_id,
            run.lease,
            found.delay,
            attempts=operation.attempts + (not isinstance(error, RetryLater)),
            problems=_problems_json(found.problems),
        )
        _commit(run, held)
    else:
        finish(run, found)


def finish(run: OperationContext, found: Outcome) -> None:
    """Ends the operation and puts the mailing where that leaves it, in one transaction."""
    operation = run.operation
    if operation.mailing_id is not None:
        update_mailing(run.session, operation, found)
    held = operations.end(
        run.session,
        run.operation_id,
        run.lease,
        state=found.state,
        ended_at=run.now,
        problems=_problems_json(found.problems),
        payload=_remaining_payload(operation, found),
    )
    _commit(run, held)


def update_mailing(session: Any, operation: Operation, found: Outcome) -> None:
    """Deleting leaves the mailing as it stood, unless somebody must look."""
    mailing_id = operation.mailing_id
    if mailing_id is None or found.state is None:
        return
    building = operation.kind in SENDING_KINDS
    state = found.mailing_state or _MAILING_AFTER.get(found.state)
    if state and (building or found.mailing_state or found.state == OperationState.ATTENTION):
        mailings.update_columns(
            session, mailing_id, state=state, problems=_problems_json(found.problems)
        )


def _refusal(operation: Operation, error: Refused) -> Outcome:
    for kind, of_building, of_others, code in _REFUSALS:
        if isinstance(error, kind):
            state = of_building if operation.kind in SENDING_KINDS else of_others
            return Outcome((Problem(code, error_text(error)),), state)
    raise error


def _if_partly_done(operation: Operation, found: Outcome) -> Outcome:
    """What took too long on the account sent nothing; of an erasure or a test mail a part may be done."""
    partly = operation.kind in (OperationKind.ERASURE, *THROWAWAY_KINDS)
    return (
        _on_timeout(operation) if partly and Problem("took_too_long") in found.problems else found
    )


def _is_awaited(operation: Operation) -> bool:
    """Whether somebody sits before the screen; an erasure goes on until its deadline."""
    return operation.mailing_id is None and operation.kind != OperationKind.ERASURE


def _on_timeout(operation: Operation) -> Outcome:
    if operation.kind in THROWAWAY_KINDS:
        return Outcome((Problem("test_mail_unfinished"),), OperationState.FAILED)
    if operation.kind == OperationKind.ERASURE:
        return Outcome((Problem("erasure_unfinished"),), OperationState.FAILED)
    if operation.mailing_id is None:
        return Outcome((Problem("mailchimp_unreachable"),), OperationState.FAILED)
    if operation.kind not in SENDING_KINDS:
        return Outcome((Problem("removal_unfinished"),), OperationState.FAILED)
    return Outcome((Problem("took_too_long"),), OperationState.ATTENTION)


def _if_send_unknown(run: OperationContext, found: Outcome) -> Outcome:
    """“Nothing was sent”, and “not ready”, may only be said while no send intent is open."""
    operation = run.operation
    if operation.mailing_id is None or operation.kind not in SENDING_KINDS:
        return found
    if run.mailing.send_intent_at is None:
        return found
    doubts = {
        "took_too_long": "outcome_unknown",
        "no_rights": "stopped_after_intent",
        "deactivated": "stopped_after_intent",
        "remote_gone": "gone_unknown",
    }
    doubt = doubts.get(found.problems[0].code) if found.problems else None
    if doubt is not None:
        return Outcome((Problem(doubt),), OperationState.ATTENTION)
    if found.state == OperationState.NOT_READY:
        return Outcome(
            (Problem("outcome_unknown", found.problems[0].detail),), OperationState.ATTENTION
        )
    return found


def _delay(attempts: int, error: MailChimpError) -> float:
    wait = min(2.0**attempts, MAX_DELAY)
    spread = wait * random.uniform(0, 0.25)  # noqa: S311 - spreads retries, keeps no secret
    return float(max(wait + spread, error.retry_after or 0))


def _remaining_payload(operation: Operation, found: Outcome) -> dict[str, Json]:
    """A key that was tried does not outlive its operation, unless a person must choose first.

    Neither does whom an erasure was about, nor whom a test mail went to.
    """
    if found.state == OperationState.NOT_READY:
        return dict(operation.payload)
    return operations.without_secrets(operation.payload)


def _problems_json(whys: Sequence[Problem]) -> list[Json]:
    return [why.to_json() for why in whys]


def _commit(run: OperationContext, held: bool) -> None:
    if not held:
        run.session.rollback()
        raise LostLease
    run.session.commit()
