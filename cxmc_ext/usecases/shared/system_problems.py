"""What keeps the module from working as a whole: one verdict, for every page and command that shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.shared.heartbeats import Health, Liveness


@dataclass(frozen=True, slots=True)
class SystemProblem:
    """A problem of Redis or of a process."""

    problem: Problem
    severe: bool
    """Work stands still or is slow; otherwise it may be over in a moment."""


def find_problems(services: Services) -> tuple[SystemProblem, ...]:
    """Judges Redis and the heartbeats of the processes. Makes one query."""
    found = process_problems(heartbeats.health(services))
    queue_problem = services.queue.problem()
    queue = (SystemProblem(queue_problem, severe=True),) if queue_problem else ()
    return (*queue, *found)


def process_problems(health: Health) -> tuple[SystemProblem, ...]:
    """Judges the heartbeats.

    Workers that are late or gone look for no work either, which goes without saying. A scheduler that was
    never started is not severe: workers look for due work themselves.
    """
    judged = {"worker": health.worker}
    if health.worker not in (Liveness.GONE, health.tick):
        judged["tick"] = health.tick
    judged["scheduler"] = health.scheduler
    return tuple(
        SystemProblem(Problem(f"{kind}_{liveness}"), _is_severe(health, kind, liveness))
        for kind, liveness in judged.items()
        if liveness is not Liveness.ALIVE
    )


def delaying(problems: Sequence[SystemProblem]) -> Problem | None:
    """The first of the problems that delays work that was requested."""
    return next((each.problem for each in problems if not _is_scheduler(each.problem)), None)


def _is_severe(health: Health, kind: str, liveness: Liveness) -> bool:
    was_never_started = kind == "scheduler" and health.scheduler_age is None
    return liveness is Liveness.GONE and not was_never_started


def _is_scheduler(problem: Problem) -> bool:
    return problem.code.startswith("scheduler_")
