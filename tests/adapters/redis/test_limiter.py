"""Never more calls at once than an account may have, over threads and processes."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from cxmc_ext.adapters.limiter import Limiter, LocalLimiter
from cxmc_ext.adapters.redis import limiter as module
from cxmc_ext.adapters.redis.limiter import RedisLimiter, make_limiter
from cxmc_ext.domain.errors import Throttled
from tests.support.mailchimp_clients import settings_for
from tests.support.paths import ROOT
from tests.support.redis_server import RedisServer
from tests.support.waiting import wait_until

PROGRAM = Path(__file__).with_name("limiter_process.py")


@contextmanager
def held(limiter: Limiter, count: int) -> Iterator[None]:
    """That many slots are out, each in a thread of its own."""
    release, taken = threading.Event(), threading.Semaphore(0)

    def hold() -> None:
        with limiter.slot(1):
            taken.release()
            release.wait(60)

    threads = [threading.Thread(target=hold) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        for _ in threads:
            assert taken.acquire(timeout=30)
        yield
    finally:
        release.set()
        for thread in threads:
            thread.join()


def test_two_processes_never_use_more_than_eight_slots(redis_server: RedisServer) -> None:
    command = [sys.executable, str(PROGRAM), redis_server.url, "10", "1.5"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    most = [int(process.communicate(timeout=30)[0]) for process in running]
    assert max(most) <= 8
    assert max(most) >= 6, "the limit was never tested"


@pytest.mark.parametrize("kind", ["local", "redis"])
def test_a_call_without_a_free_slot_waits_and_is_then_throttled(kind: str, redis: Redis) -> None:
    limiter = LocalLimiter(2) if kind == "local" else RedisLimiter(redis, 2)
    with held(limiter, 2):
        began = time.monotonic()
        with pytest.raises(Throttled) as caught, limiter.slot(1, wait=0.2):
            pass
        assert 0.15 < time.monotonic() - began < 5, "not the ten seconds of a call"
        assert caught.value.retry_after == 2
        with limiter.slot(2, wait=0.2):
            pass
    with limiter.slot(1, wait=10):
        pass


def test_queues_have_separate_slots(redis: Redis) -> None:
    with held(RedisLimiter(redis, 1, "a"), 1), RedisLimiter(redis, 1, "b").slot(1, wait=0.1):
        pass


def test_a_slot_is_released_after_an_error(redis: Redis) -> None:
    limiter = RedisLimiter(redis, 1)
    for _ in range(3):
        with pytest.raises(KeyError), limiter.slot(1, wait=0.1):
            raise KeyError
    assert redis.zcard("cxmc:slots:1") == 0


def test_the_slot_of_a_killed_process_expires(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLOT_GRACE", 0.2)
    limiter = RedisLimiter(redis, 1)
    lost = limiter.slot(1, hold=0.3)
    lost.__enter__()
    with limiter.slot(1, wait=10):
        pass
    assert redis.ttl("cxmc:slots:1") <= 136


def test_acquiring_and_releasing_take_one_round_trip_each(redis: Redis) -> None:
    limiter = RedisLimiter(redis, 8)
    with limiter.slot(1):
        pass
    before = redis.info("stats")["total_commands_processed"]
    with limiter.slot(1):
        pass
    after = redis.info("stats")["total_commands_processed"]
    # The script's own commands count: evalsha, time, zremrangebyscore, zcard, zadd, pttl(+pexpire).
    assert after - before <= 1 + 6 + 1 + 1


def test_without_redis_each_process_limits_itself_to_half_and_logs_it_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    limiter = make_limiter(settings_for(CXMC_REDIS_URL="unix:///nowhere/redis.sock"))
    with held(limiter, 4), pytest.raises(Throttled), limiter.slot(1, wait=0.1):
        pass
    with limiter.slot(1):
        pass
    assert len(caplog.messages) == 1


def test_calls_that_lose_redis_at_the_same_time_log_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limiter = make_limiter(settings_for(CXMC_REDIS_URL="unix:///nowhere/redis.sock"))
    said = []

    def warning(*words: object) -> None:
        said.append(words)
        if len(said) == 1:
            with held(limiter, 1):
                pass

    monkeypatch.setattr(module._log, "warning", warning)
    with limiter.slot(1):
        pass
    assert len(said) == 1


def test_redis_is_tried_again_after_a_while(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer
) -> None:
    monkeypatch.setattr(module, "REDIS_RETRY_SECONDS", 0.1)
    limiter = make_limiter(settings_for(CXMC_REDIS_URL=redis_server.url, CXMC_QUEUE="cxmc"))
    redis_server.stop()
    with limiter.slot(1):
        pass
    redis_server.start()

    def back() -> bool:
        with limiter.slot(1), redis_server.client() as fresh:
            return bool(fresh.zcard("cxmc:slots:1"))

    assert wait_until(back, 30)
