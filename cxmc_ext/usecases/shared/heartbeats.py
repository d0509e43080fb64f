"""Heartbeats: who beats, and what the age of the newest beat of each kind says."""

from dataclasses import dataclass

from cxmc_ext.db.queries import heartbeats as heartbeat_queries
from cxmc_ext.services import Services

MAX_AGE = {"worker": 120, "scheduler": 180, "tick": 120}
"""Kind to the age in seconds up to which it counts as alive."""
_FORGET = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Health:
    """Seconds since the newest heartbeat of each kind; None = never seen."""

    worker_age: int | None
    scheduler_age: int | None
    tick_age: int | None

    @property
    def worker_alive(self) -> bool:
        return _alive("worker", self.worker_age)

    @property
    def scheduler_alive(self) -> bool:
        return _alive("scheduler", self.scheduler_age)

    @property
    def tick_alive(self) -> bool:
        return _alive("tick", self.tick_age)


def write_heartbeat(services: Services, name: str, kind: str) -> None:
    """Writes one heartbeat and commits."""
    heartbeat_queries.record(services.session(), name, kind, services.clock())


def health(services: Services) -> Health:
    session = services.session()
    now, newest = services.clock(), heartbeat_queries.latest_by_kind(session)
    ages = {kind: max(0, now - at) for kind, at in newest.items()}
    return Health(ages.get("worker"), ages.get("scheduler"), ages.get("tick"))


def delete_old_heartbeats(services: Services) -> None:
    """Drops the beats of processes gone for a week."""
    session = services.session()
    heartbeat_queries.delete_before(session, services.clock() - _FORGET)
    session.commit()


def _alive(kind: str, age: int | None) -> bool:
    return age is not None and age <= MAX_AGE[kind]
