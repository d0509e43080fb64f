"""How far an operation is, in words a person can follow: three steps, one bar that never goes back."""

from dataclasses import dataclass
from typing import NamedTuple

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationKind, OperationState
from cxmc_ext.domain.problems import Problem, problem_from_json, problems_from_json
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import db_errors
from cxmc_ext.usecases.worker import runner

KINDS_WITH_STAGES = (OperationKind.SEND, OperationKind.SCHEDULE, OperationKind.CHECK)


_QUEUED_SECONDS = 5


class StepRange(NamedTuple):
    """Where a step stands: its stage, and the part of the bar it fills while its work goes on."""

    stage: int
    start: int
    end: int


STEP_RANGES = {
    "": StepRange(1, 0, 0),
    "claim": StepRange(1, 0, 2),
    "freeze": StepRange(1, 2, 8),
    "members": StepRange(1, 8, 20),
    "push": StepRange(1, 20, 62),
    "segment": StepRange(1, 62, 74),
    "check_segment": StepRange(1, 74, 80),
    "draft": StepRange(1, 80, 84),
    "fill": StepRange(1, 84, 88),
    "verify": StepRange(2, 88, 94),
    "intent": StepRange(3, 94, 96),
    "act": StepRange(3, 96, 98),
    "watch": StepRange(3, 98, 100),
}


@dataclass(frozen=True, slots=True)
class ProgressScreen:
    """An operation is under way."""

    operation_id: int
    kind: OperationKind
    stage: int
    """1 create, 2 check readiness, 3 send; 0 where there are no steps."""
    step: str
    percent: int
    done: int
    total: int
    waiting_for: Problem | None
    started_at: int
    late: bool
    started_by: str
    queued: bool
    scheduled: bool
    can_retry: bool
    """“Try again” wakes it; what is done for the account is simply pressed again."""


def build_progress(
    services: Services, operation: Operation, mailing: Mailing | None, floor: int
) -> ProgressScreen:
    """:param floor: percent the page has shown already."""
    kind, now = OperationKind(operation.kind), services.clock()
    phase = STEP_RANGES.get(operation.step, STEP_RANGES[""])
    percent = max(_percent(phase, operation), min(floor, 100))
    wake_if_stale(services, operation, now)
    return ProgressScreen(
        operation_id=operation.id,
        kind=kind,
        stage=_stage(percent, phase) if kind in KINDS_WITH_STAGES else 0,
        step=operation.step,
        percent=percent,
        done=operation.progress_done,
        total=operation.progress_total,
        waiting_for=_current_problem(operation),
        started_at=operation.created_at,
        late=now - operation.created_at > services.settings.late_after,
        started_by=operation.actor_name,
        queued=is_queued(operation, now),
        scheduled=bool(mailing and mailing.schedule_at),
        can_retry=mailing is not None,
    )


def stage_at(percent: int) -> int:
    """The stage a bar of that length stands in."""
    return max(phase.stage for phase in STEP_RANGES.values() if phase.start <= percent)


def _percent(phase: StepRange, operation: Operation) -> int:
    share = (
        min(operation.progress_done / operation.progress_total, 1.0)
        if operation.progress_total
        else 0.0
    )
    return round(phase.start + (phase.end - phase.start) * share)


def _stage(percent: int, phase: StepRange) -> int:
    """A step that runs again after a late opt-out keeps the stage the page has shown."""
    return max(phase.stage, stage_at(percent) if percent > phase.end else 0)


def _waited(operation: Operation, now: int) -> bool:
    return now - operation.created_at > _QUEUED_SECONDS


def _current_problem(operation: Operation) -> Problem | None:
    reasons = operation.problems if isinstance(operation.problems, list) else []
    return problem_from_json(reasons[-1]) if reasons else None


def is_queued(operation: Operation, now: int) -> bool:
    """Waits for a worker, and has for a while."""
    return operation.state == OperationState.QUEUED and _waited(operation, now)


def wake_if_stale(services: Services, operation: Operation, now: int) -> None:
    """A page that finds nobody at work calls for a worker: one of five wake-ups.

    It is shown as well when the database is too busy to note that.
    """
    if operation.lease_until >= now or not _waited(operation, now):
        return
    try:
        runner.wake_if_stale(services, operation.id)
    except db_errors.DB_ERRORS as trouble:
        services.session().rollback()
        if not db_errors.is_transient(trouble):
            raise


@dataclass(frozen=True, slots=True)
class OperationStatus:
    """A test mail, or the reading of a template: under way, or how it ended."""

    operation_id: int
    active: bool
    step: str
    queued: bool
    late: bool
    started_by: str
    started_at: int
    ended_at: int | None
    address_count: int
    """Addresses a test mail goes to."""
    problems: tuple[Problem, ...]
    """What it waits for while it is active, else why it failed; empty = all is well."""


def operation_status(services: Services, operation: Operation) -> OperationStatus:
    now, active = services.clock(), operation.state in ACTIVE_STATES
    shown = OperationStatus(
        operation_id=operation.id,
        active=active,
        step=operation.step,
        queued=is_queued(operation, now),
        late=active and now - operation.created_at > services.settings.late_after,
        started_by=operation.actor_name,
        started_at=operation.created_at,
        ended_at=operation.ended_at,
        address_count=int(operation.payload.get("count") or 0),
        problems=problems_from_json(operation.problems),
    )
    if active:
        wake_if_stale(services, operation, now)
    return shown
