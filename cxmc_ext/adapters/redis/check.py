"""Checks that a Redis can be used: for `flask cxmc doctor`, and before wake-ups are relied on."""

from collections.abc import Mapping

from redis import Redis, RedisError
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    TimeoutError,
)

from cxmc_ext.adapters.redis.client import fail_fast_client

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
# What an error means, the first that fits: (what is wrong, what to do); None: Redis does not answer at all.
_MEANINGS: tuple[tuple[type[Exception], tuple[str, str] | None], ...] = (
    (
        AuthenticationError,
        ("Redis refuses the password", "correct user and password in CXMC_REDIS_URL."),
    ),
    (ConnectionError, None),
    (TimeoutError, None),
    (OSError, None),
    (ReadOnlyError, ("Redis is a read-only replica", "set CXMC_REDIS_URL to the primary.")),
    (
        NoPermissionError,
        ("Redis denies a command", "give its user +@all on the keys rq:* and cxmc*."),
    ),
    (
        OutOfMemoryError,
        ("Redis is full, nothing can be queued", "raise maxmemory, or empty it: nothing is lost."),
    ),
)


def queue_problem(client: Redis, queue: str) -> tuple[str, str] | None:
    """Check that rq's keys have the types that rq expects, and that a key can be written.

    Args:
        client: The client.
        queue: CXMC_QUEUE.

    Returns:
        (what is wrong, what to do), or None.

    Raises:
        RedisError: Redis refuses the write, or does not answer.
    """
    names = [name.format(queue=queue) for name in _RQ_KEYS]
    with client.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.type(name)
        pipeline.set(_KEY, 1, ex=1)
        *types, _ = pipeline.execute()
    for name, found, expected in zip(names, types, _RQ_KEYS.values(), strict=True):
        if found not in (b"none", expected):
            remedy = f"delete the key {name}, or choose another CXMC_QUEUE."
            return (
                f"the key {name} in Redis is a {found.decode()}, not rq's {expected.decode()}",
                remedy,
            )
    return None


def find_problems(url: str, queue: str = "cxmc") -> list[tuple[str, str]]:
    """Check password, permissions, scripts, memory, the keys of the queue, and the eviction policy.

    Args:
        url: CXMC_REDIS_URL.
        queue: CXMC_QUEUE.

    Returns:
        (what is wrong, what to do) for each problem. Empty if Redis does not answer at all.
    """
    client = fail_fast_client(url)
    try:
        # A plain write first: Redis 6 does not say why it refuses one inside a script.
        problem = queue_problem(client, queue)
        client.eval(_SCRIPT, 1, _KEY)
        problem = problem or _policy_problem(client.info("memory"))
    except (RedisError, OSError) as error:
        problem = _meaning(error)
    finally:
        client.close()
    return [problem] if problem else []


def _meaning(error: Exception) -> tuple[str, str] | None:
    for kind, meaning in _MEANINGS:
        if isinstance(error, kind):
            return meaning
    return f"Redis rejects a script ({type(error).__name__})", "use Redis 5 or newer."


def _policy_problem(memory: Mapping[str, object]) -> tuple[str, str] | None:
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy in _SAFE_POLICIES:
        return None
    remedy = "set maxmemory-policy noeviction, otherwise wake-ups are lost when memory is short."
    return f"Redis evicts keys ({policy})", remedy
