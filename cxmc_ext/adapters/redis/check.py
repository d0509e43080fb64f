"""Checks that a Redis can be used: for `flask cxmc doctor`, and before wake-ups are relied on."""

from collections.abc import Iterator
from ssl import SSLError

from redis import Redis, RedisError
from redis.exceptions import (
    AuthenticationError,
    ClusterCrossSlotError,
    ClusterDownError,
    ConnectionError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    TimeoutError,
)

from cxmc_ext.adapters.redis.client import fail_fast_client
from cxmc_ext.domain.problems import Problem

_KEY = "cxmc:doctor"
_SCRIPT = "redis.call('SET', KEYS[1], 1, 'EX', 1) return redis.call('TIME')"
# Under these policies Redis never evicts keys without an expiry, such as rq's queue.
_SAFE_POLICIES = {"noeviction", "volatile-lru", "volatile-lfu", "volatile-ttl", "volatile-random"}
# The keys of rq 3 without which nothing can be queued or no worker can take it, and their types.
_RQ_KEYS = {
    "rq:queues": b"set",
    "rq:queue:{queue}": b"list",
    "rq:workers": b"set",
    "rq:workers:{queue}": b"set",
}
# What an error means: the code of a problem; the first class that fits.
_CODES: tuple[tuple[type[Exception], str], ...] = (
    (AuthenticationError, "queue_password"),
    (ConnectionError, "queue_unreachable"),
    (TimeoutError, "queue_unreachable"),
    (OSError, "queue_unreachable"),
    (ReadOnlyError, "queue_replica"),
    (NoPermissionError, "queue_permission"),
    (OutOfMemoryError, "queue_full"),
    (MovedError, "queue_cluster"),
    (ClusterDownError, "queue_cluster"),
    (ClusterCrossSlotError, "queue_cluster"),
)
# What redis-py raises when the other side ends the connection while it waits for an answer.
_CLOSED_TEXTS = ("Connection closed by server", "Connection reset by peer")


def queue_problem(client: Redis, queue: str) -> Problem | None:
    """Checks that rq's keys have the types that rq expects, and that a key can be written.

    Args:
        client: The client.
        queue: CXMC_QUEUE.

    Returns:
        Why no wake-up can be queued; None if it can.
    """
    names = [name.format(queue=queue) for name in _RQ_KEYS]
    try:
        with client.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.type(name)
            pipeline.set(_KEY, 1, ex=1)
            *types, _ = pipeline.execute()
    except (RedisError, OSError) as error:
        return _meaning(error)
    for name, found, expected in zip(names, types, _RQ_KEYS.values(), strict=True):
        if found not in (b"none", expected):
            values = {"key": name, "found": found.decode(), "expected": expected.decode()}
            return Problem("queue_key", values=values)
    return None


def find_problem(url: str, queue: str = "cxmc") -> Problem | None:
    """Checks password, permissions, scripts, memory, the keys of the queue, and the eviction policy.

    Args:
        url: CXMC_REDIS_URL.
        queue: CXMC_QUEUE.
    """
    client = fail_fast_client(url)
    try:
        # A plain write first: Redis 6 does not say why it refuses one inside a script.
        problem = queue_problem(client, queue)
        if problem is not None:
            return problem
        client.eval(_SCRIPT, 1, _KEY)
        return _server_problem(client)
    except (RedisError, OSError) as error:
        return _meaning(error)
    finally:
        client.close()


def _meaning(error: Exception) -> Problem:
    causes = list(_causes(error))
    if any(isinstance(cause, SSLError) or "_ssl.c" in str(cause) for cause in causes):
        return Problem("queue_tls")
    if any(text in str(cause) for cause in causes for text in _CLOSED_TEXTS):
        return Problem("queue_closed")
    for error_class, code in _CODES:
        if isinstance(error, error_class):
            return Problem(code)
    return Problem("queue_script", values={"error": type(error).__name__})


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and those it was raised for."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _server_problem(client: Redis) -> Problem | None:
    if client.info("cluster").get("cluster_enabled"):
        return Problem("queue_cluster")
    policy = str(client.info("memory").get("maxmemory_policy", "noeviction"))
    return None if policy in _SAFE_POLICIES else Problem("queue_evicts", values={"policy": policy})
