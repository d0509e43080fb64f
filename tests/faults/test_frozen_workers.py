"""A worker freezes between its lease and the network; another one finishes; then the first wakes up."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from cxmc_ext.usecases.operations.context import OperationContext
from tests.faults.call_hooks import no_hook
from tests.faults.call_sequences import CallSite, call_sites
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.frozen_worker import FrozenWorker
from tests.faults.invariants import check_invariants, mailed_addresses
from tests.faults.scenarios import SCENARIOS, run_syncs
from tests.faults.selection import every_nth

pytestmark = pytest.mark.slow

SEND, NEW_AUDIENCE = "POST /campaigns/*/actions/send", "POST /lists"
OPERATIONS = [
    *call_sites("send"),
    *call_sites("schedule")[14:],
    *call_sites("unschedule"),
    *call_sites("delete"),
    *call_sites("late opt-out check"),
    *call_sites("connect"),
]
HARMLESS = [site for site in OPERATIONS if site.route != NEW_AUDIENCE]


@pytest.fixture
def frozen_before_calling(monkeypatch: pytest.MonkeyPatch) -> Callable[[FrozenWorker], None]:
    """Freezes between the commit of the lease and the call, for longer than the lease lasts."""
    perform_call = OperationContext.perform_call

    def arrange(frozen_worker: FrozenWorker) -> None:
        numbers = itertools.count(1)

        def frozen(context: Any, name: str, start_by: float, call: Callable[[], Any]) -> Any:
            number = next(numbers)
            frozen_worker.on_call("", number)
            is_late = number == frozen_worker.number
            return perform_call(context, name, 0.0 if is_late else start_by, call)

        monkeypatch.setattr(OperationContext, "perform_call", frozen)

    return arrange


def go_on_without(env: FaultEnvironment, site: CallSite) -> None:
    """The lease runs out, another worker finishes."""
    env.pass_round()
    env.run_workers()
    if SCENARIOS[site.scenario].syncs:
        run_syncs(env)


@pytest.mark.parametrize("site", every_nth([*HARMLESS, *call_sites("sync")], 2), ids=str)
def test_a_call_that_goes_out_late_does_no_harm(checkpoints: Checkpoints, site: CallSite) -> None:
    """Frozen in the socket's last moment, which nothing of ours can prevent."""
    scenario = SCENARIOS[site.scenario]
    env = checkpoints.restore(scenario.checkpoint)
    frozen_worker = FrozenWorker(site.number)
    env.call_hooks.before = frozen_worker.on_call
    scenario.press(env, "the press")
    with frozen_worker.frozen(env):
        env.call_hooks.before = no_hook
        go_on_without(env, site)
    env.run_workers()
    scenario.check_goal(env)
    check_invariants(env)


@pytest.mark.parametrize("site", every_nth(OPERATIONS, 2), ids=str)
def test_a_worker_that_resumes_after_its_lease_makes_no_call(
    checkpoints: Checkpoints, site: CallSite, frozen_before_calling: Callable[[FrozenWorker], None]
) -> None:
    """Even where MailChimp would send the same campaign twice (A1)."""
    scenario = SCENARIOS[site.scenario]
    env = checkpoints.restore(scenario.checkpoint)
    env.standin.state.switches.permissive_send = True
    frozen_worker = FrozenWorker(site.number)
    frozen_before_calling(frozen_worker)
    scenario.press(env, "the press")
    with frozen_worker.frozen(env):
        go_on_without(env, site)
        before = len(env.call_hooks.calls)
    assert len(env.call_hooks.calls) == before
    env.run_workers()
    scenario.check_goal(env)
    check_invariants(env)


def test_the_one_hole_is_a_mailchimp_that_sends_twice_and_the_sockets_last_moment(
    checkpoints: Checkpoints,
) -> None:
    """A1 is assumed: this tells what it would cost if it were not so, and that it costs no more."""
    site = next(site for site in call_sites("send") if site.route == SEND)
    env = checkpoints.restore("ready")
    env.standin.state.switches.permissive_send = True
    frozen_worker = FrozenWorker(site.number)
    env.call_hooks.before = frozen_worker.on_call
    SCENARIOS["send"].press(env, "the press")
    with frozen_worker.frozen(env):
        env.call_hooks.before = no_hook
        go_on_without(env, site)
    assert mailed_addresses(env) == sorted([*env.expected, *env.expected])
