"""Carries out one operation: claim, steps with one commit each, until it ends, waits or is lost."""

import logging
import os
import secrets
import socket
import time

from cxmc_ext.db.queries import accounts, operations
from cxmc_ext.domain.errors import CxmcError, LostLease, MailChimpError
from cxmc_ext.domain.values import AccountState, OperationState, Why
from cxmc_ext.services import Services
from cxmc_ext.usecases import fairness, outcomes
from cxmc_ext.usecases.halt import Halt, Pause, attention
from cxmc_ext.usecases.outcomes import Verdict
from cxmc_ext.usecases.run import GRACE, Run
from cxmc_ext.usecases.steps import STEPS, Table, prologue

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
            pause = _carry(claimed)
        except LostLease:
            claimed.session.rollback()
            _log.info("operation %d belongs to somebody else now", operation_id)
            break
        if pause is None or pause > PATIENCE or fairness.waiting(services):
            break
        time.sleep(pause)
    return began


def claim(services: Services, operation_id: int) -> Run | None:
    """Takes an operation that is due; None when somebody else has it, its time has not come, or its
    account may take no further worker.
    """
    session = services.session()
    lease = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(8)}"
    seconds = services.settings.read_timeout + GRACE
    owner = operations.account_of(session, operation_id)
    may = owner is not None and fairness.take(services, owner)
    held = may and operations.claim(session, operation_id, lease, seconds)
    if not may:
        operations.turned_away(session, operation_id)
    ref = accounts.ref_of(session, owner) if owner is not None and held else ""
    session.commit()
    return Run(services.of(ref), session, operation_id, lease) if held else None


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
    return rouse(services, operation_id)


def rouse(services: Services, operation_id: int) -> bool:
    """Wakes a worker for it, unless one was woken lately and has not come yet. Commits."""
    session = services.session()
    asleep = operations.call(session, operation_id)
    session.commit()
    return asleep and services.queue.nudge_operation(operation_id)


def _end_overdue(services: Services, operation_id: int) -> None:
    """Takes the operation, which by the prologue's first look ends it."""
    claimed = claim(services, operation_id)
    if claimed is not None:
        outcomes.finish(claimed, outcomes.verdict(claimed, attention("took_too_long")))


def _carry(run: Run) -> float | None:
    """Runs steps until the operation ends (None) or waits (seconds)."""
    try:
        _begin(run)
        _walk(run, STEPS[run.operation.kind])
        outcomes.finish(run, Verdict((), OperationState.DONE))
    except LostLease:
        raise
    except (Halt, Pause, MailChimpError) as error:
        return _turn(run, error)
    return None


def _turn(run: Run, error: CxmcError) -> float | None:
    """An error ends the transaction first: what was not committed did not happen."""
    run.session.rollback()
    found = outcomes.verdict(run, error)
    outcomes.carry_out(run, found, error)
    return found.delay if found.state is None else None


def _begin(run: Run) -> None:
    """What must hold before anything else: activation, deadline, key, and the right account."""
    operation, account = run.operation, run.account
    if account.epoch != operation.epoch or account.state == AccountState.INACTIVE:
        raise Halt(OperationState.CANCELLED, Why("deactivated"))
    if run.now > operation.deadline:
        raise attention("took_too_long")
    if account.back_off_until > run.now:
        raise Pause(account.back_off_until - run.now, Why("waiting_throttled"))
    run.save(started_at=operation.started_at or run.now)
    prologue(run)


def _walk(run: Run, table: Table) -> None:
    """From the step the operation stands at to the end of its table, one commit per step."""
    names = list(table)
    step = run.operation.step
    if not step:
        step = names[0]
        run.save(step=step)
    while step:
        following = table[step](run) or _after(names, step)
        run.save(step=following or step, attempts=0, why=[], done=0, total=0)
        step = following


def _after(names: list[str], step: str) -> str:
    place = names.index(step) + 1
    return names[place] if place < len(names) else ""
