"""Two processes at once: what one writes while the other is between two statements."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import accounts, erasure, mailings, operations, sync_turns
from cxmc_ext.db.queries import change_check as change_check_queries
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.mailchimp import ReportSummary
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, DEMO_LIST, StandinServer
from cxmc_ext.testing import Clock, MemoryHost
from cxmc_ext.usecases.accounts import activation, connection_requests
from cxmc_ext.usecases.sending import audience as audience_steps
from cxmc_ext.usecases.sync import change_check, unsubscribes, webhook
from cxmc_ext.usecases.sync import totals as report_totals
from cxmc_ext.usecases.sync.change_check import Changes
from cxmc_ext.usecases.sync.context import TurnContext
from tests.support import erasure as erasure_module
from tests.support.concurrency import interrupt_before, join_thread, run_in_thread
from tests.support.databases import on_postgres
from tests.support.recruiter import Recruiter
from tests.support.sync_world import SyncWorld

pytestmark = on_postgres

ANNA, BOB, CARO = "anna@kandidaten.example", "bob@kandidaten.example", "caro@kantoor.example"
# Seconds within which the other thread reaches the lock that it has to wait for.
SOON = 0.3
# Seconds within which the other thread finishes, unless it has to wait.
LONG = 2


@pytest.fixture
def world(services: Services, standin: StandinServer, host: MemoryHost, clock: object) -> SyncWorld:
    return SyncWorld(services, standin, host, clock).connect()


def test_press_during_a_deactivation_can_be_repeated(
    app: Flask, recruiter: Recruiter, admin_user: User
) -> None:
    recruiter.add(ANNA)
    with interrupt_before(app, "UPDATE cxmc_operation", recruiter.send):
        activation.deactivate(recruiter.services, admin_user)
    assert recruiter.mailing.state == MailingState.NOT_READY
    activation.request_activation(recruiter.services, Press(admin_user, "again"))
    recruiter.retry()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [ANNA]


def test_running_step_does_not_prevent_a_deactivation(
    app: Flask, recruiter: Recruiter, admin_user: User
) -> None:
    recruiter.add(ANNA)
    pressed, session = recruiter.send(), recruiter.services.session()
    assert operations.claim(session, pressed, "lease", 60)
    session.commit()
    mailings.update_columns(session, recruiter.mailing.id, in_audience_count=1)
    deactivation = run_in_thread(app, lambda: activation.deactivate(recruiter.services, admin_user))
    time.sleep(SOON)
    operations.update_held(session, pressed, "lease", 60)
    session.commit()
    join_thread(deactivation)
    assert recruiter.account.state == "inactive"
    assert recruiter.operation(pressed).state == "cancelled"


def test_webhook_call_and_import_of_unsubscribes_do_not_deadlock(
    app: Flask, world: SyncWorld
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.sync(mailing)
    session = world.services.session()
    accounts.lock(session, world.mailing(mailing).account_id)
    webhook_call = run_in_thread(
        app, lambda: webhook.schedule_unsubscribe_check(world.services, DEMO_LIST)
    )
    time.sleep(SOON)
    session.execute(update(Mailing).values(sync_lease_until=0.0))
    session.commit()
    join_thread(webhook_call)
    planned = world.mailing(mailing).next_sync_at
    assert planned is not None
    assert planned <= world.services.clock() + webhook.MIN_GAP


def test_refusal_of_the_old_key_does_not_affect_a_new_one_stored_at_the_same_moment(
    app: Flask, recruiter: Recruiter, admin_user: User
) -> None:
    """A sync turn gets a 401 while an administrator replaces the key for that very reason."""
    old, account_id = recruiter.account.sealed_key or "", recruiter.account.id

    def refused() -> None:
        session = recruiter.services.session()
        accounts.mark_key_refused(session, account_id, old)
        session.commit()

    pressed = connection_requests.request_connection(
        recruiter.services, Press(admin_user, "new"), DEMO_KEY, None
    )
    with interrupt_before(app, "UPDATE cxmc_account SET sealed_key", refused):
        recruiter.run_once(pressed)
    assert recruiter.operation(pressed).state == "done"
    assert not recruiter.account.key_refused


def test_unsubscribe_found_while_a_turn_counts_is_counted(
    app: Flask, world: SyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The unsubscribes are imported by another worker, whose turn made the change check."""
    mailing, import_unsubscribes = (
        world.add_sent_mailing(ANNA, BOB),
        import_by_turn_of(world, world.add_sent_mailing(CARO)),
    )

    def unsubscribe() -> threading.Thread:
        world.unsubscribe_elsewhere(ANNA)
        return run_in_thread(app, import_unsubscribes)

    threads = after_counting(monkeypatch, unsubscribe)
    world.sync(mailing)
    join_thread(threads[0])
    assert world.status(mailing, ANNA) == "unsubscribed"
    assert world.mailing(mailing).counts["status"] == {"unsubscribed": 1, "sent": 1}


