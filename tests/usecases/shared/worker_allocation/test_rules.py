"""Fairness: an account that is throttled, slow or has much to read never blocks another one."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select, update

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import operations as rows
from cxmc_ext.db.queries.sync_due import CLAIM_SECONDS
from cxmc_ext.standin import DEMO_ACCOUNT
from cxmc_ext.testing import ManualQueue
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.worker import runner, tick, wakeups
from tests.support.databases import on_both
from tests.support.two_tenants import (
    NORTH,
    SOUTH,
    TwoTenants,
    add_due_mailings,
    claim_operation,
    operation_state,
    submit_sends,
)

pytestmark = [on_both, pytest.mark.slow]


def test_due_operations_are_nudged_from_each_account_in_turn(two_tenants: TwoTenants) -> None:
    north, south = submit_sends(two_tenants, NORTH, 9), submit_sends(two_tenants, SOUTH, 2)
    session, now = two_tenants.services.session(), two_tenants.services.clock()
    assert rows.due_for_nudge(session, 5, now) == [north[0], south[0], north[1], south[1], north[2]]
    session.rollback()


def test_waiting_operations_are_not_nudged_over_and_over(
    two_tenants: TwoTenants, queue: ManualQueue
) -> None:
    pressed = submit_sends(two_tenants, NORTH, 5)
    for _ in range(3):
        tick.tick(two_tenants.services)
        assert not runner.wake_if_stale(two_tenants.services, pressed[0])
    assert [row for _, row in queue.nudges] == pressed
    claim_operation(two_tenants, pressed[0])
    session = two_tenants.services.session()
    session.execute(update(Operation).values(lease_until=0.0))
    session.commit()
    assert runner.wake_if_stale(two_tenants.services, pressed[0]), "its worker is gone"


def test_a_thousand_due_campaigns_leave_room_for_another_account(
    two_tenants: TwoTenants,
) -> None:
    north, south = add_due_mailings(two_tenants, NORTH, 40), add_due_mailings(two_tenants, SOUTH, 2)
    claimed = sync_schedule.claim_due(two_tenants.services, 10)
    assert set(south) < set(claimed[:4])
    assert len(set(north) & set(claimed)) == 5
    assert sync_schedule.claim_due(two_tenants.services_for(SOUTH), 10) == []


def test_account_with_a_worker_does_not_get_the_last_one(two_tenants: TwoTenants) -> None:
    first, second = submit_sends(two_tenants, NORTH, 2)
    (other,) = submit_sends(two_tenants, SOUTH)
    claim_operation(two_tenants, first)
    assert not runner.run(two_tenants.services, second)
    assert operation_state(two_tenants, second) == "queued"
    assert runner.run(two_tenants.services, other)
    assert operation_state(two_tenants, other) == "done"


def test_account_with_a_worker_gets_a_second_of_three(two_tenants: TwoTenants) -> None:
    heartbeats.write_heartbeat(two_tenants.services, "worker:here:3", "worker")
    first, second = submit_sends(two_tenants, NORTH, 2)
    claim_operation(two_tenants, first)
    assert runner.run(two_tenants.services, second)


def test_only_account_gets_every_worker(two_tenants: TwoTenants) -> None:
    activation.deactivate(two_tenants.services_for(SOUTH), two_tenants.admin(SOUTH))
    first, second = submit_sends(two_tenants, NORTH, 2)
    claim_operation(two_tenants, first)
    assert runner.run(two_tenants.services, second)


def test_refused_nudge_serves_the_other_account_at_once(
    two_tenants: TwoTenants, queue: ManualQueue
) -> None:
    first, second = submit_sends(two_tenants, NORTH, 2)
    (other,) = submit_sends(two_tenants, SOUTH)
    claim_operation(two_tenants, first)
    wakeups.on_operation_nudge(two_tenants.services, second)
    assert (operation_state(two_tenants, second), operation_state(two_tenants, other)) == (
        "queued",
        "done",
    )


def test_refused_operation_is_nudged_when_a_worker_is_free(
    two_tenants: TwoTenants, queue: ManualQueue
) -> None:
    first, second = submit_sends(two_tenants, NORTH, 2)
    held = claim_operation(two_tenants, first)
    wakeups.on_operation_nudge(two_tenants.services, second)
    assert not queue.nudges
    assert rows.release(held.session, first, held.lease, 0.0)
    held.session.commit()
    wakeups.on_operation_nudge(two_tenants.services, first)
    assert list(queue.nudges) == [("operation", second)]
    queue.run_all()
    assert (operation_state(two_tenants, first), operation_state(two_tenants, second)) == (
        "done",
        "done",
    )


def test_next_operation_is_nudged_once_when_several_workers_become_free(
    two_tenants: TwoTenants, queue: ManualQueue
) -> None:
    """A job without anything to do costs a worker process."""
    (south,) = submit_sends(two_tenants, SOUTH)
    north = submit_sends(two_tenants, NORTH, 3)
    for pressed_id in north:
        wakeups.on_operation_nudge(two_tenants.services, pressed_id)
    assert {operation_state(two_tenants, pressed_id) for pressed_id in north} == {"done"}
    assert list(queue.nudges) == [("operation", south)]


def test_refused_operation_may_be_nudged_again_at_once(two_tenants: TwoTenants) -> None:
    first, second = submit_sends(two_tenants, NORTH, 2)
    claim_operation(two_tenants, first)
    assert runner.nudge_if_idle(two_tenants.services, second)
    assert not runner.nudge_if_idle(two_tenants.services, second)
    assert not runner.run(two_tenants.services, second)
    assert runner.nudge_if_idle(two_tenants.services, second)


def test_operation_comes_before_a_sync_turn(two_tenants: TwoTenants, queue: ManualQueue) -> None:
    (mailing, *_) = add_due_mailings(two_tenants, NORTH, 3)
    (pressed,) = submit_sends(two_tenants, SOUTH)
    wakeups.on_sync_nudge(two_tenants.services, mailing)
    assert operation_state(two_tenants, pressed) == "done"
    assert ("sync", mailing) in queue.nudges


def test_sync_turn_does_not_take_the_last_worker_and_stays_due(
    two_tenants: TwoTenants,
) -> None:
    (mailing,) = add_due_mailings(two_tenants, NORTH, 1)
    (pressed,) = submit_sends(two_tenants, NORTH)
    claim_operation(two_tenants, pressed)
    assert sync_schedule.claim_due(two_tenants.services, 10) == [], (
        "its account may not have another worker now"
    )
    session = two_tenants.services.session()
    put_off = two_tenants.services.clock() + CLAIM_SECONDS
    session.execute(update(Mailing).where(Mailing.id == mailing).values(next_sync_at=put_off))
    session.commit()
    wakeups.on_sync_nudge(two_tenants.services, mailing)
    session.rollback()
    times = select(Mailing.next_sync_at, Mailing.last_sync_at).where(Mailing.id == mailing)
    stored = session.execute(times).one()
    session.rollback()
    assert stored.last_sync_at is None
    assert stored.next_sync_at <= two_tenants.services.clock()


def test_two_workers_do_not_both_go_to_one_account(two_tenants: TwoTenants, app: Flask) -> None:
    pressed = submit_sends(two_tenants, NORTH, 2)
    claimed: list[bool] = []

    def claim(operation: int) -> Callable[[], None]:
        def work() -> None:
            with app.app_context():
                claimed.append(runner.claim(two_tenants.services, operation) is not None)

        return work

    for _ in range(5):
        claimed.clear()
        _at_once([claim(pressed_id) for pressed_id in pressed])
        assert sorted(claimed) == [False, True]
        session = two_tenants.services.session()
        session.rollback()
        session.execute(update(Operation).values(lease_until=0.0))
        session.commit()


def test_throttled_account_waits_without_a_sleeping_worker(
    two_tenants: TwoTenants, slept: list[float], queue: ManualQueue
) -> None:
    north, south = submit_sends(two_tenants, NORTH, 6), submit_sends(two_tenants, SOUTH, 6)
    two_tenants.standin.state.faults.add(
        "* **", "429_retry_after", times=0, retry_after=600, account=DEMO_ACCOUNT
    )
    for turn in range(6):
        queue.nudges.extend((("operation", north[turn]), ("operation", south[turn])))
    queue.run_all()
    for _ in range(3):
        tick.tick(two_tenants.services)
        queue.run_all()
    assert {operation_state(two_tenants, pressed_id) for pressed_id in south} == {"done"}
    assert {operation_state(two_tenants, pressed_id) for pressed_id in north} == {"waiting"}
    assert len(two_tenants.standin.outbox) == 6
    assert max(slept, default=0) <= 2
    assert (
        two_tenants.account_of(NORTH).back_off_until
        > two_tenants.account_of(SOUTH).back_off_until
        == 0
    )
    calls = two_tenants.count_remote_calls(NORTH)
    queue.nudges.extend(("operation", pressed_id) for pressed_id in north)
    queue.run_all()
    assert two_tenants.count_remote_calls(NORTH) == calls, (
        "no call is made while MailChimp asks us to wait"
    )
    two_tenants.standin.state.faults.clear()
    session = two_tenants.services.session()
    session.execute(update(Operation).values(not_before=0.0))
    session.commit()
    two_tenants.standin.state.advance(650)
    for _ in range(6):
        tick.tick(two_tenants.services)
        queue.run_all()
    assert {operation_state(two_tenants, pressed_id) for pressed_id in north} == {"done"}
    assert len(two_tenants.standin.outbox) == 12


def test_no_worker_sleeps_while_another_account_waits(
    two_tenants: TwoTenants, slept: list[float], queue: ManualQueue
) -> None:
    (north,) = submit_sends(two_tenants, NORTH)
    submit_sends(two_tenants, SOUTH)
    two_tenants.standin.state.faults.add("* **", "429", times=1, account=DEMO_ACCOUNT)
    runner.run(two_tenants.services, north)
    assert slept == []
    assert operation_state(two_tenants, north) == "waiting"


def test_failure_for_one_account_does_not_end_the_tick(
    two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pressed,) = submit_sends(two_tenants, SOUTH)
    whole = two_tenants.multi_account_host.for_account

    def broken(ref: str | None) -> object:
        if ref == NORTH:
            raise RuntimeError("the tables of the north are being moved")
        return whole(ref)

    monkeypatch.setattr(two_tenants.multi_account_host, "for_account", broken)
    assert tick.tick(two_tenants.services) == 1
    two_tenants.queue.run_all()
    assert operation_state(two_tenants, pressed) == "done"


def _at_once(works: list[Callable[[], None]]) -> None:
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        gate.wait(30)
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))
