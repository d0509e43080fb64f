"""Many calls of one step: as many at once as may be, each fenced, and a trouble ends them in order."""

import sqlite3
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.domain.errors import LostLease, Unknown
from cxmc_ext.usecases.operations.context import LEASE_GRACE, OperationContext
from cxmc_ext.usecases.worker import runner
from tests.support.recruiter import Recruiter

PATIENCE = 60
"""Seconds until a call that waits for another one gives the test up."""


@pytest.fixture
def run(recruiter: Recruiter) -> OperationContext:
    recruiter.add("anna@kandidaten.example")
    claimed = runner.claim(recruiter.services, recruiter.send())
    assert claimed is not None
    return claimed


def numbers(count: int) -> Iterator[tuple[int, tuple[int]]]:
    for number in range(count):
        yield number, (number,)


def outcomes(recruiter: Recruiter, name: str) -> list[str]:
    wanted = select(RemoteCall.outcome).where(RemoteCall.method == name).order_by(RemoteCall.id)
    return list(recruiter.session.execute(wanted).scalars())


def test_a_slow_call_holds_up_none_but_the_last_of_its_places(run: OperationContext) -> None:
    """The first one ends only when all but its own place were used again and again."""
    enough = threading.Event()
    begun = threading.Semaphore(0)

    def subscribe_members(number: int) -> int:
        if number == 0:
            assert enough.wait(PATIENCE), "no other call began meanwhile"
        begun.release()
        if number == run.max_parallel_calls - 1:
            enough.set()
        return number * 10

    count = 3 * run.max_parallel_calls
    got = []
    for item, value in run.call_pipelined(subscribe_members, numbers(count)):
        got.append((item, value))
        run.commit(progress_done=item)
    assert got == [(number, number * 10) for number in range(count)]


def test_a_place_is_taken_as_soon_as_it_is_free(run: OperationContext) -> None:
    """With its first call done the flow begins another one before the others have ended."""
    another = threading.Event()

    def subscribe_members(number: int) -> int:
        if number == run.max_parallel_calls:
            another.set()
        elif number > 0:
            assert another.wait(PATIENCE), "the flow waits for all that it began"
        return number

    assert [
        item
        for item, _ in run.call_pipelined(subscribe_members, numbers(run.max_parallel_calls + 1))
    ] == list(range(run.max_parallel_calls + 1))


def test_never_more_calls_at_once_than_may_be(run: OperationContext) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def subscribe_members(number: int) -> int:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        with lock:
            now -= 1
        return number

    for item, _ in run.call_pipelined(subscribe_members, numbers(5 * run.max_parallel_calls)):
        run.commit(progress_done=item)
    assert 1 <= most <= run.max_parallel_calls


def test_after_a_trouble_none_begins_and_those_under_way_are_told(
    run: OperationContext, recruiter: Recruiter
) -> None:
    failed = threading.Event()

    def subscribe_members(number: int) -> int:
        if number == 0:
            failed.set()
            raise Unknown
        assert failed.wait(PATIENCE)
        return number

    told = []

    def take() -> None:
        for item, _ in run.call_pipelined(subscribe_members, numbers(100)):
            told.append(item)
            run.commit(progress_done=item)

    with pytest.raises(Unknown):
        take()
    assert told == list(range(1, run.max_parallel_calls))
    assert outcomes(recruiter, "subscribe_members") == [
        "unknown",
        *["ok"] * (run.max_parallel_calls - 1),
    ]


def test_the_lease_outlasts_every_call_under_way(
    run: OperationContext, recruiter: Recruiter
) -> None:
    """Saving what one call brought must not shorten the lease that another one relies on."""
    lasting = recruiter.services.settings.batch_timeout + LEASE_GRACE
    assert lasting > recruiter.services.settings.read_timeout + LEASE_GRACE

    def subscribe_members(number: int) -> int:
        return number

    for item, _ in run.call_pipelined(subscribe_members, numbers(2)):
        run.commit(progress_done=item)
        left = select(Operation.lease_until - db_now()).where(Operation.id == run.operation_id)
        assert recruiter.session.execute(left).scalar_one() > lasting - 5
    run.commit()
    left = select(Operation.lease_until - db_now()).where(Operation.id == run.operation_id)
    assert recruiter.session.execute(left).scalar_one() < lasting - 5


def test_no_transaction_is_open_while_a_call_is_under_way(
    run: OperationContext, recruiter: Recruiter
) -> None:
    """SQLite has one writer: the look for the next call may not keep all others out until this one ends."""
    database = run.session.get_bind().url.database  # type: ignore[union-attr]

    looked = threading.Event()

    def subscribe_members(number: int) -> int:
        assert looked.wait(PATIENCE)
        other = sqlite3.connect(database, timeout=PATIENCE)
        other.execute("BEGIN IMMEDIATE")
        other.rollback()
        other.close()
        return number

    def looked_up() -> Iterator[tuple[int, tuple[int]]]:
        yield from numbers(2)
        assert run.session.execute(select(Operation.id)).all()
        looked.set()

    for item, _ in run.call_pipelined(subscribe_members, looked_up()):
        run.commit(progress_done=item)


def test_who_lost_the_operation_begins_no_further_call(
    run: OperationContext, recruiter: Recruiter
) -> None:
    begun = []

    def subscribe_members(number: int) -> int:
        begun.append(number)
        return number

    def take() -> None:
        for item, _ in run.call_pipelined(subscribe_members, numbers(100)):
            if item == 1:
                session = recruiter.session
                session.execute(update(Operation).values(lease_token="somebody else's"))
                session.commit()
            run.commit()

    with pytest.raises(LostLease):
        take()
    assert len(begun) <= run.max_parallel_calls + 2
