"""What `doctor` and `status` say about the workers at our queue in Redis."""

import json

import pytest
from redis import Redis
from rq import Worker

from cxmc_ext.adapters.rq.worker import AppWorker
from tests.support.commands import run
from tests.support.installation import Installation
from tests.support.redis_server import RedisServer

ELSEWHERE = "A worker is alive, but none listens to the queue cxmc in this Redis."


@pytest.fixture
def with_rq(installation: Installation, redis_server: RedisServer) -> Installation:
    """Alive by its heartbeats; who listens in Redis is up to the test."""
    installation.settings(api_root="", redis_url=redis_server.url)
    object.__setattr__(installation.services, "has_own_queue", False)
    return installation


def status(installation: Installation, *options: str) -> str:
    result = run(installation.app, "status", *options)
    assert result.exit_code == 0, "a worker is alive"
    return result.output


def test_a_worker_of_ours_at_the_queue_is_fine(with_rq: Installation, redis: Redis) -> None:
    AppWorker(with_rq.app, "cxmc", redis).register_birth()
    assert with_rq.problems() == []
    assert "listens" not in status(with_rq)


def test_workers_that_are_alive_without_this_queue_or_redis_are_noticed(
    with_rq: Installation, redis: Redis
) -> None:
    AppWorker(with_rq.app, "other", redis).register_birth()
    (line,) = with_rq.problems()
    assert line.startswith(f"warn {ELSEWHERE[:-1]}: Run `flask cxmc doctor` with the worker's env")
    assert with_rq.code == 0
    assert f"warning    {ELSEWHERE}\n" in status(with_rq)
    assert json.loads(status(with_rq, "--json"))["process_problems"] == [ELSEWHERE]
    with_rq.sql("update cxmc_heartbeat set at = 0 where kind = 'worker'")
    assert not [line for line in with_rq.problems() if "listens" in line], "none is alive at all"


def test_a_worker_of_others_at_our_queue_is_named(with_rq: Installation, redis: Redis) -> None:
    AppWorker(with_rq.app, "cxmc", redis).register_birth()
    Worker(["cxmc"], name="crm", connection=redis).register_birth()
    (line,) = with_rq.problems()
    assert line.startswith("fail Another rq worker listens to CXMC_QUEUE (cxmc): crm (")
    assert "): Give the CRM's jobs a queue of their own" in line
    assert with_rq.code == 1
    assert "problem    Another rq worker listens to CXMC_QUEUE (cxmc): crm (" in status(with_rq)


def test_nothing_is_said_about_a_queue_of_the_host(with_rq: Installation, redis: Redis) -> None:
    object.__setattr__(with_rq.services, "has_own_queue", True)
    Worker(["cxmc"], name="crm", connection=redis).register_birth()
    assert with_rq.problems() == []
