"""Fair among tenants: one that is throttled, slow or has a lot to read never stands in another's way."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from flask import Flask
from holding import NORTH, SOUTH, Holding, hold, press, state
from sqlalchemy import select, update

from cxmc_ext.db.models import Mailing, Operation
from cxmc_ext.db.queries import operations as rows
from cxmc_ext.db.queries.due import AHEAD
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, StandinServer
from cxmc_ext.testing import HandQueue, MemoryTenants
from cxmc_ext.usecases import activate, operations, sync, tick, ticks, wake
from tests.databases import on_both

pytestmark = on_both


@pytest.fixture
def host() -> MemoryTenants:  # type: ignore[override]
    return MemoryTenants(NORTH, SOUTH)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that a worker sat out."""
    found: list[float] = []
    monkeypatch.setattr(operations, "time", SimpleNamespace(sleep=found.append))  # of nobody else
    return found


@pytest.fixture
def holding(
    services: Services,
    host: MemoryTenants,
    queue: HandQueue,
    standin: StandinServer,
    slept: list[float],
) -> Holding:
    """Both connected, and two workers alive."""
    made = Holding(services, host, queue, standin).connect()
    for number in (1, 2):
        ticks.beat(services, f"worker:here:{number}", "worker")
    return made


def sent(holding: Holding, ref: str, count: int) -> list[int]:
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
            created_at=now - 600,
            sent_at=now - 600,
            next_sync_at=now - count + number,
        )
        session.add(mailing)
        session.flush()
        found.append(mailing.id)
    session.commit()
    return found


def test_due_operations_are_woken_from_each_account_in_turn(holding: Holding) -> None:
    north, south = press(holding, NORTH, 9), press(holding, SOUTH, 2)
    session, now = holding.services.session(), holding.services.clock()
    assert rows.due(session, 5, now) == [north[0], south[0], north[1], south[1], north[2]]
    session.rollback()


def test_a_long_row_is_not_woken_again_and_again(holding: Holding, queue: HandQueue) -> None:
    pressed = press(holding, NORTH, 5)
    for _ in range(3):
        tick.tick(holding.services)
        assert not operations.wake_if_stale(holding.services, pressed[0])
    assert [row for _, row in queue.nudges] == pressed
    hold(holding, pressed[0])
    session = holding.services.session()
    session.execute(update(Operation).values(lease_until=0.0))
    session.commit()
    assert operations.wake_if_stale(holding.services, pressed[0]), "its holder is gone"


def test_a_thousand_due_campaigns_leave_room_for_the_two_of_another(holding: Holding) -> None:
    north, south = sent(holding, NORTH, 40), sent(holding, SOUTH, 2)
    found = sync.claim_due(holding.services, 10)
    assert set(south) < set(found[:4])
    assert len(set(north) & set(found)) == 5
    assert sync.claim_due(holding.of(SOUTH), 10) == []


def test_who_holds_a_worker_does_not_take_the_last_one(holding: Holding) -> None:
    first, second = press(holding, NORTH, 2)
    (other,) = press(holding, SOUTH)
    hold(holding, first)
    assert not operations.run(holding.services, second)
    assert state(holding, second) == "queued"
    assert operations.run(holding.services, other)
    assert state(holding, other) == "done"


def test_with_a_third_worker_it_takes_the_second(holding: Holding) -> None:
    ticks.beat(holding.services, "worker:here:3", "worker")
    first, second = press(holding, NORTH, 2)
    hold(holding, first)
    assert operations.run(holding.services, second)


def test_one_account_alone_takes_every_worker(holding: Holding) -> None:
    activate.deactivate(holding.of(SOUTH), holding.admin(SOUTH))
    first, second = press(holding, NORTH, 2)
    hold(holding, first)
    assert operations.run(holding.services, second)


def test_a_refused_wake_up_serves_the_other_account_at_once(
    holding: Holding, queue: HandQueue
) -> None:
    first, second = press(holding, NORTH, 2)
    (other,) = press(holding, SOUTH)
    hold(holding, first)
    wake.operation(holding.services, second)
    assert (state(holding, second), state(holding, other)) == ("queued", "done")


def test_the_refused_operation_is_woken_when_a_worker_is_free(
    holding: Holding, queue: HandQueue
) -> None:
    first, second = press(holding, NORTH, 2)
    held = hold(holding, first)
    wake.operation(holding.services, second)
    assert not queue.nudges
    assert rows.release(held.session, first, held.lease, 0.0)
    held.session.commit()
    wake.operation(holding.services, first)
    assert list(queue.nudges) == [("operation", second)]
    queue.run_all()
    assert (state(holding, first), state(holding, second)) == ("done", "done")