def test_counts_of_a_turn_survive_a_simultaneous_unsubscribe(
    app: Flask, world: SyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing, import_unsubscribes = (
        world.add_sent_mailing(ANNA, BOB),
        import_by_turn_of(world, world.add_sent_mailing(CARO)),
    )
    world.sync(mailing)
    world.advance(60)
    world.unsubscribe_elsewhere(ANNA)
    world.record_opens(mailing, BOB, world.services.clock() - 5)
    world.advance(60)
    threads = after_counting(monkeypatch, lambda: run_in_thread(app, lambda: world.sync(mailing)))
    import_unsubscribes()
    join_thread(threads[0])
    assert world.mailing(mailing).counts["status"] == {"unsubscribed": 1, "opened": 1}


def test_handed_over_summary_does_not_overwrite_a_newer_report(
    app: Flask, world: SyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change check of one worker stores a mailing's summary when that mailing's own turn ends."""
    session, mailing = world.services.session(), world.add_sent_mailing(ANNA)
    world.sync(mailing)
    world.record_click(mailing, ANNA, "https://jobs.example/1", world.services.clock() - 5)
    threads: list[threading.Thread] = []
    reports = change_check_queries.lock_reports

    def overtaken(*args: Any) -> Any:
        result = reports(*args)
        if not threads:
            threads.append(threading.current_thread())
            threads[0] = run_in_thread(app, lambda: world.sync(mailing))
            threads[0].join(LONG)
        return result

    monkeypatch.setattr(change_check_queries, "lock_reports", overtaken)
    summary = ReportSummary(**world.mailing(mailing).report["summary"])
    change_check.hand_over(world.services, {mailing: summary}, world.services.clock())
    session.commit()
    join_thread(threads[0])
    links = world.mailing(mailing).report["links"]
    assert [link[:3] for link in links] == [["https://jobs.example/1", 1, 1]]


def test_erasure_during_the_start_of_a_send_removes_what_was_pushed(
    app: Flask,
    recruiter: Recruiter,
    admin_user: User,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The erasure does not see the send yet, and the send does not see the digest yet."""
    recruiter.add(ANNA, BOB)
    looked_up, erased = threading.Event(), threading.Event()
    kept, is_calling = audience_steps.without_erased, erasure.has_call_in_flight
    threads: list[threading.Thread] = []

    def batch(*args: Any) -> Any:
        result = kept(*args)
        looked_up.set()
        erased.wait(20)
        return result

    def looked(*args: Any) -> bool:
        result = is_calling(*args)
        if not threads:
            threads.append(run_in_thread(app, lambda: recruiter.run_once(recruiter.send())))
            looked_up.wait(20)
        return result

    monkeypatch.setattr(audience_steps, "without_erased", batch)
    monkeypatch.setattr(erasure, "has_call_in_flight", looked)
    pressed = erasure_module.request_erasure(recruiter, admin_user, ANNA)
    recruiter.run_once(pressed)
    erased.set()
    join_thread(threads[0])
    clock.advance(200)
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "done"
    assert not erasure_module.is_member(recruiter, ANNA)


def test_change_check_and_tick_on_the_same_mailings_do_not_deadlock(
    app: Flask, world: SyncWorld
) -> None:
    """Each of them writes several rows, in any order."""
    session, own = world.services.session(), world.add_sent_mailing(ANNA)
    world.sync(own)
    quiet = world.copy_mailing(own)
    world.advance(700)
    mailings.update_columns(session, quiet, next_sync_at=world.services.clock())
    session.commit()
    mailings.update_columns(session, quiet, next_sync_at=world.services.clock() + 1)
    turn = run_in_thread(app, lambda: world.sync(own))
    turn.join(LONG)
    mailings.update_columns(session, own, next_sync_at=world.services.clock() + 1)
    session.commit()
    join_thread(turn)


def test_late_delete_removes_a_campaign_that_was_scheduled_again(
    app: Flask, recruiter: Recruiter
) -> None:
    """A press that was interrupted between two statements deletes what is there when it continues."""
    recruiter.add(ANNA)

    def schedules() -> None:
        recruiter.send(schedule_at=(recruiter.services.clock() // 900 + 3) * 900)
        recruiter.run_workers()

    def anew() -> None:
        recruiter.unschedule()
        recruiter.run_workers()
        schedules()

    schedules()
    recruiter.session.close()
    with interrupt_before(app, "SELECT cxmc_operation", anew):
        recruiter.delete()
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.mailing.generation) == (MailingState.NONE, 2)


def import_by_turn_of(world: SyncWorld, mailing: int) -> Callable[[], None]:
    """The import of unsubscribes by the turn of this mailing, in another worker."""
    session = world.services.session()
    turn = sync_turns.claim(session, mailing, "other", world.services.clock())
    session.commit()
    assert turn is not None
    context = TurnContext(world.services, replace(turn, change_checked_at=0))
    context.connect()
    return lambda: unsubscribes.import_unsubscribes(context, Changes(None))


def after_counting(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[], threading.Thread]
) -> list[threading.Thread]:
    """Calls `act` when this process has counted a mailing for the first time."""
    begun: list[threading.Thread] = []
    counts = report_totals.stored_counts

    def counted(*args: Any) -> Any:
        result = counts(*args)
        if not begun:
            begun.append(threading.current_thread())
            begun[0] = act()
            begun[0].join(LONG)
        return result

    monkeypatch.setattr(report_totals, "stored_counts", counted)
    return begun
