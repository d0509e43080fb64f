"""MailChimp's lists and counts lag behind what it was given: nothing permanent is concluded from them."""

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.standin.models import subscriber_hash
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = [on_both, pytest.mark.slow]

ALL = [f"p{number}@kandidaten.example" for number in range(6)]


def run_for(recruiter: Recruiter, operation: int, seconds: int, step: int = 10) -> None:
    """Workers run, and time passes, until the operation ends or the time is over."""
    for _ in range(0, seconds, step):
        recruiter.run_once(operation)
        if recruiter.operation(operation).state not in ("queued", "running", "waiting"):
            return
        recruiter.standin.state.advance(step)
        recruiter.skip_pauses()


def reasons(recruiter: Recruiter) -> dict[str, str]:
    rows = recruiter.fetch_all(select(Recipient))
    return {row.address: str(row.reason) for row in rows if row.reason}


@pytest.mark.parametrize(
    ("switch", "shown"),
    [
        ("segment_lag", 0),
        ("segment_lag", 1),
        ("segment_lag", 5),
        ("count_lag", 0),
        ("count_lag", 5),
        ("checklist_lag", 0),
    ],
)
def test_everybody_is_mailed_when_mailchimp_has_caught_up(
    recruiter: Recruiter, switch: str, shown: int
) -> None:
    recruiter.standin.state.switches.change({switch: 120.0, "lag_shows": shown})
    recruiter.add(*ALL)
    operation = recruiter.send()
    run_for(recruiter, operation, 60)
    assert recruiter.operation(operation).state == "waiting"
    assert recruiter.mailed_addresses == []
    run_for(recruiter, operation, 120)
    assert (recruiter.operation(operation).state, reasons(recruiter)) == ("done", {})
    assert recruiter.mailed_addresses == ALL


def test_many_that_are_never_listed_stop_the_send(recruiter: Recruiter) -> None:
    recruiter.standin.state.switches.change({"segment_lag": 10_000.0, "lag_shows": 3})
    recruiter.add(*(f"p{number:03}@kandidaten.example" for number in range(60)))
    operation = recruiter.send()
    run_for(recruiter, operation, 600)
    assert recruiter.problem_codes() == ["segment_lags"]
    assert (recruiter.mailed_addresses, reasons(recruiter)) == ([], {})


def test_a_count_that_never_catches_up_stops_the_send(recruiter: Recruiter) -> None:
    recruiter.standin.state.switches.change({"count_lag": 10_000.0, "lag_shows": 3})
    recruiter.add(*ALL)
    operation = recruiter.send()
    run_for(recruiter, operation, 600)
    assert recruiter.problem_codes() == ["too_few"]
    assert (recruiter.mailed_addresses, reasons(recruiter)) == ([], {})


def test_one_who_is_never_listed_is_left_out_and_not_mailed(recruiter: Recruiter) -> None:
    """MailChimp has them in the segment, so it would mail them: it must be built without them."""
    recruiter.standin.state.switches.change({"segment_lag": 10_000.0, "lag_shows": 5})
    recruiter.add(*ALL)
    run_for(recruiter, recruiter.send(), 700)
    assert reasons(recruiter) == {ALL[5]: "not_in_audience"}
    assert recruiter.mailed_addresses == ALL[:5]


def test_one_who_unsubscribes_meanwhile_is_not_waited_for(recruiter: Recruiter) -> None:
    recruiter.standin.state.switches.change({"segment_lag": 60.0, "lag_shows": 5})
    recruiter.add(*ALL)
    operation = recruiter.send()
    run_for(recruiter, operation, 20)
    recruiter.audience.members[subscriber_hash(ALL[5])].status = "unsubscribed"
    recruiter.run_once(operation)
    assert recruiter.operation(operation).state == "done"
    assert reasons(recruiter) == {ALL[5]: "unsubscribed"}
    assert recruiter.mailed_addresses == ALL[:5]
