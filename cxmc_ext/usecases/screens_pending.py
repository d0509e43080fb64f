"""How far an operation is, in words a person can follow: three steps, one bar that never goes back."""

from typing import NamedTuple

from cxmc_ext.db.models import Mailing, Operation
from cxmc_ext.domain.values import OperationKind, OperationState, Why, why_of
from cxmc_ext.services import Services
from cxmc_ext.usecases import busy, operations
from cxmc_ext.usecases.screens_values import Pending

STEPPED = (OperationKind.SEND, OperationKind.SCHEDULE, OperationKind.CHECK)
_QUEUED_SECONDS = 5


class Phase(NamedTuple):
    """Where a step stands: its stage, and the part of the bar it fills while its work goes on."""

    stage: int
    start: int
    end: int


PHASES = {
    "": Phase(1, 0, 0),
    "claim": Phase(1, 0, 2),
    "freeze": Phase(1, 2, 8),
    "members": Phase(1, 8, 20),
    "push": Phase(1, 20, 62),
    "segment": Phase(1, 62, 74),
    "check_segment": Phase(1, 74, 80),
    "draft": Phase(1, 80, 84),
    "fill": Phase(1, 84, 88),
    "verify": Phase(2, 88, 94),
    "intent": Phase(3, 94, 96),
    "act": Phase(3, 96, 98),
    "watch": Phase(3, 98, 100),
}


def pending(
    services: Services, operation: Operation, mailing: Mailing | None, floor: int
) -> Pending:
    """:param floor: percent the page has shown already."""
    kind, now = OperationKind(operation.kind), services.clock()
    phase = PHASES.get(operation.step, PHASES[""])
    percent = max(_percent(phase, operation), min(floor, 100))
    wake(services, operation, now)
    return Pending(
        operation=operation.id,
        kind=kind,
        stage=_stage(percent, phase) if kind in STEPPED else 0,
        step=operation.step,
        percent=percent,
        done=operation.done,
        total=operation.total,
        why=_waits_for(operation),
        since=operation.created_at,
        late=now - operation.created_at > services.settings.late_after,
        by=operation.actor_name,
        queued=is_queued(operation, now),
        schedule=bool(mailing and mailing.schedule_at),
        retry=mailing is not None,
    )


def stage_of(percent: int) -> int:
    """The stage a bar of that length stands in."""
    return max(phase.stage for phase in PHASES.values() if phase.start <= percent)


def _percent(phase: Phase, operation: Operation) -> int:
    share = min(operation.done / operation.total, 1.0) if operation.total else 0.0
    return round(phase.start + (phase.end - phase.start) * share)


def _stage(percent: int, phase: Phase) -> int:
    """A step that runs again after a late opt-out keeps the stage the page has shown."""
    return max(phase.stage, stage_of(percent) if percent > phase.end else 0)


def _waited(operation: Operation, now: int) -> bool:
    return now - operation.created_at > _QUEUED_SECONDS


def _waits_for(operation: Operation) -> Why | None:
    reasons = operation.why if isinstance(operation.why, list) else []
    return why_of(reasons[-1]) if reasons else None


def is_queued(operation: Operation, now: int) -> bool:
    """Waits for a worker, and has for a while."""
    return operation.state == OperationState.QUEUED and _waited(operation, now)


def wake(services: Services, operation: Operation, now: int) -> None:
    """A page that finds nobody at work calls for a worker: one of five wake-ups.

    It is shown as well when the database is too busy to note that.
    """
    if operation.lease_until >= now or not _waited(operation, now):
        return
    try:
        operations.wake_if_stale(services, operation.id)
    except busy.TROUBLE as trouble:
        services.session().rollback()
        if not busy.passes(trouble):
            raise
