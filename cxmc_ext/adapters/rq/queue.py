"""The wake-up over rq: jobs carry an id and nothing else, and may get lost (the row is the truth)."""

import logging
import secrets
import time

from redis import Redis, RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from cxmc_ext.adapters.redis.client import fail_fast_client
from cxmc_ext.config import Settings

RUN_OPERATION = "cxmc_ext.jobs.run_operation"
RUN_SYNC = "cxmc_ext.jobs.run_sync"
TICK = "cxmc_ext.jobs.tick"
FAILURE_TTL = 86_400
_SECONDS = {RUN_OPERATION: 180, RUN_SYNC: 900}
_DESCRIPTION = "cxmc"
"""Fixed: rq would put the call with its arguments there, and into its logs."""
_log = logging.getLogger(__name__)


class RqQueue:
    """Never raises and never keeps its caller waiting for more than two seconds."""

    def __init__(self, settings: Settings) -> None:
        self._redis = fail_fast_client(settings.redis_url)
        self._queue = open_queue(settings.queue, self._redis)

    def nudge_operation(self, operation_id: int) -> bool:
        return self._nudge(RUN_OPERATION, "op", operation_id)

    def nudge_sync(self, mailing_id: int) -> bool:
        return self._nudge(RUN_SYNC, "sync", mailing_id)

    def reachable(self) -> bool:
        try:
            return bool(self._redis.ping())
        except (RedisError, OSError):
            return False

    def _nudge(self, function: str, prefix: str, row: int) -> bool:
        started = time.monotonic()
        for _ in range(2):  # a restarted Redis fails the first command on each old connection
            try:
                self._enqueue(function, prefix, int(row))
            except (RedisError, OSError) as error:
                _log.warning("No wake-up for %s %d: %s", prefix, row, type(error).__name__)
                if time.monotonic() - started > 0.1:
                    return False
            else:
                return True
        return False

    def _enqueue(self, function: str, prefix: str, row: int) -> None:
        self._queue.enqueue_call(
            function,
            args=(row,),
            timeout=_SECONDS[function],
            result_ttl=0,
            failure_ttl=FAILURE_TTL,
            description=_DESCRIPTION,
            job_id=f"{prefix}-{row}-{secrets.token_hex(4)}",
        )


def open_queue(name: str, redis: Redis) -> Queue:
    """The queue as both ends must see it: JSON, never pickle."""
    return Queue(name, connection=redis, serializer=JSONSerializer)
