"""The control room: what it shows, who enters, its brake, and its pages."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.domain.people import Right
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost
from cxmc_ext.usecases.admin.control_room import load_page
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.worker import tick
from tests.support.browser import Browser
from tests.support.databases import on_both
from tests.support.factories import create_mailing, create_operation

PATH = "/cxmc/control"


@pytest.fixture
def room(connected: Services, host: MemoryHost, client: FlaskClient) -> Browser:
    host.login("admin")
    return Browser(client, javascript=False)


def test_it_says_how_the_module_is(room: Browser, connected: Services) -> None:
    heartbeats.write_heartbeat(connected, "worker:crm-1:77", "worker")
    page = room.open_page(PATH)
    for words in ("Active", "Cedar Staffing", f"ends in {DEMO_KEY[28:32]}", "Reachable"):
        assert words in page.text
    assert "worker:crm-1:77" in page.text
    assert "Scheduler Never seen" in page.text
    assert DEMO_KEY[:28] not in page.html
    assert "Control room" in room.open_page("/cxmc/activation").text


def test_a_campaign_shows_its_interval_lag_calls_and_gap(
    room: Browser, connected: Services
) -> None:
    now = connected.clock()
    common = {"remote_created_at": now - 3 * 3600, "remote_id": "r1"}
    create_mailing(connected, "1", "sent", next_sync_at=now - 300, **common)
    text = room.open_page(PATH).text
    assert "Vacatures week 48" in text
    assert "5 minutes overdue currently every 1 hour" in text
    create_mailing(
        connected,
        "2",
        "sent",
        next_sync_at=now + 60,
        count_differences={"opened": [3, 5]},
        **common,
    )
    assert "Opened 3 of 5" in room.open_page(PATH).text


def test_a_scheduled_campaign_has_no_interval(room: Browser, connected: Services) -> None:
    """It is looked at when MailChimp should have sent it."""
    now = connected.clock()
    create_mailing(
        connected, "1", "scheduled", schedule_at=now + 3600, next_sync_at=now + 3600, remote_id="r1"
    )
    page = room.open_page(PATH)
    assert "Scheduled" in page.text
    assert "currently every" not in page.text
    assert not page.elements("nav"), "a bar of pages without pages"


def test_what_is_being_unscheduled_needs_no_advice(room: Browser, connected: Services) -> None:
    now = connected.clock()
    create_mailing(connected, "1", "scheduled", schedule_at=now + 3600, remote_id="r1")
    connected.session().execute(update(Account).values(state="deactivating"))
    connected.session().commit()
    text = room.open_page(PATH).text
    assert "They are being unscheduled." in text
    assert "activate the module" not in text


def test_what_stopped_is_told_with_its_reason(room: Browser, connected: Services) -> None:
    mailing = create_mailing(connected, "1", "attention")
    why = [{"code": "key_refused", "detail": "", "values": {}}]
    ended = {"state": "attention", "ended_at": connected.clock(), "problems": why}
    create_operation(connected, mailing, **ended)
    text = room.open_page(PATH).text
    assert "Needs attention Creating and sending the campaign: Vacatures week 48" in text
    assert "key" in text.partition("Rosa Recruiter")[2]


@on_both
def test_what_succeeded_later_needs_no_attention(room: Browser, connected: Services) -> None:
    mailing = create_mailing(connected, "1", "sent", remote_id="r1")
    why = [{"code": "took_too_long", "detail": "", "values": {}}]
    ended = {"ended_at": connected.clock(), "scope": f"mailing:{mailing}"}
    create_operation(connected, mailing, state="failed", problems=why, **ended)
    assert "Needs attention" in room.open_page(PATH).text
    create_operation(connected, mailing, state="done", **ended)
    assert "Needs attention" not in room.open_page(PATH).text


@on_both
def test_a_campaign_that_waits_is_listed_with_the_reason(
    room: Browser, connected: Services
) -> None:
    mailing = create_mailing(connected, "1", "preparing")
    why = [{"code": "waiting_throttled", "detail": "", "values": {}}]
    create_operation(connected, mailing, state="waiting", problems=why, lease_until=0)
    text = room.open_page(PATH).text
    assert "Waiting Creating and sending the campaign: Vacatures week 48" in text
    assert "MailChimp is limiting the requests" in text.partition("Waiting Creating")[2]


@pytest.mark.parametrize(
    ("missed", "words"),
    [(4, "The workers are late to report."), (11, "No worker is alive.")],
)
def test_silent_workers_get_the_same_words_everywhere(
    room: Browser,
    app: Flask,
    connected: Services,
    host: MemoryHost,
    clock: Clock,
    missed: int,
    words: str,
) -> None:
    for kind in ("worker", "scheduler", "tick"):
        heartbeats.write_heartbeat(connected, kind, kind)
    assert words not in room.open_page(PATH).text
    clock.advance(missed * connected.settings.tick_seconds)
    campaign = host.add_campaign()
    mailing = create_mailing(connected, campaign, "preparing")
    create_operation(
        connected, mailing, state="queued", created_at=connected.clock() - 30, lease_until=0
    )
    for path in (PATH, "/cxmc/activation", f"/cxmc/campaigns/{campaign}"):
        assert words in room.open_page(path).text, path
    for command in ("status", "doctor"):
        output = app.test_cli_runner().invoke(args=["cxmc", command]).output
        assert words.rstrip(".") in output, command


def test_pausing_stops_every_call_of_the_synchronisation_and_resuming_catches_up(
    room: Browser, connected: Services, standin: StandinServer, queue: ManualQueue
) -> None:
    row = create_mailing(
        connected, "1", "sent", next_sync_at=connected.clock() - 5, remote_created_at=1
    )
    room.submit(f"{PATH}/pause", 303)
    assert "Report updates are paused." in room.open_page(PATH).text
    calls = standin.state.requests.routes.total()
    tick.tick(connected)
    sync_turn.run(connected, row, requested=True)
    queue.run_all()
    assert standin.state.requests.routes.total() == calls
    assert "Update now" not in room.open_page(PATH).buttons()
    room.submit(f"{PATH}/resume", 303)
    tick.tick(connected)
    queue.run_all()
    assert standin.state.requests.routes.total() > calls


def test_one_campaign_is_updated_now(
    room: Browser, connected: Services, queue: ManualQueue
) -> None:
    row = create_mailing(connected, "1", "sent", next_sync_at=connected.clock() + 999)
    room.submit(f"{PATH}/update", 303, mailing="1")
    assert list(queue.nudges) == [("sync", row)]
    room.submit(f"{PATH}/update", 303, mailing="nothing")
    assert len(queue.nudges) == 1


def test_a_page_holds_fifty(room: Browser, connected: Services) -> None:
    for number in range(53):
        create_mailing(
            connected, str(number), "sent", campaign_title=f"Week-{number:02}", next_sync_at=number
        )
    first, second = room.open_page(PATH), room.open_page(f"{PATH}?page=2")
    assert first.text.count("Week-") == 50
    assert [f"Week-{n}" in second.text for n in (49, 50, 52)] == [False, True, True]


@pytest.mark.slow
def test_a_full_page_leads_nowhere(room: Browser, connected: Services) -> None:
    for number in range(50):
        create_mailing(connected, str(number), "sent", campaign_title=f"Week-{number:02}")
    page = room.open_page(PATH)
    assert page.text.count("Week-") == 50
    assert not [link for link in page.elements("a") if link.get("rel") == "next"]


def test_calls_of_the_last_day_and_failures_of_the_last_week_are_shown(
    room: Browser, connected: Services
) -> None:
    session, now, day = connected.session(), connected.clock(), 24 * 3600
    mailing = create_mailing(connected, "1", "sent", remote_id="r1")
    account = session.scalars(select(Account)).one()
    for at in (now - day - 60, now - day + 60, now - 60):
        session.add(
            RemoteCall(
                account_id=account.id, mailing_id=mailing, method="send", outcome="ok", at=at
            )
        )
    session.commit()
    problem = {"code": "took_too_long", "detail": "", "values": {}}
    for name, ended_at in (("Older", now - 7 * day - 60), ("Newer", now - 7 * day + 60)):
        create_operation(
            connected,
            mailing,
            state="failed",
            actor_name=name,
            problems=[problem],
            ended_at=ended_at,
        )
    other = Account(ref="other")
    session.add(other)
    session.commit()
    failure = {"state": "failed", "problems": [problem], "ended_at": now - 60}
    create_operation(connected, None, account_id=other.id, actor_name="Elsewhere", **failure)
    assert load_page(connected, 1).mailings[0].calls == 2
    text = room.open_page(PATH).text
    assert [name in text for name in ("Newer", "Older", "Elsewhere")] == [True, False, False]


def test_only_who_may_activate_enters(client: FlaskClient, room: Browser, host: MemoryHost) -> None:
    host.login("recruiter")
    assert client.get(PATH).status_code == 404


def test_a_campaign_leads_to_its_tab(room: Browser, connected: Services, host: MemoryHost) -> None:
    ref = host.add_campaign()
    create_mailing(connected, ref, "sent", remote_id="r1")
    links = {link["href"] for link in room.open_page(PATH).elements("a")}
    assert f"/cxmc/campaigns/{ref}" in links
    host.users["admin"] = (host.users["admin"][0], frozenset({Right.ACTIVATE}))
    links = {link["href"] for link in room.open_page(PATH).elements("a")}
    assert f"/cxmc/campaigns/{ref}" not in links, "who may not see the tab is not led there"
