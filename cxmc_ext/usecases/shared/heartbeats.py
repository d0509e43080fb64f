"""Heartbeats: each process writes one regularly, so that the age of the newest tells whether it lives."""

from dataclasses import dataclass

from cxmc_ext.db.queries import heartbeats as heartbeat_queries
from cxmc_ext.services import Services

# Kind of process to the age in seconds up to which it counts as alive.
MAX_AGE = {"worker": 120, "scheduler": 180, "tick": 120}
# Seconds after which the heartbeat of a process that is gone is deleted.
_KEEP_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Health:
    """Seconds since the newest heartbeat of each kind of process; None: there was never one."""

    worker_age: int | None
    scheduler_age: int | None
    tick_age: int | None

    @property
    def worker_alive(self) -> bool:
        return _is_alive("worker", self.worker_age)

    @property
    def scheduler_alive(self) -> bool:
        return _is_alive("scheduler", self.scheduler_age)

    @property
    def tick_alive(self) -> bool:
        return _is_alive("tick", self.tick_age)


def write_heartbeat(services: Services, name: str, kind: str) -> None:
    """Writes the heartbeat of a process and commits.

    Args:
        services: The services of the app.
        name: The process, for example "worker:<host>:<pid>".
        kind: A key of `MAX_AGE`.
    """
    heartbeat_queries.record(services.session(), name, kind, services.clock())


def health(services: Services) -> Health:
    """Reads how long ago each kind of process wrote its last heartbeat."""
    now, newest = services.clock(), heartbeat_queries.latest_by_kind(services.session())
    ages = {kind: max(0, now - at) for kind, at in newest.items()}
    return Health(ages.get("worker"), ages.get("scheduler"), ages.get("tick"))


def delete_old_heartbeats(services: Services) -> None:
    """Deletes the heartbeats of processes that have been gone for a week, and commits."""
    session = services.session()
    heartbeat_queries.delete_before(session, services.clock() - _KEEP_SECONDS)
    session.commit()


def _is_alive(kind: str, age: int | None) -> bool:
    return age is not None and age <= MAX_AGE[kind]
