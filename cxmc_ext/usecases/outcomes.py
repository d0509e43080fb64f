"""The one place where an error becomes a state: of the operation, and of the mailing it concerns."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cxmc_ext.db.models import Operation
from cxmc_ext.db.queries import accounts, mailings, operations
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
from cxmc_ext.domain.values import (
    TRIALS,
    Json,
    MailingState,
    OperationKind,
    OperationState,
    Why,
)
from cxmc_ext.usecases.ask import BUILDING
from cxmc_ext.usecases.halt import Halt, Pause
from cxmc_ext.usecases.outcomes_text import said
from cxmc_ext.usecases.run import Run

LONGEST_PAUSE = 60
TRIES = 3
"""How often an operation on the account, behind which somebody sits and waits, is tried."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Either a final state, or a delay after which the same step is tried again."""

    whys: tuple[Why, ...]
    state: OperationState | None = None
    delay: float = 0.0
    mailing: MailingState | None = None


_FINAL: tuple[tuple[type[Refused], OperationState, OperationState, str], ...] = (
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


def verdict(run: Run, error: CxmcError) -> Verdict:
    """What an error means for this operation."""
    operation = run.operation
    if isinstance(error, Halt):
        found = Verdict(error.whys, error.state, mailing=error.mailing)
        return _unproven(run, found) if operation.mailing_id else _unfinished(operation, found)
    if isinstance(error, Refused):
        return _unproven(run, _refusal(operation, error))
    if run.now >= operation.deadline:
        return _unproven(run, _given_up(operation))
    if isinstance(error, Pause):
        return Verdict((error.why,), delay=error.delay)
    if _is_awaited(operation) and operation.attempts + 1 >= TRIES:
        return _given_up(operation)
    assert isinstance(error, MailChimpError)  # noqa: S101 - the tree of errors has no other leaf here
    code = next(code for kind, code in _WAITS if isinstance(error, kind))
    return Verdict((Why(code, said(error)),), delay=_delay(operation.attempts, error))


def carry_out(run: Run, found: Verdict, error: CxmcError) -> None:
    """Commits a verdict; waiting counts as one more attempt.

    :raises LostLease: when the operation is somebody else's by now.
    """
    operation = run.operation
    if isinstance(error, Throttled):
        accounts.back_off(run.session, operation.account_id, run.now + round(found.delay))
    if isinstance(error, KeyRefused) and operation.kind != OperationKind.CONNECT:
        accounts.refuse_key(run.session, operation.account_id, run.sealed)
    if found.state is None:
        held = operations.release(
            run.session,
            run.operation_id,
            run.lease,
            found.delay,
            attempts=operation.attempts + (not isinstance(error, Pause)),
            why=_stored(found.whys),
        )
        _commit(run, held)
    else:
        finish(run, found)


def finish(run: Run, found: Verdict) -> None:
    """Ends the operation and puts the mailing where that leaves it, in one transaction."""
    operation = run.operation
    if operation.mailing_id is not None:
        settle_mailing(run.session, operation, found)
    held = operations.end(
        run.session,
        run.operation_id,
        run.lease,
        state=found.state,
        ended_at=run.now,
        why=_stored(found.whys),
        payload=_kept(operation, found),
    )
    _commit(run, held)


def settle_mailing(session: Any, operation: Operation, found: Verdict) -> None:
    """Deleting leaves the mailing as it stood, unless somebody must look."""
    mailing_id = operation.mailing_id
    if mailing_id is None or found.state is None:
        return
    building = operation.kind in BUILDING
    state = found.mailing or _MAILING_AFTER.get(found.state)
    if state and (building or found.mailing or found.state == OperationState.ATTENTION):
        mailings.store(session, mailing_id, state=state, why=_stored(found.whys))


def _refusal(operation: Operation, error: Refused) -> Verdict:
    for kind, of_building, of_others, code in _FINAL:
        if isinstance(error, kind):
            state = of_building if operation.kind in BUILDING else of_others
            return Verdict((Why(code, said(error)),), state)
    raise error


def _unfinished(operation: Operation, found: Verdict) -> Verdict:
    """What took too long on the account sent nothing; of an erasure or a test mail a part may be done."""
    partly = operation.kind in (OperationKind.ERASE, *TRIALS)
    return _given_up(operation) if partly and Why("took_too_long") in found.whys else found


def _is_awaited(operation: Operation) -> bool:
    """Whether somebody sits before the screen; an erasure goes on until its deadline."""
    return operation.mailing_id is None and operation.kind != OperationKind.ERASE


def _given_up(operation: Operation) -> Verdict:
    if operation.kind in TRIALS:
        return Verdict((Why("trial_unfinished"),), OperationState.FAILED)
    if operation.kind == OperationKind.ERASE:
        return Verdict((Why("erase_unfinished"),), OperationState.FAILED)
    if operation.mailing_id is None:
        return Verdict((Why("mailchimp_unreachable"),), OperationState.FAILED)
    if operation.kind not in BUILDING:
        return Verdict((Why("removal_unfinished"),), OperationState.FAILED)
    return Verdict((Why("took_too_long"),), OperationState.ATTENTION)


def _unproven(run: Run, found: Verdict) -> Verdict:
    """“Nothing was sent”, and “not ready”, may only be said while no send intent is open."""
    operation = run.operation
    if operation.mailing_id is None or operation.kind not in BUILDING:
        return found
    if run.mailing.intent_at is None:
        return found
    doubts = {
        "took_too_long": "outcome_unknown",
        "no_rights": "stopped_after_intent",
        "deactivated": "stopped_after_intent",
        "remote_gone": "gone_unknown",
    }
    doubt = doubts.get(found.whys[0].code) if found.whys else None
    if doubt is not None:
        return Verdict((Why(doubt),), OperationState.ATTENTION)
    if found.state == OperationState.NOT_READY:
        return Verdict((Why("outcome_unknown", found.whys[0].detail),), OperationState.ATTENTION)
    return found


def _delay(attempts: int, error: MailChimpError) -> float:
    wait = min(2.0**attempts, LONGEST_PAUSE)
    spread = wait * random.uniform(0, 0.25)  # noqa: S311 - spreads retries, keeps no secret
    return float(max(wait + spread, error.retry_after or 0))


def _kept(operation: Operation, found: Verdict) -> dict[str, Json]:
    """A key that was tried does not outlive its operation, unless a person must choose first.

    Neither does whom an erasure was about, nor whom a test mail went to.
    """
    if found.state == OperationState.NOT_READY:
        return dict(operation.payload)
    return operations.lasting(operation.payload)


def _stored(whys: Sequence[Why]) -> list[Json]:
    return [why.as_json() for why in whys]


def _commit(run: Run, held: bool) -> None:
    if not held:
        run.session.rollback()
        raise LostLease
    run.session.commit()
