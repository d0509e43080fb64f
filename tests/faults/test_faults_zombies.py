"""A worker freezes between its lease and the network; another one finishes; then the first wakes up."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from cxmc_ext.usecases import run
from tests.faults.ice import Ice
from tests.faults.lab import Lab
from tests.faults.oracle import judge, mailed
from tests.faults.selection import thin
from tests.faults.sites import Site, sites
from tests.faults.starts import Starts
from tests.faults.stories import STORIES, follow
from tests.faults.tap import nothing

SEND, NEW_AUDIENCE = "POST /campaigns/*/actions/send", "POST /lists"
OPERATIONS = [
    *sites("send"),
    *sites("schedule")[12:],
    *sites("unschedule"),
    *sites("delete"),
    *sites("guard"),
    *sites("connect"),
]
HARMLESS = [site for site in OPERATIONS if site.match != NEW_AUDIENCE]


@pytest.fixture
def frozen_before_calling(monkeypatch: pytest.MonkeyPatch) -> Callable[[Ice], None]:
    """Freezes between the commit of the lease and the call, for longer than the lease lasts."""
    answer: Any = run._answer

    def arrange(ice: Ice) -> None:
        numbers = itertools.count(1)

        def frozen(start_by: float, call: Callable[[], Any]) -> Any:
            number = next(numbers)
            ice.pass_by("", number)
            return answer(0.0 if number == ice.number else start_by, call)

        monkeypatch.setattr(run, "_answer", frozen)

    return arrange


def go_on_without(lab: Lab, site: Site) -> None:
    """The lease runs out, another worker finishes."""
    lab.pass_round()
    lab.work()
    if STORIES[site.story].synchronises:
        follow(lab)


@pytest.mark.parametrize("site", thin([*HARMLESS, *sites("sync")], 2), ids=str)
def test_a_call_that_goes_out_late_does_no_harm(starts: Starts, site: Site) -> None:
    """Frozen in the socket's last moment, which nothing of ours can prevent."""
    story = STORIES[site.story]
    lab = starts.at(story.start)
    ice = Ice(site.number)
    lab.tap.before = ice.pass_by
    story.press(lab, "the press")
    with ice.around(lab):
        lab.tap.before = nothing
        go_on_without(lab, site)
    lab.work()
    story.goal(lab)
    judge(lab)


@pytest.mark.parametrize("site", thin(OPERATIONS, 2), ids=str)
def test_a_worker_that_wakes_up_late_makes_no_call(
    starts: Starts, site: Site, frozen_before_calling: Callable[[Ice], None]
) -> None:
    """Even where MailChimp would send the same campaign twice (A1)."""
    story = STORIES[site.story]
    lab = starts.at(story.start)
    lab.standin.state.switches.permissive_send = True
    ice = Ice(site.number)
    frozen_before_calling(ice)
    story.press(lab, "the press")
    with ice.around(lab):
        go_on_without(lab, site)
        before = len(lab.tap.calls)
    assert len(lab.tap.calls) == before
    lab.work()
    story.goal(lab)
    judge(lab)


def test_the_one_hole_is_a_mailchimp_that_sends_twice_and_the_sockets_last_moment(
    starts: Starts,
) -> None:
    """A1 is assumed: this tells what it would cost if it were not so, and that it costs no more."""
    site = next(site for site in sites("send") if site.match == SEND)
    lab = starts.at("ready")
    lab.standin.state.switches.permissive_send = True
    ice = Ice(site.number)
    lab.tap.before = ice.pass_by
    STORIES["send"].press(lab, "the press")
    with ice.around(lab):
        lab.tap.before = nothing
        go_on_without(lab, site)
    assert mailed(lab) == sorted([*lab.wanted, *lab.wanted])
