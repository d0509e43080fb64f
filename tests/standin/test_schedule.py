"""Scheduling: times, sending when due, unscheduling."""

from datetime import UTC, datetime

import pytest
import requests

from cxmc_ext.standin import DEMO_ACCOUNT, FREE_KEY, StandinServer
from tests.standin.client import NEW_LIST, StandinClient

NOT_SCHEDULED = (400, "Bad Request", "This campaign cannot be scheduled: .")


def quarter_hour(standin: StandinServer, quarters: int = 2, plus: int = 0) -> str:
    now = standin.state.clock.now()
    moment = (now // 900 + quarters) * 900 + plus
    return datetime.fromtimestamp(moment, UTC).isoformat()


def test_a_scheduled_campaign_is_sent_when_due(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign = client.create_draft(client.create_audience())
    when = quarter_hour(standin)
    client.ok("POST", f"/campaigns/{campaign}/actions/schedule", {"schedule_time": when})
    shown = client.ok("GET", f"/campaigns/{campaign}")
    assert (shown["status"], shown["send_time"]) == ("schedule", when)
    assert client.problem("DELETE", f"/campaigns/{campaign}")[0] == 405
    assert len(standin.outbox) == 0
    standin.state.advance(1800)
    assert client.status(campaign) == "sent"
    assert len(standin.outbox) == 3


def test_a_scheduled_campaign_is_sent_without_an_api_call(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign = client.create_draft(client.create_audience())
    when = {"schedule_time": quarter_hour(standin)}
    client.ok("POST", f"/campaigns/{campaign}/actions/schedule", when)
    requests.post(f"{standin.root}/__advance", json={"seconds": 1800}, timeout=5)
    assert len(standin.outbox) == 3


@pytest.mark.parametrize(
    ("quarters", "plus"), [(2, 60), (0, 0), (-1, 0)], ids=["off", "now", "past"]
)
def test_other_times_cannot_be_scheduled(
    standin: StandinServer, client: StandinClient, quarters: int, plus: int
) -> None:
    campaign = client.create_draft(client.create_audience())
    body = {"schedule_time": quarter_hour(standin, quarters, plus)}
    answer = client.problem("POST", f"/campaigns/{campaign}/actions/schedule", body)
    assert answer == NOT_SCHEDULED


def test_a_campaign_that_is_not_ready_cannot_be_scheduled(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign = client.create_draft(client.create_audience(), subject_line="")
    body = {"schedule_time": quarter_hour(standin)}
    assert client.problem("POST", f"/campaigns/{campaign}/actions/schedule", body) == NOT_SCHEDULED


def test_unscheduling_makes_a_draft_that_can_be_deleted(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign = client.create_draft(client.create_audience())
    body = {"schedule_time": quarter_hour(standin)}
    client.ok("POST", f"/campaigns/{campaign}/actions/schedule", body)
    client.ok("POST", f"/campaigns/{campaign}/actions/unschedule")
    assert client.status(campaign) == "save"
    client.ok("DELETE", f"/campaigns/{campaign}")
    assert client.problem("GET", f"/campaigns/{campaign}")[0] == 404
    standin.state.advance(3600)
    assert client.ok("GET", "/campaigns")["total_items"] == 0
    assert len(standin.outbox) == 0


def test_the_free_plan_allows_neither_scheduling_nor_a_second_audience(
    standin: StandinServer,
) -> None:
    free = StandinClient(standin, FREE_KEY)
    (only,) = free.ok("GET", "/lists")["lists"]
    constraints = free.ok("GET", "/lists")["constraints"]
    refusal = (403, "Forbidden", "User does not have access to the requested operation")
    assert constraints == {"may_create": False, "max_instances": 1, "current_total_instances": 1}
    assert free.problem("POST", "/lists", NEW_LIST) == refusal
    campaign = free.create_draft(only["id"], template=20_001)
    body = {"schedule_time": quarter_hour(standin)}
    assert free.problem("POST", f"/campaigns/{campaign}/actions/schedule", body) == refusal


def test_a_scheduled_campaign_that_is_no_longer_ready_becomes_a_draft(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign = client.create_draft(client.create_audience())
    body = {"schedule_time": quarter_hour(standin)}
    client.ok("POST", f"/campaigns/{campaign}/actions/schedule", body)
    standin.state.accounts[DEMO_ACCOUNT].templates["10001"].active = False
    standin.state.advance(1800)
    assert client.status(campaign) == "save"
    assert len(standin.outbox) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fixed", "mailed"), [(False, 4), (True, 3)], ids=["when sent", "when scheduled"]
)
def test_recipients_are_determined_when_sending_or_when_scheduling(
    standin: StandinServer, client: StandinClient, fixed: bool, mailed: int
) -> None:
    standin.state.switches.segment_fixed_at_schedule = fixed
    list_id = client.create_audience(3)
    campaign = client.create_draft(list_id)
    body = {"schedule_time": quarter_hour(standin)}
    client.ok("POST", f"/campaigns/{campaign}/actions/schedule", body)
    client.subscribe(list_id, ["new@people.example"])
    standin.state.advance(1800)
    client.ok("GET", "/ping")
    assert len(standin.outbox) == mailed


def test_two_campaigns_due_at_the_same_moment_are_both_sent(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.create_audience()
    campaigns = [client.create_draft(list_id), client.create_draft(list_id)]
    when = {"schedule_time": quarter_hour(standin)}
    for campaign in campaigns:
        client.ok("POST", f"/campaigns/{campaign}/actions/schedule", when)
    standin.state.advance(3600)
    assert [client.status(campaign) for campaign in campaigns] == ["sent", "sent"]
