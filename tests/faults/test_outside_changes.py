"""The world changes before every call of a send: nobody is mailed wrongly, and the page says what is so."""

import pytest

from tests.faults.call_sequences import CallSite, call_sites
from tests.faults.checkpoints import Checkpoints
from tests.faults.invariants import check_invariants, mailed_addresses
from tests.faults.outside_changes import OUTSIDE_CHANGES, SEND, SENT_STATES, OutsideChange
from tests.faults.run_scenario import run_scenario
from tests.faults.scenarios import SCENARIOS
from tests.faults.selection import every_nth

pytestmark = pytest.mark.slow


def _number_of(route: str) -> int:
    return next(site.number for site in call_sites("send") if site.route == route)


# The statuses of the audience's members are read before the freeze, the audience itself after it.
FROZEN_BY = _number_of("GET /lists/*")
ASKED = _number_of(SEND)


def _can_be_seen(change: OutsideChange, site: CallSite) -> bool:
    first = FROZEN_BY if change.after_freeze else 1
    return first <= site.number and not (change.last_visible_call == SEND and site.number == ASKED)


CASES = [
    (name, site)
    for name, change in OUTSIDE_CHANGES.items()
    for site in call_sites("send")
    if _can_be_seen(change, site)
]


@pytest.mark.parametrize(("name", "site"), every_nth(CASES, 6), ids=str)
def test_an_outside_change_never_leads_to_a_wrong_mail(
    checkpoints: Checkpoints, name: str, site: CallSite
) -> None:
    change = OUTSIDE_CHANGES[name]
    env = checkpoints.restore("ready")
    env.call_hooks.before = lambda _, number: change.apply(env) if number == site.number else None
    run_scenario(env, SCENARIOS["send"])
    mailing = env.mailing
    assert mailing is not None
    assert mailing.state in change.allowed_states, (mailing.state, mailing.problems)
    sent = {*mailed_addresses(env)}
    assert sent == set() or mailing.state in (*SENT_STATES, "attention")
    if site.number < ASKED:
        assert not sent & {*change.excluded}, "mailed after leaving"
    if mailing.state in SENT_STATES:
        assert {*env.expected} - {*change.excluded} <= sent, "left out for no reason"
        if site.number < ASKED:
            assert {*change.also_allowed} <= sent, "a corrected address was not mailed"
    check_invariants(env, change.also_allowed)
