"""Heartbeats: each process writes one regularly, so that the age of the newest tells whether it lives."""

from dataclasses import dataclass
from enum import StrEnum

from cxmc_ext.db.queries import heartbeats as heartbeat_queries
from cxmc_ext.services import Services

_MISSED_UNTIL_LATE = 3
_MISSED_UNTIL_GONE = 10
# The scheduler writes every 5 s, however often workers look for due work.
_SHORTEST_INTERVAL = 5
# Seconds after which the heartbeat of a process that is gone is deleted.
_KEEP_SECONDS = 7 * 24 * 3600


class Liveness(StrEnum):
    """What the age of a heartbeat says."""

    ALIVE = "alive"
    LATE = "late"
    """It missed three ticks."""
    GONE = "gone"
    """It missed ten ticks, or was never there."""


@dataclass(frozen=True, slots=True)
class Health:
    """Seconds since the newest heartbeat of each kind of process; None: there was never one."""

    worker_age: int | None
    scheduler_age: int | None
    tick_age: int | None
    tick_seconds: int
    """Seconds between two heartbeats, by which the ages are judged."""

    @property
    def worker(self) -> Liveness:
        return self.judge(self.worker_age)

    @property
    def scheduler(self) -> Liveness:
        return self.judge(self.scheduler_age)

    @property
    def tick(self) -> Liveness:
        return self.judge(self.tick_age)

    def judge(self, age: int | None) -> Liveness:
        """Tells what a heartbeat of this age says about its process."""
        if age is None or age > _MISSED_UNTIL_GONE * self.tick_seconds:
            return Liveness.GONE
        return Liveness.LATE if age > _MISSED_UNTIL_LATE * self.tick_seconds else Liveness.ALIVE


def write_heartbeat(services: Services, name: str, kind: str) -> None:
    """Writes the heartbeat of a process and commits.

    Args:
        services: The services of the app.
        name: The process, for example "worker:<host>:<pid>".
        kind: "worker", "scheduler" or "tick".
    """
    heartbeat_queries.record(services.session(), name, kind, services.clock())


def health(services: Services) -> Health:
    """Reads how long ago each kind of process wrote its last heartbeat."""
    now, newest = services.clock(), heartbeat_queries.latest_by_kind(services.session())
    ages = {kind: max(0, now - at) for kind, at in newest.items()}
    return Health(
        worker_age=ages.get("worker"),
        scheduler_age=ages.get("scheduler"),
        tick_age=ages.get("tick"),
        tick_seconds=_interval(services),
    )


def max_age(services: Services) -> int:
    """Seconds after which a silent process counts as gone."""
    return _MISSED_UNTIL_GONE * _interval(services)


def delete_old_heartbeats(services: Services) -> None:
    """Deletes the heartbeats of processes that have been gone for a week, and commits."""
    session = services.session()
    heartbeat_queries.delete_before(session, services.clock() - _KEEP_SECONDS)
    session.commit()


def _interval(services: Services) -> int:
    return max(_SHORTEST_INTERVAL, services.settings.tick_seconds)
