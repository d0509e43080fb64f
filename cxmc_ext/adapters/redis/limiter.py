"""The limit of concurrent calls per account over all processes, kept in Redis."""

import logging
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis, RedisError

from cxmc_ext.adapters.limiter import Limiter, LocalLimiter, no_slot_error
from cxmc_ext.adapters.redis.client import fail_fast_client
from cxmc_ext.config import Settings

# Seconds for which each process limits itself after Redis failed.
REDIS_RETRY_SECONDS = 10.0
# Seconds a slot is kept beyond the deadline of its call.
SLOT_GRACE = 5.0
_POLL_SECONDS = 0.03
_log = logging.getLogger(__name__)

# A slot is a member of a sorted set, scored by the time it expires at. Redis' own clock decides, so
# the clocks of the workers do not matter, and the slots of killed workers come back.
_TAKE_SLOT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1
"""


def make_limiter(settings: Settings) -> Limiter:
    """Creates the limiter of one app, shared by its processes through CXMC_REDIS_URL."""
    return RedisLimiter(
        fail_fast_client(settings.redis_url), settings.max_connections, settings.queue
    )


class RedisLimiter:
    """Limits the calls of all processes together.

    While Redis does not answer, each process allows itself half the limit, so that two still fit.

    Args:
        redis: A client that fails fast.
        limit: Concurrent calls per account.
        prefix: First part of the keys; one per app.
    """

    def __init__(self, redis: Redis, limit: int, prefix: str = "cxmc") -> None:
        self._redis = redis
        self._limit = limit
        self._prefix = prefix
        self._take_slot = redis.register_script(_TAKE_SLOT)
        self._local = LocalLimiter(limit // 2)
        self._local_until = 0.0
        self._failing = threading.Lock()

    @contextmanager
    def slot(self, account_row: int, wait: float = 10.0, hold: float = 130.0) -> Iterator[None]:
        key, token = f"{self._prefix}:slots:{account_row}", secrets.token_hex(8)
        if not self._acquire(key, token, wait, hold):
            with self._local.slot(account_row, wait, hold):
                yield
            return
        try:
            yield
        finally:
            self._release(key, token)

    def _acquire(self, key: str, token: str, wait: float, hold: float) -> bool:
        """Takes a slot in Redis; False if Redis does not answer. Raises Throttled after `wait`."""
        if time.monotonic() < self._local_until:
            return False
        args = (token, self._limit, int((hold + SLOT_GRACE) * 1000))
        end = time.monotonic() + wait
        try:
            while not self._take_slot(keys=[key], args=args):
                if time.monotonic() >= end:
                    raise no_slot_error()
                time.sleep(_POLL_SECONDS)
        except RedisError as error:
            self._use_local_limit(error)
            return False
        return True

    def _release(self, key: str, token: str) -> None:
        try:
            self._redis.zrem(key, token)
        except RedisError as error:
            self._use_local_limit(error)

    def _use_local_limit(self, error: RedisError) -> None:
        with self._failing:  # several calls may fail at the same moment; log the first
            is_first = not self._local_until
            self._local_until = time.monotonic() + REDIS_RETRY_SECONDS
        if is_first:
            _log.warning("Redis is away (%s): calls are limited per process", type(error).__name__)
