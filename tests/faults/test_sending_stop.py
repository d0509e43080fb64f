"""All sending is stopped while a worker is dead, wherever it died: nothing is sent any more."""

import pytest

from cxmc_ext.usecases.accounts import sending_stop
from cxmc_ext.usecases.worker import runner
from tests.faults.checkpoints import Checkpoints
from tests.faults.crashes import CrashPoint, crashes_at_calls, crashes_at_commits
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.invariants import check_invariants, mailed_addresses
from tests.faults.run_scenario import NONCE
from tests.faults.scenarios import SCENARIOS, admin, press_check, press_stop
from tests.faults.selection import every_nth
from tests.support.concurrency import at_once

pytestmark = pytest.mark.slow

DEATHS = [
    *every_nth(crashes_at_calls("send", first=5), 3),
    *every_nth(crashes_at_commits("send", first=50), 3),
    *every_nth(crashes_at_calls("schedule", first=9), 2),
    *every_nth(crashes_at_commits("schedule", first=60), 3),
    *every_nth(crashes_at_calls("late opt-out check"), 4),
]


@pytest.mark.parametrize("crash", DEATHS, ids=str)
def test_nothing_is_sent_after_the_stop(checkpoints: Checkpoints, crash: CrashPoint) -> None:
    scenario = SCENARIOS[crash.scenario]
    env = checkpoints.restore(scenario.checkpoint)
    crash.arm(env)
    with env.under_test():
        scenario.press(env, NONCE)
        env.queue.run_all()
    press_stop(env, "stop")
    mails = mailed_addresses(env)
    env.run_workers()
    _let_hours_pass(env)
    assert mailed_addresses(env) == mails
    sending_stop.allow(env.services, admin(env))
    _let_hours_pass(env)
    assert mailed_addresses(env) == mails, "nothing is sent by itself"
    check_invariants(env)


@pytest.mark.parametrize("crash", every_nth(crashes_at_commits("send", first=50), 6), ids=str)
def test_what_was_stopped_can_be_sent_afterwards(
    checkpoints: Checkpoints, crash: CrashPoint
) -> None:
    env = checkpoints.restore("ready")
    crash.arm(env)
    with env.under_test():
        SCENARIOS["send"].press(env, NONCE)
        env.queue.run_all()
    press_stop(env, "stop")
    env.run_workers()
    sending_stop.allow(env.services, admin(env))
    mailing = env.mailing
    assert mailing is not None
    if mailing.state == "not_ready":
        press_check(env, "check")
        env.run_workers()
    SCENARIOS["send"].check_goal(env)
    check_invariants(env)


@pytest.mark.parametrize("number", range(4))
def test_a_worker_and_the_stop_at_once_send_before_it_or_never(
    checkpoints: Checkpoints, number: int
) -> None:
    env = checkpoints.restore("built")
    (operation,) = [active.id for active in env.active_operations()]
    at_once(
        env.app,
        lambda: runner.run(env.services, operation),
        lambda: press_stop(env, f"stop {number}"),
    )
    mails = mailed_addresses(env)
    assert mails in ([], list(env.expected))
    env.run_workers()
    _let_hours_pass(env)
    sending_stop.allow(env.services, admin(env))
    _let_hours_pass(env)
    assert mailed_addresses(env) == mails
    check_invariants(env)


def _let_hours_pass(env: FaultEnvironment) -> None:
    for _ in range(2):
        env.advance(3600)
        env.pass_round()
        env.run_workers()
