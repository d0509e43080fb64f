"""Carries out one operation: claim, steps with one commit each, until it ends, waits or is lost."""

import logging
import os
import secrets
import socket
import time

from cxmc_ext.db.queries import accounts, operations
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.errors import CxmcError, LostLease, MailChimpError
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations import outcomes
from cxmc_ext.usecases.operations.context import LEASE_GRACE, OperationContext
from cxmc_ext.usecases.operations.outcomes import Outcome
from cxmc_ext.usecases.operations.signals import RetryLater, StopOperation, needs_attention
from cxmc_ext.usecases.shared import worker_allocation
from cxmc_ext.usecases.worker.step_tables import STEPS, StepTable, check_preconditions

PATIENCE = 2.0
"""A pause up to this many seconds is sat out here while nobody else waits for the worker; a longer one
is left to the next wake-up."""

_log = logging.getLogger(__name__)


def run(services: Services, operation_id: int) -> bool:
    """Carries an operation as far as it goes now. A repeat, or a call too many, changes nothing.

    Trouble with MailChimp becomes a state of the operation and is never raised.

    :return: whether there was anything to do here.
    """
    began = False
    while (claimed := claim(services, operation_id)) is not None:
        began = True
        try:
            pause = _execute(claimed)
        except LostLease:
            claimed.session.rollback()
            _log.info("operation %d belongs to somebody else now", operation_id)
            break
        if pause is None or pause > PATIENCE or worker_allocation.next_operation(services):
            break
        time.sleep(pause)
    return began


def claim(services: Services, operation_id: int) -> OperationContext | None:
    """Takes an operation that is due; None when somebody else has it, its time has not come, or its
    account may take no further worker.
    """
    session = services.session()
    lease = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(8)}"
    seconds = services.settings.read_timeout + LEASE_GRACE
    owner = operations.account_id_of(session, operation_id)
    may = owner is not None and worker_allocation.acquire_worker(services, owner)
    held = may and operations.claim(session, operation_id, lease, seconds)
    if not may:
        operations.clear_nudge(session, operation_id)
    ref = accounts.ref_of(session, owner) if owner is not None and held else ""
    session.commit()
    return (
        OperationContext(services.for_account(ref), session, operation_id, lease) if held else None
    )


def wake_if_stale(services: Services, operation_id: int) -> bool:
    """For the poll: nudges an operation nobody works on, and ends one that is past its deadline.

    So a panel ends even where no worker lives. Makes no MailChimp call.
    """
    session = services.session()
    if not operations.is_due(session, operation_id):
        return False
    operation = operations.get(session, operation_id)
    latest = services.clock() - services.settings.late_after
    overdue = operation is not None and latest > operation.deadline
    session.rollback()  # a reader that turns writer half-way fails on SQLite when others wrote
    if overdue:
        _end_overdue(services, operation_id)
        return False
    return nudge_if_idle(services, operation_id)


def nudge_if_idle(services: Services, operation_id: int) -> bool:
    """Wakes a worker for it, unless one was woken lately and has not come yet. Commits."""
    session = services.session()
    asleep = operations.claim_nudge(session, operation_id)
    session.commit()
    return asleep and services.queue.nudge_operation(operation_id)


def _end_overdue(services: Services, operation_id: int) -> None:
    """Takes the operation, which by the prologue's first look ends it."""
    claimed = claim(services, operation_id)
    if claimed is not None:
        outcomes.finish(claimed, outcomes.outcome_for(claimed, needs_attention("took_too_long")))


def _execute(run: OperationContext) -> float | None:
    """Runs steps until the operation ends (None) or waits (seconds)."""
    try:
        _check_start(run)
        _run_steps(run, STEPS[run.operation.kind])
        outcomes.finish(run, Outcome((), OperationState.DONE))
    except LostLease:
        raise
    except (StopOperation, RetryLater, MailChimpError) as error:
        return _handle_stop(run, error)
    return None


def _handle_stop(run: OperationContext, error: CxmcError) -> float | None:
    """An error ends the transaction first: what was not committed did not happen."""
    run.session.rollback()
    found = outcomes.outcome_for(run, error)
    outcomes.apply(run, found, error)
    return found.delay if found.state is None else None


def _check_start(run: OperationContext) -> None:
    """What must hold before anything else: activation, deadline, key, and the right account."""
    operation, account = run.operation, run.account
    if account.epoch != operation.epoch or account.state == AccountState.INACTIVE:
        raise StopOperation(OperationState.CANCELLED, Problem("deactivated"))
    if run.now > operation.deadline:
        raise needs_attention("took_too_long")
    if account.back_off_until > run.now:
        raise RetryLater(account.back_off_until - run.now, Problem("waiting_throttled"))
    run.commit(started_at=operation.started_at or run.now)
    check_preconditions(run)


def _run_steps(run: OperationContext, table: StepTable) -> None:
    """From the step the operation stands at to the end of its table, one commit per step."""
    names = list(table)
    step = run.operation.step
    if not step:
        step = names[0]
        run.commit(step=step)
    while step:
        following = table[step](run) or _after(names, step)
        run.commit(
            step=following or step, attempts=0, problems=[], progress_done=0, progress_total=0
        )
        step = following


def _after(names: list[str], step: str) -> str:
    place = names.index(step) + 1
    return names[place] if place < len(names) else ""
