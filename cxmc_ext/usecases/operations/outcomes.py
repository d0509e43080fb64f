"""Turns an error of a step into the state of the operation, and of the mailing it works on.

This is the only place where that is decided. In the tables the first error class that matches counts.

A 429 is `Throttled`: the account backs off; the step is repeated until the deadline or `max_attempts`.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts, mailings, notices, operations
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import (
    Conflict,
    CxmcError,
    HostError,
    KeyRefused,
    LostLease,
    MailChimpError,
    NotFound,
    Refused,
    Throttled,
)
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.notices import notice_of_end
from cxmc_ext.domain.operations import (
    OPERATION_SPECS,
    OperationFamily,
    OperationKind,
    OperationSpec,
    OperationState,
    spec_of,
    without_secrets,
)
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.domain.rules.backoff import backoff
from cxmc_ext.domain.rules.error_problems import problem_for
from cxmc_ext.usecases.operations.context import AnyContext
from cxmc_ext.usecases.operations.outcome import (
    MAX_DELAY,
    Outcome,
    again_while_scheduled,
    still_scheduled,
)
from cxmc_ext.usecases.operations.signals import RetryLater, StopOperation

# Seconds before the second attempt.
_FIRST_DELAY = 1
# Up to this share of a delay is added at random, so that many operations do not retry at once.
_MAX_JITTER = 0.25


# What a refusal makes of an operation that builds a mailing; any other operation fails.
_STATE_AFTER_REFUSAL: Mapping[type[Refused], OperationState] = {
    KeyRefused: OperationState.ATTENTION,
    NotFound: OperationState.ATTENTION,
    Refused: OperationState.NOT_READY,
}

_MAILING_STATE_AFTER: Mapping[OperationState, MailingState] = {
    OperationState.NOT_READY: MailingState.NOT_READY,
    OperationState.FAILED: MailingState.NOT_READY,
    OperationState.CANCELLED: MailingState.NOT_READY,
    OperationState.ATTENTION: MailingState.ATTENTION,
}

# While a send intent is open the campaign may have been sent: problem codes that would claim otherwise,
# and what is reported instead.
_UNCERTAIN_CODES: Mapping[str, str] = {
    "took_too_long": "outcome_unknown",
    "no_rights": "stopped_after_intent",
    "deactivated": "stopped_after_intent",
    "remote_gone": "gone_unknown",
}


_TIMEOUT_CODES = {"took_too_long", *(spec.timeout_code for spec in OPERATION_SPECS.values())}
# Problems an operation may have waited for that do not end by themselves.
_LASTING_CAUSES = {"server_blocked", "waiting_error"}


def outcome_for(context: AnyContext, error: CxmcError) -> Outcome:
    """Decides what an error means for the operation of a context.

    Args:
        context: The context of the step. Its transaction is rolled back already.
        error: What the step raised: `StopOperation`, `RetryLater`, `Conflict` or a `MailChimpError`.

    Returns:
        The outcome, for `apply`.
    """
    spec = context.spec
    outcome = _outcome_of_error(context, spec, error)
    if spec.is_partly_done_on_timeout and _has_code(outcome, "took_too_long"):
        outcome = _timeout(spec)
    if spec.family is OperationFamily.BUILD and context.mailing.send_intent_at is not None:
        outcome = _without_false_certainty(outcome)
    if context.operation.kind == OperationKind.RESCHEDULE:
        outcome = still_scheduled(context, outcome)
    if outcome.state is OperationState.ATTENTION:
        outcome = again_while_scheduled(context, outcome, error)
    return _with_cause(context.operation, outcome)


def apply(context: AnyContext, outcome: Outcome, error: CxmcError) -> None:
    """Commits an outcome. A `RetryLater` does not count as an attempt.

    Raises:
        LostLease: Another worker holds the operation.
    """
    operation = context.operation
    if isinstance(error, Throttled):
        until = context.now + round(outcome.delay)
        accounts.back_off(context.session, operation.account_id, until)
    if isinstance(error, KeyRefused) and not context.payload.own_key:
        accounts.mark_key_refused(context.session, operation.account_id, context.sealed_key)
    if outcome.state is None:
        attempts = operation.attempts + (not isinstance(error, RetryLater))
        is_held = operations.release(
            context.session,
            context.operation_id,
            context.lease,
            outcome.delay,
            attempts=attempts,
            problems=_to_json(outcome.problems),
        )
        _commit(context, is_held=is_held)
    else:
        finish(context, outcome)


def finish(context: AnyContext, outcome: Outcome) -> None:
    """Ends the operation and updates its mailing, in one transaction.

    Raises:
        LostLease: Another worker holds the operation.
    """
    operation = context.operation
    update_mailing(context.session, operation, outcome)
    _update_account(context, operation, outcome)
    _add_notice(context, operation, outcome)
    is_held = operations.end(
        context.session,
        context.operation_id,
        context.lease,
        state=outcome.state,
        ended_at=context.now,
        problems=_to_json(outcome.problems),
        payload=_payload_to_keep(operation, outcome),
    )
    _commit(context, is_held=is_held)


def update_mailing(session: Session, operation: Operation, outcome: Outcome) -> None:
    """Writes a final outcome into the operation's mailing, if it has one. The caller commits.

    A removal that failed leaves the mailing as it was, unless a person must look at it.
    """
    mailing_id = operation.mailing_id
    if mailing_id is None or outcome.state is None:
        return
    is_build = spec_of(operation.kind).family is OperationFamily.BUILD
    if is_build or outcome.mailing_state or outcome.state is OperationState.ATTENTION:
        state = outcome.mailing_state or _MAILING_STATE_AFTER.get(outcome.state)
        if state is not None:
            problems = _to_json(outcome.problems)
            mailings.update_columns(session, mailing_id, state=state, problems=problems)


def _update_account(context: AnyContext, operation: Operation, outcome: Outcome) -> None:
    """The module is inactive once a deactivation has succeeded, and active again after a failed one."""
    if operation.kind != OperationKind.DEACTIVATION:
        return
    session, account_id = context.session, operation.account_id
    if outcome.state is OperationState.DONE:
        accounts.deactivate(session, account_id, context.now, operation.actor_name)
    else:
        accounts.cancel_deactivation(session, account_id)


def _add_notice(context: AnyContext, operation: Operation, outcome: Outcome) -> None:
    if kind := notice_of_end(OperationKind(operation.kind), outcome.state):
        about = {"mailing_id": operation.mailing_id, "operation_id": operation.id}
        notices.add(context.session, operation.account_id, kind, **about)


def _outcome_of_error(context: AnyContext, spec: OperationSpec, error: CxmcError) -> Outcome:
    operation = context.operation
    if isinstance(error, StopOperation):
        return Outcome(error.problems, error.state, mailing_state=error.mailing_state)
    if isinstance(error, Conflict):
        return _stopped(spec, error.problem, OperationState.NOT_READY)
    if isinstance(error, HostError):
        problem = Problem("host_broken", values={"fault": str(error)})
        return _stopped(spec, problem, OperationState.ATTENTION)
    if isinstance(error, Refused):
        return _refusal(spec, error)
    if context.now >= operation.deadline:
        return _timeout(spec)
    if isinstance(error, RetryLater):
        return Outcome((error.problem,), delay=error.delay)
    if spec.max_attempts is not None and operation.attempts + 1 >= spec.max_attempts:
        return _timeout(spec)
    assert isinstance(error, MailChimpError)  # noqa: S101 - no other error reaches this point
    return Outcome((problem_for(error),), delay=_delay(operation.attempts, error))


def _stopped(spec: OperationSpec, problem: Problem, state_of_build: OperationState) -> Outcome:
    is_build = spec.family is OperationFamily.BUILD
    return Outcome((problem,), state_of_build if is_build else OperationState.FAILED)


def _refusal(spec: OperationSpec, error: Refused) -> Outcome:
    states = _STATE_AFTER_REFUSAL if spec.family is OperationFamily.BUILD else {}
    state = next(
        (state for error_class, state in states.items() if isinstance(error, error_class)),
        OperationState.FAILED,
    )
    return Outcome((problem_for(error),), state)


def _timeout(spec: OperationSpec) -> Outcome:
    is_build = spec.family is OperationFamily.BUILD
    state = OperationState.ATTENTION if is_build else OperationState.FAILED
    return Outcome((Problem(spec.timeout_code),), state)


def _with_cause(operation: Operation, outcome: Outcome) -> Outcome:
    """Names what the operation waited for until its time was up, where trying again will not help."""
    if not any(_has_code(outcome, code) for code in _TIMEOUT_CODES):
        return outcome
    waited_for = problems_from_json(operation.problems)
    causes = [problem for problem in waited_for if problem.code in _LASTING_CAUSES]
    return replace(outcome, problems=(*outcome.problems, *causes))


def _without_false_certainty(outcome: Outcome) -> Outcome:
    """Replaces “nothing was sent” and “not ready” by what is certain."""
    first = outcome.problems[0] if outcome.problems else None
    if first is None:
        return outcome
    if first.code in _UNCERTAIN_CODES:
        return Outcome((Problem(_UNCERTAIN_CODES[first.code]),), OperationState.ATTENTION)
    if outcome.state is OperationState.NOT_READY:
        return Outcome((Problem("outcome_unknown", first.detail),), OperationState.ATTENTION)
    return outcome


def _has_code(outcome: Outcome, code: str) -> bool:
    return any(problem.code == code for problem in outcome.problems)


def _delay(attempts: int, error: MailChimpError) -> float:
    return backoff(
        attempts,
        first=_FIRST_DELAY,
        longest=MAX_DELAY,
        retry_after=error.retry_after,
        jitter=random.uniform(0, _MAX_JITTER),  # noqa: S311 - not a secret
    )


def _payload_to_keep(operation: Operation, outcome: Outcome) -> dict[str, Json]:
    """Without secrets, except while the user is asked to choose an audience for the key in it."""
    if outcome.state is OperationState.NOT_READY:
        return dict(operation.payload)
    return without_secrets(operation.kind, operation.payload)


def _to_json(problems: Sequence[Problem]) -> list[Json]:
    return [problem.to_json() for problem in problems]


def _commit(context: AnyContext, *, is_held: bool) -> None:
    if not is_held:
        context.session.rollback()
        raise LostLease
    context.session.commit()
