"""Heartbeats: which processes count as alive, and when their heartbeats are deleted."""

from cxmc_ext.services import Services
from cxmc_ext.testing import Clock
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.worker import tick


def test_heartbeats_tell_who_lives(services: Services) -> None:
    assert heartbeats.health(services).worker_age is None
    assert not heartbeats.health(services).worker_alive
    heartbeats.write_heartbeat(services, "worker:a:1", "worker")
    heartbeats.write_heartbeat(services, "worker:a:1", "worker")
    heartbeats.write_heartbeat(services, "scheduler", "scheduler")
    tick.tick(services)
    seen = heartbeats.health(services)
    assert (seen.worker_alive, seen.scheduler_alive, seen.tick_alive) == (True, True, True)
    assert seen.worker_age is not None
    assert seen.worker_age <= 2
    heartbeats.delete_old_heartbeats(services)
    assert heartbeats.health(services).worker_alive


def test_a_tick_deletes_the_heartbeats_of_processes_that_are_gone(
    services: Services, clock: Clock
) -> None:
    heartbeats.write_heartbeat(services, "worker:gone:1", "worker")
    clock.advance(8 * 24 * 3600)
    tick.tick(services)
    assert heartbeats.health(services).worker_age is None
