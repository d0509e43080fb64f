"""A worker freezes between its lease and the network; another one finishes; then the first wakes up."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from cxmc_ext.usecases.operations import context as operation_context
from tests.faults.call_hooks import no_hook
from tests.faults.call_sequences import CallSite, call_sites
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.frozen_worker import FrozenWorker
from tests.faults.invariants import check_invariants, mailed_addresses
from tests.faults.scenarios import SCENARIOS, run_syncs
from tests.faults.selection import every_nth

SEND, NEW_AUDIENCE = "POST /campaigns/*/actions/send", "POST /lists"
OPERATIONS = [
    *call_sites("send"),
    *call_sites("schedule")[12:],
    *call_sites("unschedule"),
    *call_sites("delete"),
    *call_sites("guard"),
    *call_sites("connect"),
]
HARMLESS = [site for site in OPERATIONS if site.route != NEW_AUDIENCE]


@pytest.fixture
def frozen_before_calling(monkeypatch: pytest.MonkeyPatch) -> Callable[[FrozenWorker], None]:
    """Freezes between the commit of the lease and the call, for longer than the lease lasts."""
    answer: Any = operation_context._answer

    def arrange(ice: FrozenWorker) -> None:
        numbers = itertools.count(1)

        def frozen(start_by: float, call: Callable[[], Any]) -> Any:
            number = next(numbers)
            ice.on_call("", number)
            return answer(0.0 if number == ice.number else start_by, call)

        monkeypatch.setattr(operation_context, "_answer", frozen)

    return arrange


def go_on_without(lab: FaultEnvironment, site: CallSite) -> None:
    """The lease runs out, another worker finishes."""
    lab.pass_round()
    lab.run_workers()
    if SCENARIOS[site.scenario].syncs:
        run_syncs(lab)


@pytest.mark.parametrize("site", every_nth([*HARMLESS, *call_sites("sync")], 2), ids=str)
def test_a_call_that_goes_out_late_does_no_harm(starts: Checkpoints, site: CallSite) -> None:
    """Frozen in the socket's last moment, which nothing of ours can prevent."""
    story = SCENARIOS[site.scenario]
    lab = starts.restore(story.checkpoint)
    ice = FrozenWorker(site.number)
    lab.call_hooks.before = ice.on_call
    story.press(lab, "the press")
    with ice.frozen(lab):
        lab.call_hooks.before = no_hook
        go_on_without(lab, site)
    lab.run_workers()
    story.check_goal(lab)
    check_invariants(lab)


@pytest.mark.parametrize("site", every_nth(OPERATIONS, 2), ids=str)
def test_a_worker_that_wakes_up_late_makes_no_call(
    starts: Checkpoints, site: CallSite, frozen_before_calling: Callable[[FrozenWorker], None]
) -> None:
    """Even where MailChimp would send the same campaign twice (A1)."""
    story = SCENARIOS[site.scenario]
    lab = starts.restore(story.checkpoint)
    lab.standin.state.switches.permissive_send = True
    ice = FrozenWorker(site.number)
    frozen_before_calling(ice)
    story.press(lab, "the press")
    with ice.frozen(lab):
        go_on_without(lab, site)
        before = len(lab.call_hooks.calls)
    assert len(lab.call_hooks.calls) == before
    lab.run_workers()
    story.check_goal(lab)
    check_invariants(lab)


def test_the_one_hole_is_a_mailchimp_that_sends_twice_and_the_sockets_last_moment(
    starts: Checkpoints,
) -> None:
    """A1 is assumed: this tells what it would cost if it were not so, and that it costs no more."""
    site = next(site for site in call_sites("send") if site.route == SEND)
    lab = starts.restore("ready")
    lab.standin.state.switches.permissive_send = True
    ice = FrozenWorker(site.number)
    lab.call_hooks.before = ice.on_call
    SCENARIOS["send"].press(lab, "the press")
    with ice.frozen(lab):
        lab.call_hooks.before = no_hook
        go_on_without(lab, site)
    assert mailed_addresses(lab) == sorted([*lab.expected, *lab.expected])
