"""Answers that MailChimp should not give cost the odd value, are shown, and end by themselves."""

import logging
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.sync import schedule as sync_schedule
from tests.support.databases import on_both
from tests.support.sync_world import SyncWorld
from tests.support.unusual_answers import UnusualAnswers

pytestmark = [on_both, pytest.mark.slow]

ANNA, BRAM = "anna@kantoor.example", "bram@kantoor.example"
ACTIVITY = "GET /reports/*/email-activity"
HOUR = 3600


@pytest.fixture
def answers(standin: StandinServer) -> UnusualAnswers:
    return UnusualAnswers.install(standin)


class _FailingHost:
    """Stands for a Host with a mistake: everything works but one method."""

    def __init__(self, host: MemoryHost) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def people_with_address(self, *_: Any) -> Any:
        raise KeyError(ANNA)


def test_an_unforeseen_error_is_stored_with_a_message_and_backed_off(
    world: SyncWorld, caplog: pytest.LogCaptureFixture
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.record_unsubscribe(mailing, ANNA)
    services = world.services
    world.services = replace(services, host=_FailingHost(world.host))  # type: ignore[arg-type]
    pauses = []
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            world.sync(mailing)
            pauses.append((world.mailing(mailing).next_sync_at or 0) - services.clock())
    row = world.mailing(mailing)
    assert row.sync_problem["code"] == "sync_failed"
    assert row.sync_problem["values"] == {"error": "KeyError"}
    assert (row.sync_failures, row.sync_lease_token) == (3, "")
    assert pauses == pytest.approx([60, 120, 240], abs=3)
    assert "KeyError at" in caplog.text
    assert ANNA not in caplog.text
    world.services = services
    world.sync(mailing)
    assert world.mailing(mailing).sync_problem is None
    assert world.event_kinds(mailing, ANNA) == ["sent", "unsubscribed"]


@pytest.mark.parametrize(
    "odd", [2**63, -1, float("nan"), "9999-12-31T23:59:59+00:00", [], "\ud800"]
)
def test_an_odd_value_costs_itself_and_is_told_to_administrators(
    world: SyncWorld, answers: UnusualAnswers, odd: Any
) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM)
    now = world.services.clock()
    world.record_opens(mailing, ANNA, now - 10)
    world.record_click(mailing, ANNA, "https://a.example", now - 5)
    answers.change(ACTIVITY, ("emails", 0, "activity", 0, "timestamp"), odd)
    world.sync(mailing)
    row = world.mailing(mailing)
    assert world.event_kinds(mailing, ANNA) == ["clicked", "sent"]
    assert (row.sync_problem, row.count_differences) == (None, {"opened": [0, 1]})
    (warning,) = row.sync_warnings
    assert warning["code"] == "values_dropped"
    assert "timestamp" in warning["values"]["fields"]
    dropped = world.fetch_all(
        select(RemoteCall.dropped_values).where(RemoteCall.dropped_values > 0)
    )
    assert sum(dropped) == int(warning["values"]["count"])
    answers.clear()
    world.sync(mailing, after=3 * HOUR)
    row = world.mailing(mailing)
    assert (row.sync_warnings, row.count_differences) == ([], {})
    assert world.event_kinds(mailing, ANNA) == ["clicked", "opened", "sent"]


@pytest.mark.parametrize("odd", [2**63, -1, None, "many", float("inf")])
def test_odd_totals_hide_nobody(world: SyncWorld, answers: UnusualAnswers, odd: Any) -> None:
    people = [f"p{n}@kantoor.example" for n in range(1001)]
    mailing = world.add_sent_mailing(*people)
    world.record_unsubscribe(mailing, people[0])
    for field in ("emails_sent", "unsubscribed"):
        answers.change("GET /reports", ("reports", 0, field), odd)
    answers.change(ACTIVITY, ("total_items",), odd)
    world.sync(mailing)
    kinds = [kind for _, kind, *_ in world.events(mailing)]
    assert (kinds.count("sent"), kinds.count("unsubscribed")) == (1001, 1)
    assert world.mailing(mailing).sync_problem is None


