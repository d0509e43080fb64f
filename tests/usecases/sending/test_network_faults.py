"""The network fails at every call of a send, in every way: one mail each, none too many."""

import pytest

from cxmc_ext.standin import DEMO_KEY
from cxmc_ext.usecases.accounts import connection_requests
from tests.support.recruiter import ExpectedOutcome, Recruiter, new_campaign_case

READS = (
    "GET /",
    "GET /lists/*",
    "GET /lists/*/members/*",
    "GET /lists/*/segments/*/members",
    "GET /campaigns/*",
    "GET /campaigns/*/send-checklist",
)
WRITES = (
    "POST /lists/*",
    "POST /lists/*/segments",
    "POST /campaigns",
    "PUT /campaigns/*/content",
    "POST /campaigns/*/actions/send",
)
CALLS = READS + WRITES
MUTATIONS = ("POST /lists/*/segments", "POST /campaigns", "POST /campaigns/*/actions/send")
PASSING = ("reset_before", "reset_after", "delayed", "429", "500_after", "empty_200")
FINAL = ("400", "401", "403", "404")


def play(desk: Recruiter, *faults: tuple[str, str]) -> ExpectedOutcome:
    this = new_campaign_case(desk)
    desk.standin.state.faults.clear()
    for match, kind in faults:
        desk.standin.state.faults.add(match, kind, seconds=0.1)
    desk.send()
    desk.run_workers()
    desk.standin.state.faults.clear()
    return this


@pytest.mark.parametrize("kind", ["429", "wrong_shape"])
def test_passing_trouble_at_a_read_costs_time_and_nothing_else(desk: Recruiter, kind: str) -> None:
    for match in READS:
        play(desk, (match, kind)).check()


@pytest.mark.parametrize("kind", PASSING)
def test_passing_trouble_at_a_write_costs_time_and_nothing_else(desk: Recruiter, kind: str) -> None:
    for match in WRITES:
        play(desk, (match, kind)).check()


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "delayed"])
def test_trouble_twice_at_the_calls_that_matter_costs_no_more(desk: Recruiter, kind: str) -> None:
    for match in MUTATIONS:
        play(desk, (match, kind), (match, kind)).check()


@pytest.mark.parametrize("second", ["500_after", "429"])
@pytest.mark.parametrize("first", ["reset_after", "500_before"])
def test_trouble_at_the_call_and_at_the_look_afterwards(
    desk: Recruiter, first: str, second: str
) -> None:
    for match in MUTATIONS:
        play(desk, (match, first), ("GET /campaigns/*", second)).check()
        play(desk, (match, first), ("GET /campaigns", second)).check()


@pytest.mark.parametrize("kind", FINAL)
def test_a_refusal_ends_with_a_reason_and_a_later_press_finishes(
    desk: Recruiter, kind: str
) -> None:
    for match in CALLS:
        this = play(desk, (match, kind))
        this.check(final=False)
        mailing = desk.mailing
        if mailing.state in ("sending", "sent"):
            continue
        assert mailing.state in ("not_ready", "attention"), match
        assert mailing.problems, match
        if desk.account().key_refused:
            initialise(desk)
        desk.retry()
        desk.run_workers()
        this.check(final=desk.mailing.state in ("sending", "sent"))


def test_a_switch_that_sends_twice_still_mails_once(desk: Recruiter) -> None:
    """A1: even a MailChimp that would accept a second send of the same campaign."""
    desk.standin.state.switches.permissive_send = True
    for kind in ("reset_after", "500_after", "malformed"):
        play(desk, ("POST /campaigns/*/actions/send", kind)).check()


def initialise(desk: Recruiter) -> None:
    admin = desk.host.users["admin"][0]
    connection_requests.request_connection(desk.services, admin, desk.next_nonce(), DEMO_KEY, None)
    desk.run_workers()
