"""Fair among tenants: one that is throttled, slow or has a lot to read never stands in another's way."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select, update

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import operations as rows
from cxmc_ext.db.queries.sync_due import CLAIM_SECONDS
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, StandinServer
from cxmc_ext.testing import ManualQueue, MemoryMultiAccountHost
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.worker import runner, tick, wakeups
from tests.support.databases import on_both
from tests.support.two_tenants import (
    NORTH,
    SOUTH,
    TwoTenants,
    claim_operation,
    operation_state,
    submit_sends,
)

pytestmark = on_both


@pytest.fixture
def host() -> MemoryMultiAccountHost:  # type: ignore[override]
    return MemoryMultiAccountHost(NORTH, SOUTH)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that a worker sat out."""
    found: list[float] = []
    monkeypatch.setattr(runner, "time", SimpleNamespace(sleep=found.append))  # of nobody else
    return found


@pytest.fixture
def holding(
    services: Services,
    host: MemoryMultiAccountHost,
    queue: ManualQueue,
    standin: StandinServer,
    slept: list[float],
) -> TwoTenants:
    """Both connected, and two workers alive."""
    made = TwoTenants(services, host, queue, standin).connect()
    for number in (1, 2):
        heartbeats.write_heartbeat(services, f"worker:here:{number}", "worker")
    return made


def sent(holding: TwoTenants, ref: str, count: int) -> list[int]:
    """Campaigns that are read regularly, all of them due; no network is needed for that."""
    session = holding.services.session()
    account, now = holding.account(ref), holding.services.clock()
    found = []
    for number in range(count):
        mailing = Mailing(
            account_id=account.id,
            campaign_ref=f"due-{number}",
            state="sent",
            remote_id=f"{ref}{number}",
            remote_status="sent",
            remote_created_at=now - 600,
            sent_at=now - 600,
            next_sync_at=now - count + number,
        )
        session.add(mailing)
        session.flush()
        found.append(mailing.id)
    session.commit()
    return found


def test_due_operations_are_woken_from_each_account_in_turn(holding: TwoTenants) -> None:
    north, south = submit_sends(holding, NORTH, 9), submit_sends(holding, SOUTH, 2)
    session, now = holding.services.session(), holding.services.clock()
    assert rows.due_for_nudge(session, 5, now) == [north[0], south[0], north[1], south[1], north[2]]
    session.rollback()


def test_a_long_row_is_not_woken_again_and_again(holding: TwoTenants, queue: ManualQueue) -> None:
    pressed = submit_sends(holding, NORTH, 5)
    for _ in range(3):
        tick.tick(holding.services)
        assert not runner.wake_if_stale(holding.services, pressed[0])
    assert [row for _, row in queue.nudges] == pressed
    claim_operation(holding, pressed[0])
    session = holding.services.session()
    session.execute(update(Operation).values(lease_until=0.0))
    session.commit()
    assert runner.wake_if_stale(holding.services, pressed[0]), "its holder is gone"


def test_a_thousand_due_campaigns_leave_room_for_the_two_of_another(holding: TwoTenants) -> None:
    north, south = sent(holding, NORTH, 40), sent(holding, SOUTH, 2)
    found = sync_schedule.claim_due(holding.services, 10)
    assert set(south) < set(found[:4])
    assert len(set(north) & set(found)) == 5
    assert sync_schedule.claim_due(holding.services_for(SOUTH), 10) == []


def test_who_holds_a_worker_does_not_take_the_last_one(holding: TwoTenants) -> None:
    first, second = submit_sends(holding, NORTH, 2)
    (other,) = submit_sends(holding, SOUTH)
    claim_operation(holding, first)
    assert not runner.run(holding.services, second)
    assert operation_state(holding, second) == "queued"
    assert runner.run(holding.services, other)
    assert operation_state(holding, other) == "done"


def test_with_a_third_worker_it_takes_the_second(holding: TwoTenants) -> None:
    heartbeats.write_heartbeat(holding.services, "worker:here:3", "worker")
    first, second = submit_sends(holding, NORTH, 2)
    claim_operation(holding, first)
    assert runner.run(holding.services, second)


def test_one_account_alone_takes_every_worker(holding: TwoTenants) -> None:
    activation.deactivate(holding.services_for(SOUTH), holding.admin(SOUTH))
    first, second = submit_sends(holding, NORTH, 2)
    claim_operation(holding, first)
    assert runner.run(holding.services, second)


def test_a_refused_wake_up_serves_the_other_account_at_once(
    holding: TwoTenants, queue: ManualQueue
) -> None:
    first, second = submit_sends(holding, NORTH, 2)
    (other,) = submit_sends(holding, SOUTH)
    claim_operation(holding, first)
    wakeups.on_operation_nudge(holding.services, second)
    assert (operation_state(holding, second), operation_state(holding, other)) == ("queued", "done")


def test_the_refused_operation_is_woken_when_a_worker_is_free(
    holding: TwoTenants, queue: ManualQueue
) -> None:
    first, second = submit_sends(holding, NORTH, 2)
    held = claim_operation(holding, first)
    wakeups.on_operation_nudge(holding.services, second)
    assert not queue.nudges
    assert rows.release(held.session, first, held.lease, 0.0)
    held.session.commit()
    wakeups.on_operation_nudge(holding.services, first)
    assert list(queue.nudges) == [("operation", second)]
    queue.run_all()
    assert (operation_state(holding, first), operation_state(holding, second)) == ("done", "done")