def test_an_unsubscribe_that_could_not_be_read_is_read_again(
    world: SyncWorld, answers: UnusualAnswers
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.record_unsubscribe(mailing, ANNA)
    answers.change("GET /reports/*/unsubscribed", ("unsubscribes", 0), "somebody")
    answers.change("GET /lists/*/members", ("members",), [])
    for _ in range(3):
        world.sync(mailing, after=60)
    assert world.event_kinds(mailing, ANNA) == ["sent"]
    answers.clear()
    world.sync(mailing, after=3 * HOUR)
    assert world.event_kinds(mailing, ANNA) == ["sent", "unsubscribed"]


@pytest.mark.parametrize("count", [2, 3])
def test_clicks_on_urls_that_differ_only_beyond_the_cut_all_count(
    world: SyncWorld, count: int
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    now = world.services.clock()
    for number in range(count):
        world.record_click(mailing, ANNA, f"https://a.example/{'x' * 2000}{number}", now)
    for _ in range(2):
        world.sync(mailing, after=60)
        clicks = [event for event in world.events(mailing) if event[1] == "clicked"]
        assert [occurrence for *_, occurrence in clicks] == list(range(count))
    assert world.mailing(mailing).count_differences == {}


def test_a_failing_import_of_unsubscribes_is_shown_until_it_works(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.standin.state.faults.add("GET /lists/*/members", "500_before", times=0)
    read_at = world.account.unsubscribes_cursor
    for _ in range(3):
        world.sync(mailing, after=20 * HOUR)
    account = world.account
    assert account.unsubscribes_problem["code"] == "waiting_unclear"
    assert account.unsubscribes_cursor == read_at
    world.standin.state.faults.clear()
    world.sync(mailing, after=HOUR)
    account = world.account
    assert account.unsubscribes_problem is None
    assert account.unsubscribes_cursor > read_at + 60 * HOUR


@pytest.mark.parametrize("status", ["canceled", "canceling"])
def test_a_campaign_cancelled_half_way_is_read_like_a_sent_one(
    world: SyncWorld, status: str
) -> None:
    mailing = _sending(world, ANNA, BRAM)
    remote = world.remote_campaign(mailing)
    with world.standin.state.lock:
        remote.status, remote.emails_sent = status, 1
        remote.recipients = dict(list(remote.recipients.items())[:1])
    world.record_opens(mailing, ANNA, world.services.clock() - 10)
    world.sync(mailing)
    row = world.mailing(mailing)
    assert (row.state, row.remote_status, row.emails_sent) == ("cancelled", status, 1)
    assert row.sent_at is not None
    assert world.event_kinds(mailing, ANNA) == ["opened", "sent"]
    assert world.event_kinds(mailing, BRAM) == []
    remote.status = "canceled"
    world.record_unsubscribe(mailing, ANNA)
    world.sync(mailing, after=600)
    assert world.event_kinds(mailing, ANNA) == ["opened", "sent", "unsubscribed"]
    assert len(world.host.opt_outs) == 1
    row = world.mailing(mailing)
    assert (row.state, row.remote_status) == ("cancelled", "canceled")
    assert row.next_sync_at == pytest.approx(world.services.clock() + 600, abs=400)


def test_update_now_reads_a_campaign_cancelled_half_way(world: SyncWorld) -> None:
    mailing = _sending(world, ANNA)
    world.remote_campaign(mailing).status = "canceled"
    world.update_mailing(mailing, state="cancelled", remote_status="canceled", next_sync_at=None)
    sync_schedule.request_update(
        world.services, world.host.users["admin"][0], world.mailing(mailing).campaign_ref
    )
    world.sync(mailing)
    assert world.event_kinds(mailing, ANNA) == ["sent"]


def test_an_archived_campaign_counts_as_sent(world: SyncWorld) -> None:
    mailing = _sending(world, ANNA)
    world.remote_campaign(mailing).status = "archived"
    world.sync(mailing)
    assert world.mailing(mailing).state == "sent"
    assert world.event_kinds(mailing, ANNA) == ["sent"]


@pytest.mark.parametrize("status", ["quarantined", "x" * 5000, "<b>sent</b>", "\ud800?"])
@pytest.mark.parametrize(
    "state", ["sending", "scheduled", "in_mailchimp", "not_ready", "attention"]
)
def test_an_unknown_status_changes_nothing_and_is_reported(
    world: SyncWorld, answers: UnusualAnswers, state: str, status: str
) -> None:
    mailing = _sending(world, ANNA)
    world.update_mailing(mailing, state=state)
    answers.change("GET /campaigns/*", ("status",), status)
    world.sync(mailing)
    row = world.mailing(mailing)
    assert row.state == state
    assert "status_unknown" in [warning["code"] for warning in row.sync_warnings]
    assert (row.next_sync_at or 0) > world.services.clock()
    answers.clear()
    world.sync(mailing, after=60)
    row = world.mailing(mailing)
    assert (row.state, row.sync_warnings) == ("sent", [])


def _sending(world: SyncWorld, *addresses: str) -> int:
    """A mailing whose campaign is being sent, as far as we know."""
    mailing = world.add_sent_mailing(*addresses)
    world.update_mailing(mailing, state="sending", remote_status="sending", sent_at=None)
    return mailing
