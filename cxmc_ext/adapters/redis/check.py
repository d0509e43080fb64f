"""Checks that a Redis can be used: for `flask cxmc doctor`."""

from redis import RedisError
from redis.exceptions import ConnectionError, NoPermissionError, ReadOnlyError, TimeoutError

from cxmc_ext.adapters.redis.client import fail_fast_client

_KEY = "cxmc:doctor"
_SCRIPT = "redis.call('SET', KEYS[1], 1, 'EX', 1) return redis.call('TIME')"
# Under these policies Redis never evicts keys without an expiry, such as rq's queue.
_SAFE_POLICIES = {"noeviction", "volatile-lru", "volatile-lfu", "volatile-ttl", "volatile-random"}


def find_problems(url: str) -> list[tuple[str, str]]:
    """Check permissions, scripts and the eviction policy.

    Args:
        url: CXMC_REDIS_URL.

    Returns:
        (what is wrong, what to do) for each problem. Empty if Redis does not answer at all.
    """
    client = fail_fast_client(url)
    try:
        client.eval(_SCRIPT, 1, _KEY)
        memory = client.info("memory")
    except (ConnectionError, TimeoutError, OSError):
        return []
    except ReadOnlyError:
        return [("Redis is a read-only replica", "set CXMC_REDIS_URL to the primary.")]
    except NoPermissionError:
        return [("Redis denies a command", "give its user +@all on the keys rq:* and cxmc*.")]
    except RedisError as error:
        return [(f"Redis rejects a script ({type(error).__name__})", "use Redis 5 or newer.")]
    finally:
        client.close()
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy in _SAFE_POLICIES:
        return []
    remedy = "set maxmemory-policy noeviction, otherwise wake-ups are lost when memory is short."
    return [(f"Redis evicts keys ({policy})", remedy)]
