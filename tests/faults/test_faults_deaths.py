"""The process dies at every step of every story; the next one finds the database and goes on."""

import pytest

from tests.faults import kinds
from tests.faults.deaths import AFTER, BEFORE, Death, at_calls, at_commits
from tests.faults.oracle import judge
from tests.faults.play import play
from tests.faults.selection import thin
from tests.faults.sites import Site, sites
from tests.faults.starts import Starts
from tests.faults.stories import STORIES

DEATHS = [
    *at_calls("send"), *thin(at_commits("send"), 3),
    *at_calls("finish"), *thin(at_commits("finish"), 3),
    *at_calls("plan"), *thin(at_commits("plan"), 4),
    *at_calls("unschedule"), *at_commits("unschedule"),
    *at_calls("delete"), *at_commits("delete"),
    *at_calls("check"), *at_calls("retry"), *thin(at_calls("again"), 3),
    *thin(at_calls("guard"), 3), *thin(at_commits("guard"), 5),
    *at_calls("sweep"),
    *at_calls("connect"), *thin(at_commits("connect"), 2),
    *at_commits("activate"),
    *at_calls("sync"), *at_commits("sync"),
]  # fmt: skip

MUTATIONS = (
    "POST /lists/*/segments",
    "POST /campaigns",
    "POST /campaigns/*/actions/send",
    "POST /campaigns/*/actions/schedule",
    "POST /campaigns/*/actions/unschedule",
    "DELETE /campaigns/*",
)
PASSING = [kind for kind in kinds.PASSING if kind not in (kinds.REFUSED, "drip")]
UNKNOWN = ("reset_after", "delayed", "500_after", "truncated")


def _mutations() -> list[Site]:
    return [
        site
        for story, matches in (
            ("send", MUTATIONS[:1]), ("finish", MUTATIONS[1:3]), ("plan", MUTATIONS[3:4]),
            ("unschedule", MUTATIONS[4:]),
        )
        for site in sites(story)
        if site.match in matches
    ]  # fmt: skip


@pytest.mark.parametrize("death", DEATHS, ids=str)
def test_a_death_costs_time_and_nothing_else(starts: Starts, death: Death) -> None:
    story = STORIES[death.story]
    lab = starts.at(story.start)
    death.arm(lab)
    play(lab, story)
    story.goal(lab)
    judge(lab)


@pytest.mark.parametrize(
    ("site", "kind"), thin([(s, k) for s in _mutations()[:3] for k in PASSING], 2), ids=str
)
def test_the_same_trouble_twice_costs_no_more(starts: Starts, site: Site, kind: str) -> None:
    story = STORIES[site.story]
    lab = starts.at(story.start)
    kinds.order(lab, site, kind, times=2)
    play(lab, story)
    story.goal(lab)
    judge(lab)


@pytest.mark.parametrize("then", [BEFORE, AFTER])
@pytest.mark.parametrize("kind", thin(UNKNOWN, 2))
@pytest.mark.parametrize("site", _mutations(), ids=str)
def test_a_death_right_after_an_answer_was_lost_costs_no_more(
    starts: Starts, site: Site, kind: str, then: str
) -> None:
    """The next worker reads first; it dies too, at that very call, and a third one finishes."""
    story = STORIES[site.story]
    lab = starts.at(story.start)
    kinds.order(lab, site, kind)
    Death(site.story, then, site.number + 2).arm(lab)
    play(lab, story)
    story.goal(lab)
    judge(lab)
