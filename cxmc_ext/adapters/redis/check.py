"""Whether a Redis that answers is one that workers and the limit of calls can live with."""

from redis import RedisError
from redis.exceptions import ConnectionError, NoPermissionError, ReadOnlyError, TimeoutError

from cxmc_ext.adapters.redis.client import fail_fast_client

_PROBE = "cxmc:doctor"
_SCRIPT = "redis.call('SET', KEYS[1], 1, 'EX', 1) return redis.call('TIME')"
_KEEPS = {"noeviction", "volatile-lru", "volatile-lfu", "volatile-ttl", "volatile-random"}


def find_problems(url: str) -> list[tuple[str, str]]:
    """(fact, remedy) of what is wrong with it; none also when it does not answer at all."""
    link = fail_fast_client(url)
    try:
        link.eval(_SCRIPT, 1, _PROBE)
        memory = link.info("memory")
    except (ConnectionError, TimeoutError, OSError):
        return []
    except ReadOnlyError:
        return [("Redis is a read-only replica", "name the primary in CXMC_REDIS_URL.")]
    except NoPermissionError:
        return [("Redis forbids a command", "give its user +@all on the keys rq:* and cxmc*.")]
    except RedisError as error:
        return [(f"Redis refuses a script ({type(error).__name__})", "use Redis 5 or newer.")]
    finally:
        link.close()
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy in _KEEPS:
        return []
    remedy = "set maxmemory-policy noeviction, or wake-ups get lost when memory is short."
    return [(f"Redis throws keys away ({policy})", remedy)]
