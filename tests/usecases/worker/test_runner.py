"""Claims, leases, pauses and deadlines: the row is the truth, a nudge is only a nudge."""

import threading
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import update

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.errors import LostLease
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.worker import runner, tick
from tests.support.recruiter import Recruiter, new_campaign_case


def test_many_workers_for_one_operation_are_one(desk: Recruiter, app: Flask) -> None:
    this = new_campaign_case(desk)
    pressed = desk.send()
    together = threading.Barrier(6)

    def work() -> None:
        with app.app_context():
            together.wait()
            runner.run(desk.services, pressed)

    _at_once(work, 6)
    assert desk.operation(pressed).state == "done"
    this.check()
    assert desk.remote_calls().count("create_campaign") == 1


def test_many_presses_at_once_are_one_operation(desk: Recruiter, app: Flask) -> None:
    this = new_campaign_case(desk)
    order, found = desk.send_order(), set()
    numbers = iter(range(100))

    def press() -> None:
        with app.app_context():
            nonce = f"press-{next(numbers)}"
            found.add(
                sending_requests.request_send(desk.services, desk.user, nonce, desk.campaign, order)
            )

    _at_once(press, 12)
    assert len(found) == 1
    desk.run_workers()
    this.check()


def test_a_lost_wake_up_is_found_by_the_next_tick(desk: Recruiter) -> None:
    this = new_campaign_case(desk)
    desk.queue.available = False
    desk.send()
    desk.queue.available = True
    assert not desk.queue.nudges
    assert tick.tick(desk.services) >= 1
    desk.run_workers()
    this.check()


def test_a_poll_wakes_what_nobody_works_on_and_leaves_the_rest_alone(desk: Recruiter) -> None:
    new_campaign_case(desk)
    pressed = desk.send()
    desk.queue.nudges.clear()
    assert runner.wake_if_stale(desk.services, pressed)
    _set(desk, pressed, state="running", lease_token="x", lease_until=db_now() + 60, nudged_at=0.0)
    assert not runner.wake_if_stale(desk.services, pressed)
    _set(desk, pressed, lease_until=db_now() - 1)
    assert runner.wake_if_stale(desk.services, pressed)
    desk.run_workers()
    assert not runner.wake_if_stale(desk.services, pressed)


def test_an_operation_in_other_hands_is_not_taken(desk: Recruiter) -> None:
    new_campaign_case(desk)
    pressed = desk.send()
    _set(desk, pressed, state="running", lease_token="other", lease_until=db_now() + 60)
    before = len(desk.remote_calls())
    desk.run_once(pressed)
    assert len(desk.remote_calls()) == before
    assert desk.operation(pressed).lease_token == "other"


def test_a_pause_is_not_cut_short(desk: Recruiter) -> None:
    new_campaign_case(desk)
    pressed = desk.send()
    _set(desk, pressed, state="waiting", not_before=db_now() + 60)
    before = len(desk.remote_calls())
    desk.run_once(pressed)
    assert len(desk.remote_calls()) == before


def test_a_zombie_can_write_nothing_and_call_nothing(desk: Recruiter) -> None:
    this = new_campaign_case(desk)
    pressed = desk.send()
    session = desk.session
    zombie = runner.claim(desk.services, pressed)
    assert zombie is not None
    _set(desk, pressed, lease_until=db_now() - 1)
    desk.run_workers()
    before = len(desk.remote_calls())
    with pytest.raises(LostLease):
        zombie.call(zombie.api.send, desk.mailing.remote_id or "")
    session.rollback()
    with pytest.raises(LostLease):
        zombie.commit(step="act")
    assert len(desk.remote_calls()) == before
    this.check()


