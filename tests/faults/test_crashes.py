"""The process dies at every step of every story; the next one finds the database and goes on."""

import pytest

from tests.faults import fault_kinds
from tests.faults.call_sequences import CallSite, call_sites
from tests.faults.checkpoints import Checkpoints
from tests.faults.crashes import (
    AFTER_CALL,
    BEFORE_CALL,
    CrashPoint,
    crashes_at_calls,
    crashes_at_commits,
)
from tests.faults.invariants import check_invariants
from tests.faults.run_scenario import run_scenario
from tests.faults.scenarios import SCENARIOS
from tests.faults.selection import every_nth

pytestmark = pytest.mark.slow

DEATHS = [
    *crashes_at_calls("send"), *every_nth(crashes_at_commits("send"), 3),
    *crashes_at_calls("resume send"), *every_nth(crashes_at_commits("resume send"), 3),
    *crashes_at_calls("resume content", 3)[:6], *every_nth(crashes_at_commits("resume content"), 5),
    *crashes_at_calls("resume schedule"), *every_nth(crashes_at_commits("resume schedule"), 4),
    *crashes_at_calls("unschedule"), *crashes_at_commits("unschedule"),
    *every_nth(crashes_at_calls("stop sending"), 3), *every_nth(crashes_at_commits("stop sending"), 3),
    *crashes_at_calls("delete"), *crashes_at_commits("delete"),
    *crashes_at_calls("check"), *crashes_at_calls("retry"), *every_nth(crashes_at_calls("rebuild"), 3),
    *every_nth(crashes_at_calls("late opt-out check"), 3),
    *every_nth(crashes_at_commits("late opt-out check"), 5),
    *crashes_at_calls("orphan sweep"),
    *crashes_at_calls("connect"), *every_nth(crashes_at_commits("connect"), 2),
    *crashes_at_commits("activate"),
    *crashes_at_calls("sync"), *crashes_at_commits("sync"),
]  # fmt: skip

MUTATIONS = (
    "POST /lists/*/segments",
    "POST /campaigns",
    "POST /campaigns/*/actions/send",
    "POST /campaigns/*/actions/schedule",
    "POST /campaigns/*/actions/unschedule",
    "DELETE /campaigns/*",
)
PASSING = [
    kind for kind in fault_kinds.TRANSIENT if kind not in (fault_kinds.CONNECTION_REFUSED, "drip")
]
UNKNOWN = ("reset_after", "delayed", "500_after", "truncated")


def _mutations() -> list[CallSite]:
    return [
        site
        for scenario, matches in (
            ("send", MUTATIONS[:1]), ("resume send", MUTATIONS[1:3]), ("resume schedule", MUTATIONS[3:4]),
            ("unschedule", MUTATIONS[4:]),
        )
        for site in call_sites(scenario)
        if site.route in matches
    ]  # fmt: skip


@pytest.mark.parametrize("crash", DEATHS, ids=str)
def test_another_worker_finishes_after_a_crash(checkpoints: Checkpoints, crash: CrashPoint) -> None:
    scenario = SCENARIOS[crash.scenario]
    env = checkpoints.restore(scenario.checkpoint)
    crash.arm(env)
    run_scenario(env, scenario)
    scenario.check_goal(env)
    check_invariants(env)


@pytest.mark.parametrize(
    ("site", "kind"), every_nth([(s, k) for s in _mutations()[:3] for k in PASSING], 2), ids=str
)
def test_the_same_fault_twice_is_survived(
    checkpoints: Checkpoints, site: CallSite, kind: str
) -> None:
    scenario = SCENARIOS[site.scenario]
    env = checkpoints.restore(scenario.checkpoint)
    fault_kinds.plan_fault(env, site, kind, times=2)
    run_scenario(env, scenario)
    scenario.check_goal(env)
    check_invariants(env)


@pytest.mark.parametrize("then", [BEFORE_CALL, AFTER_CALL])
@pytest.mark.parametrize("kind", every_nth(UNKNOWN, 2))
@pytest.mark.parametrize("site", _mutations(), ids=str)
def test_a_crash_right_after_a_lost_answer_is_survived(
    checkpoints: Checkpoints, site: CallSite, kind: str, then: str
) -> None:
    """The next worker reads first; it dies too, at that very call, and a third one finishes."""
    scenario = SCENARIOS[site.scenario]
    env = checkpoints.restore(scenario.checkpoint)
    fault_kinds.plan_fault(env, site, kind)
    CrashPoint(site.scenario, then, site.number + 2).arm(env)
    run_scenario(env, scenario)
    scenario.check_goal(env)
    check_invariants(env)
