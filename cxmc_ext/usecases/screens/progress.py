"""How far an operation has come: three stages, and a progress bar that never goes back."""

from dataclasses import dataclass
from typing import NamedTuple

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operation_payloads import ThrowawayPayload
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationKind, OperationState, spec_of
from cxmc_ext.domain.problems import Problem, problem_from_json, problems_from_json
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import db_errors, system_problems
from cxmc_ext.usecases.worker import runner

# A worker normally takes an operation within a second; until then, “waiting” would only flicker.
_QUEUED_SECONDS = 5


class StepRange(NamedTuple):
    """The stage of a step, and the percentages between which the bar moves during the step."""

    stage: int
    start: int
    end: int


STEP_RANGES = {
    "": StepRange(1, 0, 0),
    "resume": StepRange(1, 0, 2),
    "freeze": StepRange(1, 2, 8),
    "update_recipients": StepRange(1, 7, 8),
    "existing_members": StepRange(1, 8, 20),
    "subscribe_new": StepRange(1, 20, 62),
    "segment": StepRange(1, 62, 74),
    "check_segment": StepRange(1, 74, 80),
    "draft": StepRange(1, 80, 84),
    "content": StepRange(1, 84, 88),
    "verify": StepRange(2, 88, 94),
    "intent": StepRange(3, 94, 96),
    "submit": StepRange(3, 96, 98),
    "confirm": StepRange(3, 98, 100),
}


@dataclass(frozen=True, slots=True)
class ProgressScreen:
    """The panel of an operation that is in progress."""

    operation_id: int
    kind: OperationKind
    stage: int
    """1 create, 2 check readiness, 3 send or schedule; 0 for operations without stages."""
    step: str
    percent: int
    done: int
    total: int
    waiting_for: Problem | None
    held_up_by: Problem | None
    """Why no worker takes it: something is wrong with Redis or the workers."""
    started_at: int
    late: bool
    started_by: str
    queued: bool
    scheduled: bool
    can_retry: bool
    """“Try again” wakes an operation on a mailing; one on the account is simply requested again."""


@dataclass(frozen=True, slots=True)
class OperationStatus:
    """One line about a test mail or the reading of a template, in progress or ended."""

    operation_id: int
    active: bool
    step: str
    queued: bool
    late: bool
    started_by: str
    started_at: int
    ended_at: int | None
    address_count: int
    """How many addresses the test mail goes to."""
    problems: tuple[Problem, ...]
    """While active: what it waits for. Afterwards: why it failed; empty if it succeeded."""


def build_progress(
    services: Services, operation: Operation, mailing: Mailing | None, min_percent: int
) -> ProgressScreen:
    """Describes an active operation, and wakes a worker if none is working on it.

    Args:
        services: The services of the account.
        operation: The operation.
        mailing: The mailing it works on; None for an operation on the account.
        min_percent: The progress that the page has already shown.
    """
    kind, now = OperationKind(operation.kind), services.clock()
    step_range = STEP_RANGES.get(operation.step, STEP_RANGES[""])
    percent = max(_percent(step_range, operation), min(min_percent, 100))
    wake_if_stale(services, operation, now)
    return ProgressScreen(
        operation_id=operation.id,
        kind=kind,
        stage=_stage(percent, step_range) if spec_of(kind).has_stages else 0,
        step=operation.step,
        percent=percent,
        done=operation.progress_done,
        total=operation.progress_total,
        waiting_for=_current_problem(operation),
        held_up_by=_held_up_by(services, operation, now),
        started_at=operation.created_at,
        late=_is_late(services, operation, now),
        started_by=operation.actor_name,
        queued=is_queued(operation, now),
        scheduled=bool(mailing and mailing.schedule_at),
        can_retry=mailing is not None,
    )


def operation_status(services: Services, operation: Operation) -> OperationStatus:
    """Describes a test mail or the reading of a template; wakes a worker if none is working on it."""
    now, active = services.clock(), operation.state in ACTIVE_STATES
    status = OperationStatus(
        operation_id=operation.id,
        active=active,
        step=operation.step,
        queued=is_queued(operation, now),
        late=active and _is_late(services, operation, now),
        started_by=operation.actor_name,
        started_at=operation.created_at,
        ended_at=operation.ended_at,
        address_count=ThrowawayPayload.from_json(operation.payload).address_count,
        problems=problems_from_json(operation.problems),
    )
    if active:
        wake_if_stale(services, operation, now)
    return status


def stage_at(percent: int) -> int:
    """Returns the stage that a progress bar of this length has reached."""
    return max(each.stage for each in STEP_RANGES.values() if each.start <= percent)


def is_queued(operation: Operation, now: int) -> bool:
    """Whether the operation has been waiting for a worker for some seconds."""
    return operation.state == OperationState.QUEUED and _is_old_enough(operation, now)


def wake_if_stale(services: Services, operation: Operation, now: int) -> None:
    """Wakes a worker when no worker is working on an active operation.

    This is one of five ways to wake a worker (docs/architecture.md). A database that is too busy to
    record the wake-up must not keep the page from being shown; the next poll tries again.
    """
    if operation.lease_until >= now or not _is_old_enough(operation, now):
        return
    try:
        runner.wake_if_stale(services, operation.id)
    except db_errors.DB_ERRORS as error:
        services.session().rollback()
        if not db_errors.is_transient(error):
            raise


def _percent(step_range: StepRange, operation: Operation) -> int:
    done, total = operation.progress_done, operation.progress_total
    share = min(done / total, 1.0) if total else 0.0
    return round(step_range.start + (step_range.end - step_range.start) * share)


def _stage(percent: int, step_range: StepRange) -> int:
    """The stage of the step, but never an earlier one than the page has shown.

    A late opt-out makes an operation repeat earlier steps.
    """
    return max(step_range.stage, stage_at(percent) if percent > step_range.end else 0)


def _is_old_enough(operation: Operation, now: int) -> bool:
    return now - operation.created_at > _QUEUED_SECONDS


def _is_late(services: Services, operation: Operation, now: int) -> bool:
    return now - operation.created_at > services.settings.late_after


def _held_up_by(services: Services, operation: Operation, now: int) -> Problem | None:
    """Only asked if no worker is working on it, so that an ordinary poll stays cheap."""
    if operation.lease_until >= now or not _is_old_enough(operation, now):
        return None
    return system_problems.delaying(system_problems.find_problems(services))


def _current_problem(operation: Operation) -> Problem | None:
    problems = operation.problems if isinstance(operation.problems, list) else []
    return problem_from_json(problems[-1]) if problems else None
