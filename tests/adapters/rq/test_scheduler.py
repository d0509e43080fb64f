"""rq-scheduler as a heartbeat: one tick at a time, whatever happens to Redis or to another scheduler."""

import threading
import time
from collections.abc import Callable

import pytest
from redis import Redis
from rq_scheduler import Scheduler

from cxmc_ext.adapters.rq import scheduler as module
from cxmc_ext.adapters.rq.queue import TICK, open_queue
from cxmc_ext.adapters.rq.scheduler import TICK_JOB_ID, TickScheduler, run_scheduler
from cxmc_ext.adapters.rq.worker import RestrictedJob
from tests.support.mailchimp_clients import settings_for
from tests.support.redis_server import RedisServer
from tests.support.waiting import wait_until


@pytest.fixture
def scheduler(redis: Redis) -> TickScheduler:
    return TickScheduler(open_queue("cxmc", redis), every=60)


def queued(redis: Redis) -> list[bytes]:
    found: list[bytes] = redis.lrange("rq:queue:cxmc", 0, -1)
    return found


def make_due(scheduler: TickScheduler) -> None:
    scheduler.connection.zadd(scheduler.scheduled_jobs_key, {TICK_JOB_ID: 1})


def test_the_first_pass_queues_a_tick_as_json_without_arguments(
    scheduler: TickScheduler, redis: Redis
) -> None:
    scheduler.run_once()
    assert queued(redis) == [TICK_JOB_ID.encode()]
    job = RestrictedJob.fetch(TICK_JOB_ID, redis)
    assert (job.func_name, list(job.args), job.kwargs) == (TICK, [], {})
    assert job.failure_ttl == 86_400


def test_the_next_tick_comes_a_minute_later(scheduler: TickScheduler, redis: Redis) -> None:
    scheduler.run_once()
    due = redis.zscore(scheduler.scheduled_jobs_key, TICK_JOB_ID)
    assert due is not None
    assert 50 < due - time.time() <= 61
    redis.delete("rq:queue:cxmc")
    scheduler.run_once()
    assert queued(redis) == []


def test_a_tick_still_queued_is_not_queued_again(scheduler: TickScheduler, redis: Redis) -> None:
    for _ in range(3):
        make_due(scheduler)
        scheduler.run_once()
    assert queued(redis) == [TICK_JOB_ID.encode()]


def test_a_tick_still_running_is_not_queued_but_a_dead_one_is(
    scheduler: TickScheduler, redis: Redis
) -> None:
    scheduler.run_once()
    redis.delete("rq:queue:cxmc")
    redis.zadd("rq:wip:cxmc", {f"{TICK_JOB_ID}:e1": time.time() + 60})
    make_due(scheduler)
    scheduler.run_once()
    assert queued(redis) == []
    redis.zadd("rq:wip:cxmc", {f"{TICK_JOB_ID}:e1": time.time() - 1})
    make_due(scheduler)
    scheduler.run_once()
    assert queued(redis) == [TICK_JOB_ID.encode()]


@pytest.mark.parametrize("lost", ["everything", "the job", "the schedule"])
def test_a_job_that_redis_lost_is_registered_again(
    scheduler: TickScheduler, redis: Redis, lost: str
) -> None:
    scheduler.run_once()
    redis.delete("rq:queue:cxmc")
    {
        "everything": redis.flushall,
        "the job": lambda: redis.delete(f"rq:job:{TICK_JOB_ID}"),
        "the schedule": lambda: redis.delete(scheduler.scheduled_jobs_key),
    }[lost]()
    scheduler.run_once()
    assert queued(redis) == [TICK_JOB_ID.encode()]


def test_a_scheduler_of_the_host_does_not_see_our_job(
    scheduler: TickScheduler, redis: Redis
) -> None:
    scheduler.run_once()
    make_due(scheduler)
    assert list(Scheduler(connection=redis).get_jobs()) == []


def test_while_another_holds_the_lock_a_pass_does_nothing(
    scheduler: TickScheduler, redis: Redis
) -> None:
    assert TickScheduler(open_queue("cxmc", redis)).acquire_lock()
    scheduler.run_once()
    assert queued(redis) == []
    assert 0 < redis.ttl(scheduler.scheduler_lock_key) <= 15


def running(url: str, beat: Callable[[], object], stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(
        target=run_scheduler, args=(settings_for(CXMC_REDIS_URL=url), beat, stop)
    )
    thread.start()
    return thread


def test_it_records_heartbeats_and_survives_failures_of_redis_and_database(
    redis_server: RedisServer, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PASS_SECONDS", 0.05)
    beats: list[float] = []

    def beat() -> None:
        beats.append(time.monotonic())
        if len(beats) == 2:
            raise RuntimeError("the database is locked")

    stop = threading.Event()
    thread = running(redis_server.url, beat, stop)
    try:
        wait_until(lambda: len(beats) > 3)
        redis_server.stop()
        time.sleep(0.2)
        redis_server.start()
        count = len(beats)
        wait_until(lambda: len(beats) > count + 2, 30)
        with redis_server.client() as fresh:
            wait_until(lambda: queued(fresh) == [TICK_JOB_ID.encode()], 30)
    finally:
        stop.set()
        thread.join(30)