def test_the_next_one_is_woken_once_however_many_workers_become_free(
    holding: TwoTenants, queue: ManualQueue
) -> None:
    """A job that finds nothing to do costs a worker a process."""
    (south,) = submit_sends(holding, SOUTH)
    north = submit_sends(holding, NORTH, 3)
    for each in north:
        wakeups.on_operation_nudge(holding.services, each)
    assert {operation_state(holding, each) for each in north} == {"done"}
    assert list(queue.nudges) == [("operation", south)]


def test_who_was_turned_away_is_woken_again_at_once(holding: TwoTenants) -> None:
    first, second = submit_sends(holding, NORTH, 2)
    claim_operation(holding, first)
    assert runner.nudge_if_idle(holding.services, second)
    assert not runner.nudge_if_idle(holding.services, second)
    assert not runner.run(holding.services, second)
    assert runner.nudge_if_idle(holding.services, second)


def test_a_press_comes_before_what_is_read_regularly(
    holding: TwoTenants, queue: ManualQueue
) -> None:
    (mailing, *_) = sent(holding, NORTH, 3)
    (pressed,) = submit_sends(holding, SOUTH)
    wakeups.on_sync_nudge(holding.services, mailing)
    assert operation_state(holding, pressed) == "done"
    assert ("sync", mailing) in queue.nudges


def test_reading_does_not_take_the_last_worker_and_is_due_again_at_once(
    holding: TwoTenants,
) -> None:
    (mailing,) = sent(holding, NORTH, 1)
    (pressed,) = submit_sends(holding, NORTH)
    claim_operation(holding, pressed)
    assert sync_schedule.claim_due(holding.services, 10) == [], "its account may not take one now"
    session = holding.services.session()
    put_off = holding.services.clock() + CLAIM_SECONDS
    session.execute(update(Mailing).where(Mailing.id == mailing).values(next_sync_at=put_off))
    session.commit()
    wakeups.on_sync_nudge(holding.services, mailing)
    session.rollback()
    one = select(Mailing.next_sync_at, Mailing.last_sync_at).where(Mailing.id == mailing)
    seen = session.execute(one).one()
    session.rollback()
    assert seen.last_sync_at is None
    assert seen.next_sync_at <= holding.services.clock()


def test_two_workers_at_once_do_not_both_go_to_one_account(holding: TwoTenants, app: Flask) -> None:
    pressed = submit_sends(holding, NORTH, 2)
    claimed: list[bool] = []

    def claim(operation: int) -> Callable[[], None]:
        def work() -> None:
            with app.app_context():
                claimed.append(runner.claim(holding.services, operation) is not None)

        return work

    for _ in range(5):
        claimed.clear()
        _at_once([claim(each) for each in pressed])
        assert sorted(claimed) == [False, True]
        session = holding.services.session()
        session.rollback()
        session.execute(update(Operation).values(lease_until=0.0))
        session.commit()


def test_a_throttled_tenant_waits_alone_and_no_worker_sleeps_for_it(
    holding: TwoTenants, slept: list[float], queue: ManualQueue
) -> None:
    north, south = submit_sends(holding, NORTH, 6), submit_sends(holding, SOUTH, 6)
    holding.standin.state.faults.add(
        "* **", "429_retry_after", times=0, retry_after=600, account=DEMO_ACCOUNT
    )
    for turn in range(6):
        queue.nudges.extend((("operation", north[turn]), ("operation", south[turn])))
    queue.run_all()
    for _ in range(3):
        tick.tick(holding.services)
        queue.run_all()
    assert {operation_state(holding, each) for each in south} == {"done"}
    assert {operation_state(holding, each) for each in north} == {"waiting"}
    assert len(holding.standin.outbox) == 6
    assert max(slept, default=0) <= 2
    assert holding.account(NORTH).back_off_until > holding.account(SOUTH).back_off_until == 0
    calls = holding.count_remote_calls(NORTH)
    queue.nudges.extend(("operation", each) for each in north)
    queue.run_all()
    assert holding.count_remote_calls(NORTH) == calls, "nothing is asked while it was told to wait"
    holding.standin.state.faults.clear()
    session = holding.services.session()
    session.execute(update(Operation).values(not_before=0.0))
    session.commit()
    holding.standin.state.advance(650)
    for _ in range(6):
        tick.tick(holding.services)
        queue.run_all()
    assert {operation_state(holding, each) for each in north} == {"done"}
    assert len(holding.standin.outbox) == 12


def test_nobody_sleeps_while_another_account_waits(
    holding: TwoTenants, slept: list[float], queue: ManualQueue
) -> None:
    (north,) = submit_sends(holding, NORTH)
    submit_sends(holding, SOUTH)
    holding.standin.state.faults.add("* **", "429", times=1, account=DEMO_ACCOUNT)
    runner.run(holding.services, north)
    assert slept == []
    assert operation_state(holding, north) == "waiting"


def test_the_trouble_of_one_account_does_not_end_the_tick(
    holding: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pressed,) = submit_sends(holding, SOUTH)
    whole = holding.multi_account_host.for_account

    def broken(ref: str | None) -> object:
        if ref == NORTH:
            raise RuntimeError("the tables of the north are being moved")
        return whole(ref)

    monkeypatch.setattr(holding.multi_account_host, "for_account", broken)
    assert tick.tick(holding.services) == 1
    holding.queue.run_all()
    assert operation_state(holding, pressed) == "done"


def _at_once(works: list[Callable[[], None]]) -> None:
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        gate.wait(30)
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))
