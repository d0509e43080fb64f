"""Every remote call of every story goes wrong, in every way: time is lost, and nothing else."""

import pytest

from tests.faults import fault_kinds
from tests.faults.call_sequences import CALL_SEQUENCES, COMMIT_COUNTS, CallSite, call_sites
from tests.faults.checkpoints import Checkpoints
from tests.faults.invariants import check_invariants
from tests.faults.run_scenario import recover_by_hand, run_scenario
from tests.faults.scenarios import SCENARIOS
from tests.faults.selection import every_nth

ONLY = {
    "send": tuple(range(1, 11)),
    "schedule": (),
    "resume send": (3, 4, 5, 6, 7, 8),
    "resume content": (4, 5),
    "resume schedule": (7, 8, 9),
    "check": (4, 6, 7),
    "retry": (4, 5, 8),
    "rebuild": (6, 7, 8, 9, 10, 12),
    "one person": (5,),
    "batches": (8, 9, 11, 12),
    "domain": (1,),
    "code": (1,),
    "delivered": (1,),
}
"""Sites that other stories do not have; of stories not named here, all."""
STEP = {"resume send": 1, "send": 3}
SPARE = 5
"""Commits that may be saved before the table of deaths must be made shorter."""


def _cases() -> list[tuple[CallSite, str]]:
    found: list[tuple[CallSite, str]] = []
    for scenario in CALL_SEQUENCES:
        numbers = ONLY.get(scenario, range(1, len(CALL_SEQUENCES[scenario]) + 1))
        chosen = [site for site in call_sites(scenario) if site.number in numbers]
        cases = [(site, kind) for site in chosen for kind in _kinds(site)]
        found += every_nth(cases, STEP.get(scenario, 4))
    return found


def _kinds(site: CallSite) -> tuple[str, ...]:
    if site.scenario not in ("send", "resume send"):
        return fault_kinds.SAMPLE
    return fault_kinds.FOR_READS if site.route.startswith("GET") else fault_kinds.ALL


@pytest.mark.slow
@pytest.mark.parametrize("name", CALL_SEQUENCES)
def test_the_call_sequences_are_the_real_calls(checkpoints: Checkpoints, name: str) -> None:
    scenario = SCENARIOS[name]
    env = checkpoints.restore(scenario.checkpoint)
    asked: list[str] = []
    pick = env.standin.state.faults.take_due
    env.standin.state.faults.take_due = lambda call, *more: (asked.append(call), pick(call, *more))[
        1
    ]  # type: ignore[method-assign]
    try:
        run_scenario(env, scenario)
    finally:
        del env.standin.state.faults.take_due
    seen = [_matching(call, CALL_SEQUENCES[name]) for call in asked[: len(CALL_SEQUENCES[name])]]
    assert tuple(seen) == CALL_SEQUENCES[name], asked
    assert COMMIT_COUNTS[name] - SPARE <= env.commit_hooks.count <= COMMIT_COUNTS[name]
    scenario.check_goal(env)
    check_invariants(env)


def _matching(call: str, among: tuple[str, ...]) -> str:
    method, _, path = call.partition(" ")
    parts = path.split("/")
    for match in among:
        wanted, _, pattern = match.partition(" ")
        names = pattern.split("/")
        fits = len(names) == len(parts) and all(
            name in ("*", part) for name, part in zip(names, parts, strict=True)
        )
        if fits and wanted == method:
            return match
    return call


@pytest.mark.slow
@pytest.mark.parametrize(("site", "kind"), _cases(), ids=str)
def test_a_fault_at_any_call_costs_time_and_nothing_else(
    checkpoints: Checkpoints, site: CallSite, kind: str
) -> None:
    scenario = SCENARIOS[site.scenario]
    env = checkpoints.restore(scenario.checkpoint)
    fault_kinds.plan_fault(env, site, kind)
    run_scenario(env, scenario)
    check_invariants(env, sweep=False)
    env.standin.state.faults.clear()
    if kind in fault_kinds.PERMANENT:
        recover_by_hand(env, scenario)
    scenario.check_goal(env)
    check_invariants(env)
