"""The network fails at every call of a send, in every way: one mail each, none too many."""

import pytest

from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_KEY
from cxmc_ext.usecases.accounts import connection_requests
from tests.support.recruiter import ExpectedOutcome, Recruiter, new_campaign_case

pytestmark = pytest.mark.slow

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


def play(recruiter: Recruiter, *faults: tuple[str, str]) -> ExpectedOutcome:
    this = new_campaign_case(recruiter)
    recruiter.standin.state.faults.clear()
    for match, kind in faults:
        recruiter.standin.state.faults.add(match, kind, seconds=0.1)
    recruiter.send()
    recruiter.run_workers()
    recruiter.standin.state.faults.clear()
    return this


@pytest.mark.parametrize("kind", ["429", "wrong_shape"])
def test_passing_trouble_at_a_read_costs_time_and_nothing_else(
    recruiter: Recruiter, kind: str
) -> None:
    for match in READS:
        play(recruiter, (match, kind)).check()


@pytest.mark.parametrize("kind", PASSING)
def test_passing_trouble_at_a_write_costs_time_and_nothing_else(
    recruiter: Recruiter, kind: str
) -> None:
    for match in WRITES:
        play(recruiter, (match, kind)).check()


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "delayed"])
def test_trouble_twice_at_the_calls_that_matter_costs_no_more(
    recruiter: Recruiter, kind: str
) -> None:
    for match in MUTATIONS:
        play(recruiter, (match, kind), (match, kind)).check()


@pytest.mark.parametrize("second", ["500_after", "429"])
@pytest.mark.parametrize("first", ["reset_after", "500_before"])
def test_trouble_at_the_call_and_at_the_look_afterwards(
    recruiter: Recruiter, first: str, second: str
) -> None:
    for match in MUTATIONS:
        play(recruiter, (match, first), ("GET /campaigns/*", second)).check()
        play(recruiter, (match, first), ("GET /campaigns", second)).check()


@pytest.mark.parametrize("kind", FINAL)
def test_a_refusal_ends_with_a_reason_and_a_later_press_finishes(
    recruiter: Recruiter, kind: str
) -> None:
    for match in CALLS:
        this = play(recruiter, (match, kind))
        this.check(final=False)
        mailing = recruiter.mailing
        if mailing.state in ("sending", "sent"):
            continue
        assert mailing.state in ("not_ready", "attention"), match
        assert mailing.problems, match
        if recruiter.account.key_refused:
            initialise(recruiter)
        recruiter.retry()
        recruiter.run_workers()
        this.check(final=recruiter.mailing.state in ("sending", "sent"))


def test_a_switch_that_sends_twice_still_mails_once(recruiter: Recruiter) -> None:
    """A1: even a MailChimp that would accept a second send of the same campaign."""
    recruiter.standin.state.switches.permissive_send = True
    for kind in ("reset_after", "500_after", "malformed"):
        play(recruiter, ("POST /campaigns/*/actions/send", kind)).check()


def initialise(recruiter: Recruiter) -> None:
    admin = recruiter.host.users["admin"][0]
    connection_requests.request_connection(
        recruiter.services, Press(admin, recruiter.next_nonce()), DEMO_KEY, None
    )
    recruiter.run_workers()
