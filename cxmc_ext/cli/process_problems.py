"""What is wrong with the processes, in the same words for `flask cxmc doctor` and `flask cxmc status`."""

from collections.abc import Iterator

from cxmc_ext.adapters.rq.listeners import find_listeners
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import system_problems
from cxmc_ext.usecases.shared.heartbeats import Health, Liveness
from cxmc_ext.usecases.shared.system_problems import SystemProblem


def find_process_problems(services: Services, health: Health) -> tuple[SystemProblem, ...]:
    """Judges the heartbeats, and who listens to our queue in Redis.

    Args:
        services: The services of the app.
        health: The heartbeats.
    """
    return (*system_problems.process_problems(health), *_listener_problems(services, health))


def _listener_problems(services: Services, health: Health) -> Iterator[SystemProblem]:
    """A queue of the Host's own need not be in Redis; then nothing is known about its listeners."""
    listeners = None if services.has_own_queue else find_listeners(services.settings)
    if listeners is None:
        return
    queue = services.settings.queue
    # Heartbeats are in the database: they come from workers with another Redis or queue, too.
    if health.worker is Liveness.ALIVE and not listeners.has_own:
        yield SystemProblem(Problem("worker_elsewhere", values={"queue": queue}), severe=False)
    if listeners.foreign:
        values = {"queue": queue, "workers": ", ".join(listeners.foreign)}
        yield SystemProblem(Problem("worker_foreign", values=values), severe=True)
