"""The wake-up: what lies in Redis, and that nobody waits for Redis."""

import json
import os
import signal
import time
import zlib

import pytest
from redis import Redis

from cxmc_ext.adapters.rq.queue import RqQueue
from cxmc_ext.domain.problems import Problem
from tests.support.mailchimp_clients import settings_for
from tests.support.redis_server import RedisServer


def queue_at(url: str) -> RqQueue:
    return RqQueue(settings_for(CXMC_REDIS_URL=url))


def jobs(redis: Redis) -> list[dict[str, bytes]]:
    ids = [name.decode() for name in redis.lrange("rq:queue:cxmc", 0, -1)]
    return [
        {key.decode(): value for key, value in redis.hgetall(f"rq:job:{name}").items()}
        | {"id": name}
        for name in ids
    ]


def test_a_job_is_a_name_and_a_number(redis: Redis, redis_server: RedisServer) -> None:
    queue = queue_at(redis_server.url)
    assert queue.nudge_operation(41)
    assert queue.nudge_sync(42)
    first, second = jobs(redis)
    for job, function, number, seconds in (
        (first, "cxmc_ext.jobs.run_operation", 41, 180),
        (second, "cxmc_ext.jobs.run_sync", 42, 900),
    ):
        assert json.loads(zlib.decompress(job["data"])) == [function, None, [number], {}]
        assert job["description"] == b"cxmc"
        assert int(job["timeout"]) == seconds
        assert int(job["result_ttl"]) == 0
        assert int(job["failure_ttl"]) == 86_400
        assert "retries_left" not in job
    assert first["id"].startswith("op-41-")
    assert second["id"].startswith("sync-42-")


def test_the_same_operation_may_be_nudged_twice(redis: Redis, redis_server: RedisServer) -> None:
    queue = queue_at(redis_server.url)
    assert queue.nudge_operation(41)
    assert queue.nudge_operation(41)
    assert len({job["id"] for job in jobs(redis)}) == 2


def test_a_missing_redis_is_reported_at_once() -> None:
    queue = queue_at("unix:///nowhere/redis.sock")
    began = time.monotonic()
    assert not queue.nudge_operation(1)
    assert queue.problem() == Problem("queue_unreachable")
    assert time.monotonic() - began < 0.9, "less than a single try of a Redis that hangs"


@pytest.mark.slow
def test_a_hanging_redis_costs_two_seconds_at_most(redis_server: RedisServer) -> None:
    queue = queue_at(redis_server.url)
    assert queue.nudge_operation(1)
    assert redis_server.process is not None
    os.kill(redis_server.process.pid, signal.SIGSTOP)
    try:
        for warm in (queue, queue_at(redis_server.url)):
            began = time.monotonic()
            assert not warm.nudge_operation(2)
            assert time.monotonic() - began < 2
            began = time.monotonic()
            assert warm.problem() == Problem("queue_unreachable")
            assert time.monotonic() - began < 2
    finally:
        os.kill(redis_server.process.pid, signal.SIGCONT)


def test_a_restart_of_redis_between_two_nudges_is_not_noticed(redis_server: RedisServer) -> None:
    queue = queue_at(redis_server.url)
    assert queue.nudge_operation(1)
    redis_server.stop()
    assert not queue.nudge_operation(2)
    redis_server.start()
    assert queue.nudge_operation(3)
    redis_server.stop()
    redis_server.start()
    assert queue.nudge_operation(4)
    assert queue.problem() is None


def test_only_whole_numbers_become_arguments(redis: Redis, redis_server: RedisServer) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        queue_at(redis_server.url).nudge_operation("anna@cedarstaffing.example")  # type: ignore[arg-type]
    assert jobs(redis) == []
