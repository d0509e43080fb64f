"""The world changes before every call of a send: nobody is mailed wrongly, and the page says what is so."""

import pytest

from tests.faults.changes import CHANGES, SEND, SENT, Change
from tests.faults.oracle import judge, mailed
from tests.faults.play import play
from tests.faults.selection import thin
from tests.faults.sites import Site, sites
from tests.faults.starts import Starts
from tests.faults.stories import STORIES

FROZEN_BY = 2
ASKED = next(site.number for site in sites("send") if site.match == SEND)


def _can_be_seen(change: Change, site: Site) -> bool:
    first = FROZEN_BY if change.frozen else 1
    return first <= site.number and not (change.until == SEND and site.number == ASKED)


CASES = [
    (name, site)
    for name, change in CHANGES.items()
    for site in sites("send")
    if _can_be_seen(change, site)
]


@pytest.mark.parametrize(("name", "site"), thin(CASES, 6), ids=str)
def test_a_change_of_the_world(starts: Starts, name: str, site: Site) -> None:
    change = CHANGES[name]
    lab = starts.at("ready")
    lab.tap.before = lambda _, number: change.act(lab) if number == site.number else None
    play(lab, STORIES["send"])
    mailing = lab.mailing
    assert mailing is not None
    assert mailing.state in change.ends, (mailing.state, mailing.why)
    sent = {*mailed(lab)}
    assert sent == set() or mailing.state in (*SENT, "attention")
    if site.number < ASKED:
        assert not sent & {*change.closed}, "mailed after leaving"
    if mailing.state in SENT:
        assert {*lab.wanted} - {*change.closed} <= sent, "left out for no reason"
    judge(lab)
