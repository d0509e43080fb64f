"""What is wrong with a Redis is named, with what to do; each problem is caused in a real server."""

from collections.abc import Iterator

import pytest
from redis import Redis

from cxmc_ext.adapters.redis.check import find_problem
from cxmc_ext.domain.messages.lookup import message_for
from tests.support.redis_server import RedisServer
from tests.support.waiting import wait_until


def told(url: str) -> tuple[str, str]:
    problem = find_problem(url)
    assert problem is not None
    message = message_for(problem)
    return message.text, message.remedy


@pytest.fixture
def url(redis_server: RedisServer) -> Iterator[str]:
    yield f"unix://{redis_server.socket}"
    with redis_server.client() as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.replicaof("NO", "ONE")


def test_a_redis_that_evicts_keys_is_a_problem(url: str, redis: Redis) -> None:
    redis.config_set("maxmemory-policy", "allkeys-lru")
    fact, remedy = told(url)
    assert fact == "Redis evicts keys (allkeys-lru)."
    assert "noeviction" in remedy


def test_a_read_only_redis_is_a_problem(url: str, redis: Redis) -> None:
    redis.replicaof("127.0.0.1", "1")
    wait_until(lambda: redis.info("replication")["role"] == "slave")
    assert told(url)[0] == "Redis is a read-only replica."


def test_a_redis_that_denies_a_command_is_a_problem(url: str, redis: Redis) -> None:
    redis.acl_setuser("poor", enabled=True, passwords=["+pw"], commands=["+ping"])
    fact, remedy = told(f"{url}?username=poor&password=pw")
    assert fact == "Redis denies a command."
    assert "rq:*" in remedy


@pytest.mark.parametrize("key", ["rq:queue:cxmc", "rq:queues", "rq:workers", "rq:workers:cxmc"])
def test_a_key_of_the_wrong_type_is_a_problem(url: str, redis: Redis, key: str) -> None:
    redis.hset(key, "a", "b")
    fact, remedy = told(url)
    assert key in fact
    assert key in remedy


def test_a_full_redis_is_a_problem(url: str, redis: Redis) -> None:
    redis.config_set("maxmemory", 1)
    try:
        fact, remedy = told(url)
    finally:
        redis.config_set("maxmemory", 0)
    assert fact == "Redis is full, nothing can be queued."
    assert "maxmemory" in remedy


def test_a_refused_password_is_a_problem(url: str) -> None:
    fact, _remedy = told(f"{url}?username=nobody&password=pw")
    assert fact == "Redis refuses the password."


def test_a_suitable_redis_has_no_problem(url: str) -> None:
    assert find_problem(url) is None


def test_a_missing_redis_is_a_problem() -> None:
    assert told("redis://127.0.0.1:1/0")[0] == "Redis does not answer."
