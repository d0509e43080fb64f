"""Claims, leases and pauses: the row is the truth, a nudge is only a nudge."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.errors import LostLease
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.admin import control_room, status
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.shared import worker_allocation
from cxmc_ext.usecases.worker import runner, tick
from tests.support.factories import send_order
from tests.support.recruiter import Recruiter, new_campaign_case


def test_many_workers_for_one_operation_are_one(recruiter: Recruiter, app: Flask) -> None:
    this = new_campaign_case(recruiter)
    pressed = recruiter.send()
    together = threading.Barrier(6)

    def work() -> None:
        with app.app_context():
            together.wait()
            runner.run(recruiter.services, pressed)

    _at_once(work, 6)
    assert recruiter.operation(pressed).state == "done"
    this.check()
    assert recruiter.remote_calls().count("create_campaign") == 1


def test_many_presses_at_once_are_one_operation(recruiter: Recruiter, app: Flask) -> None:
    this = new_campaign_case(recruiter)
    order, found = send_order(), set()
    numbers = iter(range(100))

    def press() -> None:
        with app.app_context():
            nonce = f"press-{next(numbers)}"
            found.add(
                sending_requests.request_send(
                    recruiter.services, Press(recruiter.user, nonce, recruiter.campaign), order
                )
            )

    _at_once(press, 12)
    assert len(found) == 1
    recruiter.run_workers()
    this.check()


@pytest.mark.slow
def test_a_lost_wake_up_is_found_by_the_next_tick(recruiter: Recruiter) -> None:
    this = new_campaign_case(recruiter)
    recruiter.queue.available = False
    recruiter.send()
    recruiter.queue.available = True
    assert not recruiter.queue.nudges
    assert tick.tick(recruiter.services) >= 1
    recruiter.run_workers()
    this.check()


def test_a_poll_wakes_what_nobody_works_on_and_leaves_the_rest_alone(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    pressed = recruiter.send()
    recruiter.queue.nudges.clear()
    assert runner.wake_if_stale(recruiter.services, pressed)
    _set(
        recruiter,
        pressed,
        state="running",
        lease_token="x",
        lease_until=db_now() + 60,
        nudged_at=0.0,
    )
    assert not runner.wake_if_stale(recruiter.services, pressed)
    _set(recruiter, pressed, lease_until=db_now() - 1)
    assert runner.wake_if_stale(recruiter.services, pressed)
    recruiter.run_workers()
    assert not runner.wake_if_stale(recruiter.services, pressed)


def test_an_operation_in_other_hands_is_not_taken(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    pressed = recruiter.send()
    _set(recruiter, pressed, state="running", lease_token="other", lease_until=db_now() + 60)
    before = len(recruiter.remote_calls())
    recruiter.run_once(pressed)
    assert len(recruiter.remote_calls()) == before
    assert recruiter.operation(pressed).lease_token == "other"


def test_a_pause_is_not_cut_short(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    pressed = recruiter.send()
    _set(recruiter, pressed, state="waiting", not_before=db_now() + 60)
    before = len(recruiter.remote_calls())
    recruiter.run_once(pressed)
    assert len(recruiter.remote_calls()) == before


def test_a_zombie_can_write_nothing_and_call_nothing(recruiter: Recruiter) -> None:
    this = new_campaign_case(recruiter)
    pressed = recruiter.send()
    session = recruiter.session
    zombie = runner.claim(recruiter.services, pressed)
    assert zombie is not None
    _set(recruiter, pressed, lease_until=db_now() - 1)
    recruiter.run_workers()
    before = len(recruiter.remote_calls())
    with pytest.raises(LostLease):
        zombie.call(zombie.api.send, recruiter.mailing.remote_id or "")
    session.rollback()
    with pytest.raises(LostLease):
        zombie.commit(step="submit")
    assert len(recruiter.remote_calls()) == before
    this.check()


def test_no_transaction_is_open_while_mailchimp_is_called(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = new_campaign_case(recruiter)
    perform_call, open_ones = OperationContext.perform_call, []

    def observed(context: OperationContext, *given: Any) -> Any:
        open_ones.append(context.session.in_transaction())
        return perform_call(context, *given)

    monkeypatch.setattr(OperationContext, "perform_call", observed)
    recruiter.send()
    recruiter.run_workers()
    this.check()
    assert open_ones
    assert not any(open_ones)


def test_pauses_grow_and_a_success_resets_them(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    recruiter.standin.state.faults.add("POST /campaigns", "500_before", times=4)
    pressed = recruiter.send()
    tried = []
    for _ in range(4):
        recruiter.queue.run_all()
        tried.append(recruiter.operation(pressed).attempts)
        recruiter.skip_pauses()
        tick.tick(recruiter.services)
    assert tried == [1, 2, 3, 4]
    recruiter.run_workers()
    assert recruiter.operation(pressed).attempts == 0


def test_try_again_cuts_a_pause_short(recruiter: Recruiter) -> None:
    this = new_campaign_case(recruiter)
    recruiter.standin.state.faults.add("POST /campaigns", "503_akamai")
    pressed = recruiter.send()
    recruiter.queue.run_all()
    _set(recruiter, pressed, not_before=db_now() + 60)
    assert recruiter.retry() == pressed
    recruiter.queue.run_all()
    this.check()


def test_a_bug_in_the_host_is_not_swallowed_and_the_next_worker_goes_on(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = new_campaign_case(recruiter)
    pressed = recruiter.send()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(recruiter.host, "opted_out", broken)
    with pytest.raises(ZeroDivisionError):
        recruiter.run_once(pressed)
    monkeypatch.undo()
    recruiter.session.rollback()
    (told,) = recruiter.session.get_one(Operation, pressed).problems
    assert told["code"] == "waiting_error"
    assert told["values"]["error"].startswith("ZeroDivisionError at ")
    (shown,) = control_room.load_page(recruiter.services, 1).failed_operations
    assert shown.problems[0].code == "waiting_error"
    (line,) = status.snapshot(recruiter.services).crashes
    assert "ZeroDivisionError" in line
    recruiter.run_workers()
    this.check()
    assert not status.snapshot(recruiter.services).crashes


@pytest.mark.slow
def test_a_short_pause_is_sat_out_by_the_worker_itself(
    recruiter: Recruiter,
) -> None:
    this = new_campaign_case(recruiter)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        recruiter.skip_pauses()

    recruiter.standin.state.faults.add("POST /campaigns", "429")
    runner.run(replace(recruiter.services, sleep=sleep), recruiter.send())
    this.check()
    assert len(slept) == 1
    assert 1 <= slept[0] <= 3


def test_every_remote_call_is_in_the_audit_with_its_outcome(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    recruiter.standin.state.faults.add("POST /campaigns", "500_after")
    recruiter.send()
    recruiter.run_workers()
    session = recruiter.session
    rows = session.connection().exec_driver_sql(
        "SELECT step, outcome, status FROM cxmc_remote_call WHERE method = 'create_campaign'"
    )
    assert [tuple(row) for row in rows] == [("draft", "unknown", 500)]
    rest = session.connection().exec_driver_sql(
        "SELECT DISTINCT outcome FROM cxmc_remote_call WHERE method <> 'create_campaign'"
    )
    assert [row[0] for row in rest] == ["ok"]
    session.rollback()


def _set(recruiter: Recruiter, pressed: int, **values: object) -> None:
    session = recruiter.session
    session.execute(update(Operation).where(Operation.id == pressed).values(**values))
    session.commit()


def _at_once(work: object, count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_worker_does_not_wait_for_one_operation_without_end(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue would kill its process, and sync turns wait."""
    recruiter.add("anna@kandidaten.example")
    pressed, slept = recruiter.send(), list[float]()
    monkeypatch.setattr(runner, "_execute", lambda _: 1.5)
    monkeypatch.setattr(runner, "claim", lambda *_: object())
    monkeypatch.setattr(worker_allocation, "is_worker_needed", lambda _: False)
    runner.run(replace(recruiter.services, sleep=slept.append), pressed)
    assert 0 < sum(slept) <= 10