def test_the_next_one_is_woken_once_however_many_workers_become_free(
    holding: Holding, queue: HandQueue
) -> None:
    """A job that finds nothing to do costs a worker a process."""
    (south,) = press(holding, SOUTH)
    north = press(holding, NORTH, 3)
    for each in north:
        wake.operation(holding.services, each)
    assert {state(holding, each) for each in north} == {"done"}
    assert list(queue.nudges) == [("operation", south)]


def test_who_was_turned_away_is_woken_again_at_once(holding: Holding) -> None:
    first, second = press(holding, NORTH, 2)
    hold(holding, first)
    assert operations.rouse(holding.services, second)
    assert not operations.rouse(holding.services, second)
    assert not operations.run(holding.services, second)
    assert operations.rouse(holding.services, second)


def test_a_press_comes_before_what_is_read_regularly(holding: Holding, queue: HandQueue) -> None:
    (mailing, *_) = sent(holding, NORTH, 3)
    (pressed,) = press(holding, SOUTH)
    wake.sync(holding.services, mailing)
    assert state(holding, pressed) == "done"
    assert ("sync", mailing) in queue.nudges


def test_reading_does_not_take_the_last_worker_and_is_due_again_at_once(holding: Holding) -> None:
    (mailing,) = sent(holding, NORTH, 1)
    (pressed,) = press(holding, NORTH)
    hold(holding, pressed)
    assert sync.claim_due(holding.services, 10) == [], "its account may not take one now"
    session = holding.services.session()
    put_off = holding.services.clock() + AHEAD
    session.execute(update(Mailing).where(Mailing.id == mailing).values(next_sync_at=put_off))
    session.commit()
    wake.sync(holding.services, mailing)
    session.rollback()
    one = select(Mailing.next_sync_at, Mailing.last_sync_at).where(Mailing.id == mailing)
    seen = session.execute(one).one()
    session.rollback()
    assert seen.last_sync_at is None
    assert seen.next_sync_at <= holding.services.clock()


def test_two_workers_at_once_do_not_both_go_to_one_account(holding: Holding, app: Flask) -> None:
    pressed = press(holding, NORTH, 2)
    claimed: list[bool] = []

    def claim(operation: int) -> Callable[[], None]:
        def work() -> None:
            with app.app_context():
                claimed.append(operations.claim(holding.services, operation) is not None)

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
    holding: Holding, slept: list[float], queue: HandQueue
) -> None:
    north, south = press(holding, NORTH, 6), press(holding, SOUTH, 6)
    holding.standin.state.faults.add(
        "* **", "429_retry_after", times=0, retry_after=600, account=DEMO_ACCOUNT
    )
    for turn in range(6):
        queue.nudges.extend((("operation", north[turn]), ("operation", south[turn])))
    queue.run_all()
    for _ in range(3):
        tick.tick(holding.services)
        queue.run_all()
    assert {state(holding, each) for each in south} == {"done"}
    assert {state(holding, each) for each in north} == {"waiting"}
    assert len(holding.standin.journal) == 6
    assert max(slept, default=0) <= 2
    assert holding.account(NORTH).back_off_until > holding.account(SOUTH).back_off_until == 0
    calls = holding.calls(NORTH)
    queue.nudges.extend(("operation", each) for each in north)
    queue.run_all()
    assert holding.calls(NORTH) == calls, "nothing is asked while it was told to wait"
    holding.standin.state.faults.clear()
    session = holding.services.session()
    session.execute(update(Operation).values(next_at=0.0))
    session.commit()
    holding.standin.state.advance(650)
    for _ in range(6):
        tick.tick(holding.services)
        queue.run_all()
    assert {state(holding, each) for each in north} == {"done"}
    assert len(holding.standin.journal) == 12


def test_nobody_sleeps_while_another_account_waits(
    holding: Holding, slept: list[float], queue: HandQueue
) -> None:
    (north,) = press(holding, NORTH)
    press(holding, SOUTH)
    holding.standin.state.faults.add("* **", "429", times=1, account=DEMO_ACCOUNT)
    operations.run(holding.services, north)
    assert slept == []
    assert state(holding, north) == "waiting"


def test_the_trouble_of_one_account_does_not_end_the_tick(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pressed,) = press(holding, SOUTH)
    whole = holding.crm.for_account

    def broken(ref: str | None) -> object:
        if ref == NORTH:
            raise RuntimeError("the tables of the north are being moved")
        return whole(ref)

    monkeypatch.setattr(holding.crm, "for_account", broken)
    assert tick.tick(holding.services) == 1
    holding.queue.run_all()
    assert state(holding, pressed) == "done"


def _at_once(works: list[Callable[[], None]]) -> None:
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        gate.wait(30)
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))
