"""MailChimp fails whenever one address is named: that costs this address, and nobody else."""

from collections import Counter

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.recipient import Recipient
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = [on_both, pytest.mark.slow]

BAD = "bad@kandidaten.example"
SUBSCRIBE = "POST /lists/*"
CREATE_SEGMENT = "POST /lists/*/segments"
CHANGE_SEGMENT = "POST /lists/*/segments/*"
READ_MEMBER = "GET /lists/*/members/*"
UPDATE_MEMBER = "PATCH /lists/*/members/*"


def good(count: int, prefix: str = "p") -> list[str]:
    return [f"{prefix}{number:03}@kandidaten.example" for number in range(count)]


def fail_always(recruiter: Recruiter, match: str, kind: str, address: str = BAD) -> None:
    recruiter.standin.state.faults.add(
        match, kind, times=0, address=address, detail=f"No way: {address}", seconds=0.1
    )


def send(recruiter: Recruiter, *addresses: str) -> None:
    """Sends a new campaign to the people with these addresses, who are new too."""
    recruiter.campaign = recruiter.host.add_campaign(f"Campaign {next(recruiter.counter)}")
    recruiter.add(*addresses)
    recruiter.send()
    recruiter.run_workers()


def left_out(recruiter: Recruiter) -> dict[str, tuple[str, str]]:
    """Address to reason and MailChimp's words."""
    mailing_id = recruiter.mailing.id
    rows = recruiter.fetch_all(select(Recipient).where(Recipient.mailing_id == mailing_id))
    return {row.address: (str(row.reason), row.detail) for row in rows if row.reason}


@pytest.mark.parametrize("position", [0, 5, 19])
@pytest.mark.parametrize(("kind", "reason"), [("500_before", "failing"), ("400", "refused")])
@pytest.mark.parametrize("matches", [[SUBSCRIBE], [CREATE_SEGMENT, CHANGE_SEGMENT]])
def test_one_address_that_fails_its_batch_costs_only_itself(
    recruiter: Recruiter, matches: list[str], kind: str, reason: str, position: int
) -> None:
    addresses = good(19)
    addresses.insert(position, BAD)
    for match in matches:
        fail_always(recruiter, match, kind)
    send(recruiter, *addresses)
    assert recruiter.mailed_addresses == sorted(good(19))
    assert left_out(recruiter) == {BAD: (reason, f"No way: {BAD}")}


def test_two_addresses_far_apart_in_a_large_campaign(recruiter: Recruiter) -> None:
    addresses = [*good(480, "a"), BAD, *good(480, "b"), f"2{BAD}", *good(30, "c")]
    for address in (BAD, f"2{BAD}"):
        fail_always(recruiter, SUBSCRIBE, "500_before", address)
    send(recruiter, *addresses)
    assert left_out(recruiter).keys() == {BAD, f"2{BAD}"}
    assert len(recruiter.mailed_addresses) == 990
    assert Counter(recruiter.remote_calls())["subscribe_members"] < 100


@pytest.mark.parametrize("kind", ["reset_after", "500_after", "html_200", "truncated"])
@pytest.mark.parametrize("matches", [[SUBSCRIBE], [CREATE_SEGMENT, CHANGE_SEGMENT]])
def test_no_usable_answer_because_of_one_address(
    recruiter: Recruiter, matches: list[str], kind: str
) -> None:
    """MailChimp may have added it all the same, then it is in the segment; nobody else is kept waiting."""
    for match in matches:
        fail_always(recruiter, match, kind)
    send(recruiter, BAD, *good(3))
    assert recruiter.mailed_addresses == good(3)
    assert left_out(recruiter)[BAD][0] == "failing"


@pytest.mark.parametrize("kind", ["500_before", "400"])
def test_the_only_new_address_among_members(recruiter: Recruiter, kind: str) -> None:
    send(recruiter, *good(4))
    recruiter.standin.state.faults.clear()
    fail_always(recruiter, SUBSCRIBE, kind)
    recruiter.campaign = recruiter.host.add_campaign("Second")
    recruiter.host.add_to_campaign(recruiter.campaign, *recruiter.host.persons)
    recruiter.add(BAD)
    recruiter.send()
    recruiter.run_workers()
    assert left_out(recruiter).keys() == {BAD}
    assert len(recruiter.mailed_addresses) == 8


def test_the_only_address_of_a_campaign_is_named_too(recruiter: Recruiter) -> None:
    fail_always(recruiter, SUBSCRIBE, "500_before")
    send(recruiter, BAD)
    assert left_out(recruiter) == {BAD: ("failing", f"No way: {BAD}")}
    assert (recruiter.mailing.state, recruiter.problem_codes()) == ("not_ready", ["nobody_to_mail"])


@pytest.mark.parametrize("kind", ["500_before", "503_html", "reset_before"])
@pytest.mark.parametrize("match", [SUBSCRIBE, CREATE_SEGMENT, READ_MEMBER])
def test_an_outage_blames_nobody(recruiter: Recruiter, match: str, kind: str) -> None:
    recruiter.standin.state.faults.add(match, kind, times=15, seconds=0.1)
    send(recruiter, *good(20))
    assert left_out(recruiter) == {}
    assert recruiter.mailed_addresses == good(20)


def test_an_outage_takes_no_more_calls_than_the_search_for_one_row(recruiter: Recruiter) -> None:
    recruiter.standin.state.faults.add(SUBSCRIBE, "500_before", times=0)
    recruiter.add(*good(1200))
    operation = recruiter.send()
    for _ in range(9):
        recruiter.run_once(operation)
        recruiter.skip_pauses()
    assert recruiter.operation(operation).state == "waiting"
    assert Counter(recruiter.remote_calls())["subscribe_members"] < 9 * 20


def test_a_refusal_of_every_row_ends_with_mailchimps_words(recruiter: Recruiter) -> None:
    recruiter.standin.state.faults.add(SUBSCRIBE, "400", times=0, detail="Not today.")
    send(recruiter, *good(3))
    assert recruiter.mailing.state == "not_ready"
    assert recruiter.mailing.problems[0]["detail"] == "Not today."


@pytest.mark.parametrize("kind", ["500_before", "400", "wrong_shape"])
def test_a_member_that_cannot_be_read_costs_only_itself(recruiter: Recruiter, kind: str) -> None:
    send(recruiter, BAD, "good@kandidaten.example")
    fail_always(recruiter, READ_MEMBER, kind)
    recruiter.audience.counts = {"subscribed": 3000}  # so many that recipients are read one by one
    recruiter.audience.counted_at = int(recruiter.standin.state.clock.now())
    send(recruiter, BAD, "good@kandidaten.example")
    assert left_out(recruiter).keys() == {BAD}
    assert recruiter.mailed_addresses == [BAD, "good@kandidaten.example", "good@kandidaten.example"]


@pytest.mark.parametrize("kind", ["500_before", "400", "reset_before"])
def test_merge_values_that_cannot_be_written_are_reported_and_skipped(
    recruiter: Recruiter, kind: str
) -> None:
    send(recruiter, BAD, *good(3))
    fail_always(recruiter, UPDATE_MEMBER, kind)
    recruiter.campaign = recruiter.host.add_campaign("Second")
    recruiter.add(BAD, *good(3), first_name="Another")
    recruiter.send()
    recruiter.run_workers()
    assert left_out(recruiter) == {}
    rows = recruiter.fetch_all(select(Recipient).where(Recipient.address == BAD))
    assert [bool(row.detail) for row in rows] == [False, True]
    assert Counter(recruiter.mailed_addresses)[BAD] == 2
