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

TEN_MINUTES = 600


@contextmanager
def busy(lab: FaultEnvironment) -> Iterator[None]:
    """Another process holds the database for longer than anybody waits."""
    other = create_engine(lab.database_url, isolation_level="AUTOCOMMIT")
    with other.connect() as link:
        if lab.is_postgresql:
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
    starts: Checkpoints, site: CallSite
) -> None:
    """The call is made; its outcome cannot be written; the next worker reads what became of it."""
    lab = starts.restore("ready")
    press_send(lab, "the press")
    if not lab.is_postgresql:
        lab.session.connection().exec_driver_sql("PRAGMA busy_timeout=20")
        lab.session.rollback()
    trouble = busy(lab)
    lab.call_hooks.before = lambda _, number: trouble.__enter__() if number == site.number else None
    with pytest.raises(OperationalError):
        lab.queue.run_all()
    lab.call_hooks.before = no_hook
    trouble.__exit__(None, None, None)
    lab.reopen_database()
    lab.queue.nudges.clear()
    lab.pass_round()
    lab.run_workers()
    SCENARIOS["send"].check_goal(lab)
    check_invariants(lab)


@pytest.mark.parametrize("skew", [-TEN_MINUTES, TEN_MINUTES])
@pytest.mark.parametrize("site", call_sites("send")[6:13:3], ids=str)
def test_a_worker_with_a_wrong_clock_takes_nothing_early(
    starts: Checkpoints, site: CallSite, skew: int
) -> None:
    """Leases are compared with the database's clock."""
    lab = starts.restore("ready")
    clock = lab.services.clock
    wrong = replace(lab.services, clock=lambda: clock() + skew)
    pressed = press_send(lab, "the press")
    ice = FrozenWorker(site.number)
    lab.call_hooks.before = ice.on_call
    with ice.frozen(lab):
        lab.call_hooks.before = no_hook
        before = len(lab.call_hooks.calls)
        tick.tick(wrong)
        runner.run(wrong, pressed)
        assert len(lab.call_hooks.calls) == before
    lab.run_workers()
    SCENARIOS["send"].check_goal(lab)
    check_invariants(lab)


@pytest.mark.parametrize("skew", [-TEN_MINUTES, TEN_MINUTES])
def test_a_worker_with_a_wrong_clock_sends_and_schedules_as_asked(
    starts: Checkpoints, skew: int
) -> None:
    """MailChimp's clock decides whether a planned time was missed."""
    for press, story in ((press_send, "send"), (press_schedule, "schedule")):
        lab = starts.restore("ready")
        clock = lab.services.clock
        pressed = press(lab, "the press")
        runner.run(replace(lab.services, clock=lambda c=clock: c() + skew), pressed)
        lab.run_workers()
        SCENARIOS[story].check_goal(lab)
        check_invariants(lab)


@pytest.mark.parametrize("name", ["send", "schedule", "unschedule", "delete", "check", "retry"])
def test_without_a_queue_a_press_is_kept_and_the_next_tick_finds_it(
    starts: Checkpoints, name: str
) -> None:
    story = SCENARIOS[name]
    lab = starts.restore(story.checkpoint)
    lab.queue.available = False
    story.press(lab, "the press")
    assert not lab.queue.nudges
    lab.queue.available = True
    assert lab.active_operations()
    lab.pass_round()
    lab.run_workers()
    story.check_goal(lab)
    check_invariants(lab)


@pytest.mark.parametrize("site", call_sites("send"), ids=str)
def test_wake_ups_that_come_twice_or_at_the_wrong_time_add_nothing(
    starts: Checkpoints, site: CallSite
) -> None:
    """rq runs a job twice, and finished ones again: at every call somebody else is woken as well."""
    lab = starts.restore("ready")
    pressed = press_send(lab, "the press")

    def again(_: str, number: int) -> None:
        if number == site.number:
            with lab.other_process():
                runner.run(lab.services, pressed)

    lab.call_hooks.before = again
    lab.run_workers()
    runner.run(lab.services, pressed)
    assert lab.call_hooks.calls.count("send") == lab.call_hooks.calls.count("create_campaign") == 1
    SCENARIOS["send"].check_goal(lab)
    check_invariants(lab)
