"""Every remote call of every story goes wrong, in every way: time is lost, and nothing else."""

import pytest

from tests.faults import kinds
from tests.faults.oracle import judge
from tests.faults.play import help_on, play
from tests.faults.selection import thin
from tests.faults.sites import CALLS, COMMITS, Site, sites
from tests.faults.starts import Starts
from tests.faults.stories import STORIES

ONLY = {
    "send": (1, 2, 3, 4, 5, 6, 7, 8),
    "schedule": (),
    "finish": (3, 4, 5, 6, 7, 8),
    "plan": (7, 8, 9),
    "check": (2, 4, 5),
    "retry": (2, 3, 6),
    "again": (4, 5, 6, 7, 8, 10),
    "one": (3,),
    "batches": (6, 7, 9, 10),
    "domain": (1,),
    "code": (1,),
    "delivered": (1,),
}
"""Sites that other stories do not have; of stories not named here, all."""
STEP = {"finish": 1, "send": 3}
SPARE = 5
"""Commits that may be saved before the table of deaths must be made shorter."""


def _cases() -> list[tuple[Site, str]]:
    found: list[tuple[Site, str]] = []
    for story in CALLS:
        numbers = ONLY.get(story, range(1, len(CALLS[story]) + 1))
        chosen = [site for site in sites(story) if site.number in numbers]
        cases = [(site, kind) for site in chosen for kind in _kinds(site)]
        found += thin(cases, STEP.get(story, 4))
    return found


def _kinds(site: Site) -> tuple[str, ...]:
    if site.story not in ("send", "finish"):
        return kinds.SOME
    return kinds.READ if site.match.startswith("GET") else kinds.EVERY


@pytest.mark.parametrize("name", CALLS)
def test_the_table_of_sites_tells_the_real_calls(starts: Starts, name: str) -> None:
    story = STORIES[name]
    lab = starts.at(story.start)
    asked: list[str] = []
    pick = lab.standin.state.faults.pick
    lab.standin.state.faults.pick = lambda call, who: (asked.append(call), pick(call, who))[1]  # type: ignore[method-assign]
    try:
        play(lab, story)
    finally:
        del lab.standin.state.faults.pick
    seen = [_matching(call, CALLS[name]) for call in asked[: len(CALLS[name])]]
    assert tuple(seen) == CALLS[name], asked
    assert COMMITS[name] - SPARE <= lab.commits.count <= COMMITS[name]
    story.goal(lab)
    judge(lab)


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


@pytest.mark.parametrize(("site", "kind"), _cases(), ids=str)
def test_trouble_at_a_call_costs_time_and_nothing_else(
    starts: Starts, site: Site, kind: str
) -> None:
    story = STORIES[site.story]
    lab = starts.at(story.start)
    kinds.order(lab, site, kind)
    play(lab, story)
    judge(lab, sweep=False)
    lab.standin.state.faults.clear()
    if kind in kinds.FINAL:
        help_on(lab, story)
    story.goal(lab)
    judge(lab)
