"""Faults at MailChimp and crashes of ours: nothing is lost, and nothing is stored twice."""

from dataclasses import replace
from types import ModuleType

import pytest
from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.queries import bulk, clicked_links, sync_turns
from cxmc_ext.db.queries import unsubscribes as unsubscribe_queries
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.sync.context import TurnContext
from tests.support.databases import on_both
from tests.support.killed import Killed, dies
from tests.support.sync_world import SyncWorld

pytestmark = on_both

ANNA, BRAM = "anna@kantoor.example", "bram@kantoor.example"
PAGES = "GET /reports/*/email-activity"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "code", "pause"),
    [
        ("500_before", "waiting_unclear", 60),
        ("429_retry_after", "waiting_throttled", 60),
        ("bare_403", "waiting_throttled", 60),
        ("403", "report_refused", 60),
        ("truncated", "waiting_unclear", 60),
    ],
)
def test_failed_call_is_shown_and_retried_later(
    world: SyncWorld, kind: str, code: str, pause: int
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.standin.state.faults.add("GET /reports/**", kind, times=0)
    world.sync(mailing)
    row = world.mailing(mailing)
    assert (row.sync_problem["code"], row.sync_failures, row.report_fingerprint) == (code, 1, "")
    assert row.next_sync_at == pytest.approx(world.services.clock() + pause, abs=3)
    world.update_mailing(mailing, next_sync_at=world.services.clock())
    world.standin.state.faults.clear()
    world.services.session().execute(update(Account).values(back_off_until=0))
    world.sync(mailing)
    row = world.mailing(mailing)
    assert (row.sync_problem, row.sync_failures, world.event_kinds(mailing, ANNA)) == (
        None,
        0,
        ["sent"],
    )


@pytest.mark.slow
def test_backoff_grows_up_to_the_sync_interval(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.standin.state.faults.add("GET /reports/**", "500_before", times=0)
    pauses = []
    for _ in range(6):
        world.sync(mailing)
        pauses.append((world.mailing(mailing).next_sync_at or 0) - world.services.clock())
    assert pauses == pytest.approx([60, 120, 240, 480, 600, 600], abs=3)


@pytest.mark.parametrize(
    "call", ["GET /reports", "GET /lists/*/members", PAGES, "GET /reports/*/unsubscribed"]
)
def test_refused_key_stops_the_account(world: SyncWorld, call: str) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.record_unsubscribe(mailing, ANNA)
    world.standin.state.faults.add(call, "401")
    world.sync(mailing, after=3600)
    assert world.services.session().query(Account).one().key_refused
    world.services.session().commit()
    assert world.mailing(mailing).sync_problem["code"] == "key_refused"
    world.take_request_counts()
    sync_turn.run(world.services, mailing)
    assert world.take_request_counts() == {}


def test_undecryptable_key_is_shown_as_a_problem(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.services.session().execute(update(Account).values(sealed_key="broken"))
    world.services.session().commit()
    world.sync(mailing)
    assert world.mailing(mailing).sync_problem["code"] == "key_unreadable"


@pytest.mark.slow
def test_failed_page_keeps_what_was_stored_and_the_cursor(
    world: SyncWorld,
) -> None:
    one_by_one = replace(world.services.settings, max_connections=1)
    world.services = replace(world.services, settings=one_by_one)
    people = [f"p{n}@kantoor.example" for n in range(5200)]
    mailing = world.add_sent_mailing(*people)
    world.standin.state.faults.add(PAGES, "404", nth=6, times=1)
    world.sync(mailing)
    row = world.mailing(mailing)
    assert len(world.events(mailing)) == 4000, "the first batch of pages"
    assert (row.report_fingerprint, row.events_cursor) == ("", None)
    world.sync(mailing, after=60)
    assert len(world.events(mailing)) == len(people)


CRASHES: tuple[tuple[ModuleType, str], ...] = (
    (bulk, "find_by_hashes"),
    (bulk, "add_sent_events"),
    (bulk, "add_events"),
    (bulk, "raise_statuses"),
    (clicked_links, "get_or_create"),
    (unsubscribe_queries, "stored_unsubscribes"),
    (bulk, "add_calls"),
    (sync_turns, "finish"),
    (sync_turns, "extend"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("room", "name"), CRASHES)
@pytest.mark.parametrize("nth", [1, 2])
def test_crash_anywhere_loses_nothing_and_stores_nothing_twice(
    world: SyncWorld, monkeypatch: pytest.MonkeyPatch, room: ModuleType, name: str, nth: int
) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM)
    world.record_click(mailing, ANNA, "https://a.example", world.services.clock())
    world.record_bounce(mailing, BRAM, world.services.clock())
    world.record_unsubscribe(mailing, BRAM)
    with monkeypatch.context() as patched:
        patched.setattr(room, name, dies(getattr(room, name), nth))
        try:
            world.sync(mailing)
        except Killed:
            world.services.session().rollback()
            world.update_mailing(mailing, sync_lease_until=0.0)  # its lease has expired
    world.sync(mailing, after=60)
    assert world.event_kinds(mailing, ANNA) == ["clicked", "sent"]
    assert world.event_kinds(mailing, BRAM) == ["bounced", "sent", "unsubscribed"]
    assert len(world.host.opt_outs) == 1
    assert world.mailing(mailing).counts["events"] == {
        "sent": 2,
        "clicked": 1,
        "bounced": 1,
        "unsubscribed": 1,
    }


def test_every_remote_call_is_logged(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.sync(mailing)
    calls = world.services.session().query(RemoteCall).filter_by(mailing_id=mailing)
    assert [(call.method, call.outcome) for call in calls] == [
        ("report_summaries", "ok"),
        ("activity_page", "ok"),
    ]


def test_call_that_ends_after_the_audit_was_written_is_written_next_time(
    world: SyncWorld,
) -> None:
    session, mailing = world.services.session(), world.add_sent_mailing(ANNA)
    turn = sync_turns.claim(session, mailing, "a", world.services.clock())
    assert turn is not None
    context = TurnContext(world.services, turn)
    context.call("first", lambda: None)
    context.call("second", context.write_audit)
    context.write_audit()
    noted = session.scalars(
        select(RemoteCall.method).where(RemoteCall.mailing_id == mailing).order_by(RemoteCall.id)
    )
    assert list(noted) == ["first", "second"]
