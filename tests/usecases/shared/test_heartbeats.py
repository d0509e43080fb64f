"""Heartbeats: which processes count as alive, and when their heartbeats are deleted."""

from collections.abc import Callable
from dataclasses import replace

from cxmc_ext.services import Services
from cxmc_ext.testing import Clock
from cxmc_ext.usecases.shared import heartbeats, system_problems
from cxmc_ext.usecases.shared.heartbeats import Liveness
from cxmc_ext.usecases.worker import tick


def test_heartbeats_tell_who_lives(services: Services) -> None:
    assert heartbeats.health(services).worker_age is None
    assert heartbeats.health(services).worker is Liveness.GONE
    heartbeats.write_heartbeat(services, "worker:a:1", "worker")
    heartbeats.write_heartbeat(services, "worker:a:1", "worker")
    heartbeats.write_heartbeat(services, "scheduler", "scheduler")
    tick.tick(services)
    seen = heartbeats.health(services)
    assert {seen.worker, seen.scheduler, seen.tick} == {Liveness.ALIVE}
    assert seen.worker_age is not None
    assert seen.worker_age <= 2
    heartbeats.delete_old_heartbeats(services)
    assert heartbeats.health(services).worker is Liveness.ALIVE


def test_a_tick_deletes_the_heartbeats_of_processes_that_are_gone(
    services: Services, clock: Clock
) -> None:
    heartbeats.write_heartbeat(services, "worker:gone:1", "worker")
    clock.advance(8 * 24 * 3600)
    tick.tick(services)
    assert heartbeats.health(services).worker_age is None


def test_a_process_is_late_after_three_missed_ticks_and_gone_after_ten(
    services: Services, frozen_clock: None
) -> None:
    heartbeats.write_heartbeat(services, "worker:a:1", "worker")
    tick_seconds = services.settings.tick_seconds
    expected = {3: Liveness.ALIVE, 4: Liveness.LATE, 10: Liveness.LATE, 11: Liveness.GONE}
    for missed, liveness in expected.items():
        health = heartbeats.health(replace(services, clock=_later(services, missed * tick_seconds)))
        assert health.worker is liveness, missed
    problems = system_problems.process_problems(health)
    assert [(each.problem.code, each.severe) for each in problems] == [
        ("worker_gone", True),
        ("scheduler_gone", False),
    ], "a scheduler that was never started is not severe"


def _later(services: Services, seconds: int) -> Callable[[], int]:
    now = services.clock()
    return lambda: now + seconds
