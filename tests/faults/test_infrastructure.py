"""Databases that are busy or gone, clocks that are wrong, a queue that is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from cxmc_ext.usecases.worker import runner, tick
from tests.faults.call_hooks import no_hook
from tests.faults.call_sequences import CallSite, call_sites
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.frozen_worker import FrozenWorker
from tests.faults.invariants import check_invariants
from tests.faults.scenarios import SCENARIOS, press_schedule, press_send

pytestmark = pytest.mark.slow

TEN_MINUTES = 600


@contextmanager
def busy(env: FaultEnvironment) -> Iterator[None]:
    """Another process holds the database for longer than anybody waits."""
    other = create_engine(env.database_url, isolation_level="AUTOCOMMIT")
    with other.connect() as link:
        if env.is_postgresql:
            link.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            yield
        else:
            link.exec_driver_sql("BEGIN IMMEDIATE")
            yield
            link.exec_driver_sql("ROLLBACK")
    other.dispose()


@pytest.mark.parametrize("site", call_sites("send"), ids=str)
def test_a_database_that_fails_around_a_call_costs_time_and_nothing_else(
    checkpoints: Checkpoints, site: CallSite
) -> None:
    """The call is made; its outcome cannot be written; the next worker reads what became of it."""
    env = checkpoints.restore("ready")
    press_send(env, "the press")
    if not env.is_postgresql:
        env.session.connection().exec_driver_sql("PRAGMA busy_timeout=20")
        env.session.rollback()
    trouble = busy(env)
    env.call_hooks.before = lambda _, number: trouble.__enter__() if number == site.number else None
    with pytest.raises(OperationalError):
        env.queue.run_all()
    env.call_hooks.before = no_hook
    trouble.__exit__(None, None, None)
    env.reopen_database()
    env.queue.nudges.clear()
    env.pass_round()
    env.run_workers()
    SCENARIOS["send"].check_goal(env)
    check_invariants(env)


@pytest.mark.parametrize("skew", [-TEN_MINUTES, TEN_MINUTES])
@pytest.mark.parametrize("site", call_sites("send")[8:15:3], ids=str)
def test_a_worker_with_a_wrong_clock_takes_nothing_early(
    checkpoints: Checkpoints, site: CallSite, skew: int
) -> None:
    """Leases are compared with the database's clock."""
    env = checkpoints.restore("ready")
    clock = env.services.clock
    wrong = replace(env.services, clock=lambda: clock() + skew)
    pressed = press_send(env, "the press")
    frozen_worker = FrozenWorker(site.number)
    env.call_hooks.before = frozen_worker.on_call
    with frozen_worker.frozen(env):
        env.call_hooks.before = no_hook
        before = len(env.call_hooks.calls)
        tick.tick(wrong)
        runner.run(wrong, pressed)
        assert len(env.call_hooks.calls) == before
    env.run_workers()
    SCENARIOS["send"].check_goal(env)
    check_invariants(env)


@pytest.mark.parametrize("skew", [-TEN_MINUTES, TEN_MINUTES])
def test_a_worker_with_a_wrong_clock_sends_and_schedules_as_asked(
    checkpoints: Checkpoints, skew: int
) -> None:
    """MailChimp's clock decides whether a planned time was missed."""
    for press, scenario in ((press_send, "send"), (press_schedule, "schedule")):
        env = checkpoints.restore("ready")
        clock = env.services.clock
        pressed = press(env, "the press")
        runner.run(replace(env.services, clock=lambda c=clock: c() + skew), pressed)
        env.run_workers()
        SCENARIOS[scenario].check_goal(env)
        check_invariants(env)


@pytest.mark.parametrize("name", ["send", "schedule", "unschedule", "delete", "check", "retry"])
def test_without_a_queue_a_press_is_kept_and_the_next_tick_finds_it(
    checkpoints: Checkpoints, name: str
) -> None:
    scenario = SCENARIOS[name]
    env = checkpoints.restore(scenario.checkpoint)
    env.queue.available = False
    scenario.press(env, "the press")
    assert not env.queue.nudges
    env.queue.available = True
    assert env.active_operations()
    env.pass_round()
    env.run_workers()
    scenario.check_goal(env)
    check_invariants(env)


@pytest.mark.parametrize("site", call_sites("send"), ids=str)
def test_repeated_or_early_wakeups_change_nothing(checkpoints: Checkpoints, site: CallSite) -> None:
    """rq runs a job twice, and finished ones again: at every call somebody else is woken as well."""
    env = checkpoints.restore("ready")
    pressed = press_send(env, "the press")

    def again(_: str, number: int) -> None:
        if number == site.number:
            with env.other_process():
                runner.run(env.services, pressed)

    env.call_hooks.before = again
    env.run_workers()
    runner.run(env.services, pressed)
    assert env.call_hooks.calls.count("send") == env.call_hooks.calls.count("create_campaign") == 1
    SCENARIOS["send"].check_goal(env)
    check_invariants(env)
