"""Carries out one operation: claim it, check, run its steps with one commit each, end it."""

import logging
import os
import secrets
import socket

from sqlalchemy.exc import SQLAlchemyError

from cxmc_ext.db.queries import accounts, operations
from cxmc_ext.domain.errors import Conflict, CxmcError, HostError, LostLease, MailChimpError
from cxmc_ext.domain.operations import OperationKind, OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations import outcomes
from cxmc_ext.usecases.operations.context import AnyContext, OperationContext
from cxmc_ext.usecases.operations.lease import LEASE_GRACE
from cxmc_ext.usecases.operations.outcome import Outcome
from cxmc_ext.usecases.operations.signals import RetryLater, StopOperation, needs_attention
from cxmc_ext.usecases.shared import worker_allocation
from cxmc_ext.usecases.shared.error_places import describe_error
from cxmc_ext.usecases.worker.preconditions import check_preconditions
from cxmc_ext.usecases.worker.step_tables import STEPS, StepTable

# A delay of up to this many seconds is waited out by the worker, unless another operation needs it. A longer
# one is left to the next nudge.
MAX_INLINE_WAIT = 2.0
# Seconds that a worker waits out for one operation before it is free for others, such as a sync turn.
MAX_INLINE_WAITS = 10.0

_log = logging.getLogger(__name__)


def run(services: Services, operation_id: int) -> bool:
    """Carries an operation as far as it can go now. Running it once too often changes nothing.

    Problems with MailChimp become a state of the operation and are never raised. If the lease is lost,
    everything uncommitted is rolled back and this worker stops; the new holder goes on.

    Returns:
        Whether this worker could claim the operation.
    """
    was_claimed, left = False, MAX_INLINE_WAITS
    while (context := claim(services, operation_id)) is not None:
        was_claimed = True
        try:
            delay = _execute(context)
        except LostLease:
            context.session.rollback()
            _log.info("operation %d is held by another worker now", operation_id)
            break
        if delay is None or delay > left or not _wait_inline(services, delay):
            break
        left -= delay
    return was_claimed


def claim(services: Services, operation_id: int) -> AnyContext | None:
    """Claims an operation that is due.

    Returns:
        Its context; None if another worker holds it, it is not due, or its account may have no further
        worker at the moment.
    """
    session = services.session()
    lease = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(8)}"
    seconds = services.settings.read_timeout + LEASE_GRACE
    account_id = operations.account_id_of(session, operation_id)
    is_allowed = account_id is not None and worker_allocation.acquire_worker(services, account_id)
    is_held = is_allowed and operations.claim(session, operation_id, lease, seconds)
    if not is_allowed:
        operations.clear_nudge(session, operation_id)
    account_ref = accounts.ref_of(session, account_id) if account_id and is_held else ""
    session.commit()
    if not is_held:
        return None
    return OperationContext(services.for_account(account_ref), session, operation_id, lease)


def wake_if_stale(services: Services, operation_id: int) -> bool:
    """For a page that polls: nudges an operation that nobody works on, or ends one past its deadline.

    So the page gets an answer even if no worker is alive. Makes no MailChimp call.

    Returns:
        Whether a worker was nudged.
    """
    session = services.session()
    if not operations.is_due(session, operation_id):
        return False
    operation = operations.get(session, operation_id)
    latest = services.clock() - services.settings.late_after
    is_overdue = operation is not None and latest > operation.deadline
    session.rollback()  # on SQLite a transaction that has read cannot write once others have written
    if is_overdue:
        _end_overdue(services, operation_id)
        return False
    return nudge_if_idle(services, operation_id)


def nudge_if_idle(services: Services, operation_id: int) -> bool:
    """Nudges a worker for an operation, unless one was nudged lately and has not come yet. Commits."""
    session = services.session()
    was_idle = operations.claim_nudge(session, operation_id)
    session.commit()
    return was_idle and services.queue.nudge_operation(operation_id)


def _wait_inline(services: Services, delay: float) -> bool:
    """Waits out a short delay. False, without waiting, if it is long or another operation needs the worker.

    The other operation may be what this one waits for: an only worker would wait for itself.
    """
    if services.sleep is None or delay > MAX_INLINE_WAIT:
        return False
    if worker_allocation.is_worker_needed(services):
        return False
    services.sleep(delay)
    return True


def _end_overdue(services: Services, operation_id: int) -> None:
    context = claim(services, operation_id)
    if context is not None:
        outcome = outcomes.outcome_for(context, needs_attention("took_too_long"))
        outcomes.finish(context, outcome)


def _execute(context: AnyContext) -> float | None:
    """Runs steps until the operation ends (None) or must wait (seconds)."""
    try:
        check_preconditions(context)
        _run_steps(context, STEPS[OperationKind(context.operation.kind)])
        outcomes.finish(context, Outcome((), OperationState.DONE))
    except LostLease:
        raise
    except (StopOperation, RetryLater, Conflict, HostError, MailChimpError) as error:
        return _handle_error(context, error)
    except SQLAlchemyError:  # nothing can be written about it; the lease ends by itself
        raise
    except Exception as error:
        # Most likely the Host's: it is shown, logged by the queue, and the step is tried again.
        _handle_error(context, _retry_after_crash(context, error))
        raise
    return None


def _retry_after_crash(context: AnyContext, error: Exception) -> RetryLater:
    """As after the death of a worker: not before everything that was begun at MailChimp shows there."""
    delay = context.services.settings.read_timeout + LEASE_GRACE
    return RetryLater(delay, Problem("waiting_error", values={"error": describe_error(error)}))


def _handle_error(context: AnyContext, error: CxmcError) -> float | None:
    context.session.rollback()  # what was not committed did not happen
    outcome = outcomes.outcome_for(context, error)
    outcomes.apply(context, outcome, error)
    return outcome.delay if outcome.state is None else None


def _run_steps(context: AnyContext, table: StepTable) -> None:
    """Runs from the operation's current step to the end of the table, with one commit per step."""
    names = list(table)
    step = context.operation.step
    if not step:
        step = names[0]
        context.commit(step=step)
    while step:
        following = context.run_step(step, table[step]) or _after(names, step)
        context.commit(
            step=following or step, attempts=0, problems=[], progress_done=0, progress_total=0
        )
        step = following


def _after(names: list[str], step: str) -> str:
    index = names.index(step) + 1
    return names[index] if index < len(names) else ""
