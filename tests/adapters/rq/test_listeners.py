"""Who listens to our queue: our workers and others are told apart, dead ones do not count."""

import os
import socket
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from rq import Worker

from cxmc_ext.adapters.rq.listeners import Listeners, find_listeners
from cxmc_ext.adapters.rq.worker import AppWorker
from tests.support.mailchimp_clients import settings_for
from tests.support.processes import WorkerProcess
from tests.support.redis_server import RedisServer
from tests.support.waiting import wait_until


def listeners_at(url: str) -> Listeners | None:
    return find_listeners(settings_for(CXMC_REDIS_URL=url))


def test_our_worker_is_told_from_another_one(redis: Redis, redis_server: RedisServer) -> None:
    assert listeners_at(redis_server.url) == Listeners(False, ())
    ours = AppWorker(Flask("acme"), "cxmc", redis)
    Worker(["mails", "cxmc"], name="crm", connection=redis).register_birth()
    Worker(["mails"], name="unconcerned", connection=redis).register_birth()
    crm = f"crm ({socket.gethostname()}, process {os.getpid()})"
    assert listeners_at(redis_server.url) == Listeners(False, (crm,))
    ours.register_birth()
    assert listeners_at(redis_server.url) == Listeners(True, (crm,))
    ours.register_death()
    assert listeners_at(redis_server.url) == Listeners(False, (crm,))


def test_a_killed_worker_does_not_count_once_rq_gave_it_up(
    redis: Redis, redis_server: RedisServer
) -> None:
    killed = Worker(["cxmc"], connection=redis)
    killed.register_birth()
    redis.delete(killed.key)
    assert listeners_at(redis_server.url) == Listeners(False, ())


def test_a_worker_without_a_place_is_named_all_the_same(
    redis: Redis, redis_server: RedisServer
) -> None:
    """Such is what a heartbeat leaves in a Redis that was emptied."""
    crm = Worker(["cxmc"], name="crm", connection=redis)
    crm.register_birth()
    redis.hdel(crm.key, "hostname", "pid")
    assert listeners_at(redis_server.url) == Listeners(False, ("crm (?, process ?)",))


def test_what_redis_does_not_tell_is_not_known(redis: Redis, redis_server: RedisServer) -> None:
    redis.set("rq:workers:cxmc", "not a set")
    assert listeners_at(redis_server.url) is None
    assert listeners_at("unix:///nowhere/redis.sock") is None


@pytest.mark.slow
def test_a_worker_registers_again_when_redis_was_emptied(
    tmp_path: Path, redis: Redis, redis_server: RedisServer
) -> None:
    process = WorkerProcess(tmp_path, redis_server.url, "worker")
    try:
        wait_until(process.is_listening)
        assert listeners_at(redis_server.url) == Listeners(True, ())
        redis.flushall()
        assert listeners_at(redis_server.url) == Listeners(False, ())
        wait_until(lambda: listeners_at(redis_server.url) == Listeners(True, ()), 30)
    finally:
        process.end()