def test_no_transaction_is_open_while_mailchimp_is_called(
    desk: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = new_campaign_case(desk)
    once, open_ones = OperationContext._before, []

    def before(run: OperationContext, name: str, count: int) -> list[int]:
        rows = once(run, name, count)
        open_ones.append(run.session.in_transaction())
        return rows

    monkeypatch.setattr(OperationContext, "_before", before)
    desk.send()
    desk.run_workers()
    this.check()
    assert open_ones
    assert not any(open_ones)


def test_past_its_deadline_it_ends_and_says_that_nothing_was_sent(desk: Recruiter) -> None:
    new_campaign_case(desk)
    pressed = desk.send()
    _set(desk, pressed, deadline=desk.services.clock() - 1)
    before = len(desk.remote_calls())
    desk.run_workers()
    assert desk.operation(pressed).state == "attention"
    assert desk.problem_codes() == ["took_too_long"]
    assert len(desk.remote_calls()) == before
    desk.retry()
    desk.run_workers()
    assert len(desk.mailed_addresses) == 2


def test_past_its_deadline_with_an_open_intent_it_says_that_nothing_is_certain(
    desk: Recruiter,
) -> None:
    this = new_campaign_case(desk)
    desk.standin.state.faults.add("POST /campaigns/*/actions/send", "reset_after")
    pressed = desk.send()
    desk.queue.run_all()
    _set(desk, pressed, deadline=desk.services.clock() - 1)
    desk.run_workers()
    assert desk.problem_codes() == ["outcome_unknown"]
    desk.retry()
    desk.run_workers()
    this.check()


def test_without_any_worker_a_poll_ends_it(desk: Recruiter) -> None:
    new_campaign_case(desk)
    pressed = desk.send()
    desk.queue.nudges.clear()
    _set(desk, pressed, deadline=desk.services.clock() - 3600)
    before = len(desk.remote_calls())
    assert not runner.wake_if_stale(desk.services, pressed)
    assert desk.operation(pressed).state == "attention"
    assert len(desk.remote_calls()) == before


def test_mailchimp_away_for_good_ends_at_the_deadline(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.standin.state.faults.add("**", "503_akamai", times=0)
    desk.standin.state.faults.add("* /**", "503_akamai", times=0)
    pressed = desk.send()
    desk.queue.run_all()
    waiting = desk.operation(pressed)
    assert (waiting.state, waiting.problems[0]["code"]) == ("waiting", "waiting_unclear")
    _set(desk, pressed, deadline=desk.services.clock() - 1)
    desk.run_workers()
    assert desk.operation(pressed).state == "attention"


def test_pauses_grow_and_a_success_resets_them(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.standin.state.faults.add("POST /campaigns", "500_before", times=4)
    pressed = desk.send()
    tried = []
    for _ in range(4):
        desk.queue.run_all()
        tried.append(desk.operation(pressed).attempts)
        desk.skip_pauses()
        tick.tick(desk.services)
    assert tried == [1, 2, 3, 4]
    desk.run_workers()
    assert desk.operation(pressed).attempts == 0


def test_try_again_cuts_a_pause_short(desk: Recruiter) -> None:
    this = new_campaign_case(desk)
    desk.standin.state.faults.add("POST /campaigns", "503_akamai")
    pressed = desk.send()
    desk.queue.run_all()
    _set(desk, pressed, not_before=db_now() + 60)
    assert desk.retry() == pressed
    desk.queue.run_all()
    this.check()


def test_a_bug_in_the_host_is_not_swallowed_and_the_next_worker_goes_on(
    desk: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = new_campaign_case(desk)
    pressed = desk.send()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.host, "opted_out", broken)
    with pytest.raises(ZeroDivisionError):
        desk.run_once(pressed)
    monkeypatch.undo()
    monkeypatch.setattr(runner, "PATIENCE", -1.0)
    desk.session.rollback()
    desk.run_workers()
    this.check()


def test_a_short_pause_is_sat_out_by_the_worker_itself(
    desk: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = new_campaign_case(desk)
    slept: list[float] = []
    monkeypatch.setattr(runner, "PATIENCE", 3.0)
    sat_out = SimpleNamespace(sleep=lambda s: (slept.append(s), desk.skip_pauses()))
    monkeypatch.setattr(runner, "time", sat_out)
    desk.standin.state.faults.add("POST /campaigns", "429")
    desk.send()
    desk.queue.run_all()
    this.check()
    assert len(slept) == 1
    assert 1 <= slept[0] <= 3


def test_every_remote_call_is_in_the_audit_with_its_outcome(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.standin.state.faults.add("POST /campaigns", "500_after")
    desk.send()
    desk.run_workers()
    session = desk.session
    rows = session.connection().exec_driver_sql(
        "SELECT step, outcome, status FROM cxmc_call WHERE call = 'create_campaign'"
    )
    assert [tuple(row) for row in rows] == [("draft", "unknown", 500)]
    rest = session.connection().exec_driver_sql(
        "SELECT DISTINCT outcome FROM cxmc_call WHERE call <> 'create_campaign'"
    )
    assert [row[0] for row in rest] == ["ok"]
    session.rollback()


def test_heartbeats_tell_who_lives(services: Services) -> None:
    assert heartbeats.health(services).worker_age is None
    assert not heartbeats.health(services).worker_alive
    heartbeats.write_heartbeat(services, "worker:a:1", "worker")
    heartbeats.write_heartbeat(services, "worker:a:1", "worker")
    heartbeats.write_heartbeat(services, "scheduler", "scheduler")
    tick.tick(services)
    seen = heartbeats.health(services)
    assert (seen.worker_alive, seen.scheduler_alive, seen.tick_alive) == (True, True, True)
    assert seen.worker_age is not None
    assert seen.worker_age <= 2
    heartbeats.delete_old_heartbeats(services)
    assert heartbeats.health(services).worker_alive


def _set(desk: Recruiter, pressed: int, **values: object) -> None:
    session = desk.session
    session.execute(update(Operation).where(Operation.id == pressed).values(**values))
    session.commit()


def _at_once(work: object, count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
