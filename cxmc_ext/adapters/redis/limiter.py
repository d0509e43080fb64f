"""The limit over all processes of ours, kept in Redis."""

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

_log = logging.getLogger(__name__)
_PAUSE = 0.03
REDIS_RETRY_SECONDS = 10.0
"""Seconds the local limit stays in charge after Redis failed once."""
SLOT_GRACE = 5.0
_TAKE = """
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
    return RedisLimiter(
        fail_fast_client(settings.redis_url), settings.max_connections, settings.queue
    )


class RedisLimiter:
    """The limit over all processes: a sorted set of tokens that expire by Redis' own clock.

    Without Redis each process allows itself half as many, so that two of them still fit.
    """

    def __init__(self, redis: Redis, limit: int, prefix: str = "cxmc") -> None:
        self._redis = redis
        self._limit = limit
        self._prefix = prefix
        self._take = redis.register_script(_TAKE)
        self._local = LocalLimiter(limit // 2)
        self._local_until = 0.0
        self._losing = threading.Lock()

    @contextmanager
    def slot(self, account_row: int, wait: float = 10.0, hold: float = 130.0) -> Iterator[None]:
        name, token = f"{self._prefix}:slots:{account_row}", secrets.token_hex(8)
        if not self._taken(name, token, wait, hold):
            with self._local.slot(account_row, wait, hold):
                yield
            return
        try:
            yield
        finally:
            self._give_back(name, token)

    def _taken(self, name: str, token: str, wait: float, hold: float) -> bool:
        """True: a slot of Redis. False: Redis is away. Raises Throttled when all stay taken."""
        if time.monotonic() < self._local_until:
            return False
        args = (token, self._limit, int((hold + SLOT_GRACE) * 1000))
        end = time.monotonic() + wait
        try:
            while not self._take(keys=[name], args=args):
                if time.monotonic() >= end:
                    raise no_slot_error()
                time.sleep(_PAUSE)
        except RedisError as error:
            self._lost(error)
            return False
        return True

    def _give_back(self, name: str, token: str) -> None:
        try:
            self._redis.zrem(name, token)
        except RedisError as error:
            self._lost(error)

    def _lost(self, error: RedisError) -> None:
        with self._losing:  # several calls lose Redis at the same moment; it is said once
            first = not self._local_until
            self._local_until = time.monotonic() + REDIS_RETRY_SECONDS
        if first:
            _log.warning("Redis is away (%s): calls are limited per process", type(error).__name__)
