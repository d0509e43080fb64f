"""Wakes workers through rq. A job carries one id and nothing else, and may get lost."""

import logging
import secrets
import time

from redis import Redis, RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from cxmc_ext.adapters.redis import check
from cxmc_ext.adapters.redis.client import fail_fast_client
from cxmc_ext.config import Settings
from cxmc_ext.domain.problems import Problem

RUN_OPERATION = "cxmc_ext.jobs.run_operation"
RUN_SYNC = "cxmc_ext.jobs.run_sync"
TICK = "cxmc_ext.jobs.tick"
# Seconds for which rq keeps a failed job.
FAILURE_TTL = 86_400
_TIMEOUTS = {RUN_OPERATION: 180, RUN_SYNC: 900}
# By default rq writes the call with its arguments here and into its logs.
_DESCRIPTION = "cxmc"
_log = logging.getLogger(__name__)


class RqQueue:
    """Implements `Queue`. Never raises, and answers within two seconds."""

    def __init__(self, settings: Settings) -> None:
        self._redis = fail_fast_client(settings.redis_url)
        self._queue = open_queue(settings.queue, self._redis)

    def nudge_operation(self, operation_id: int) -> bool:
        return self._nudge(RUN_OPERATION, "op", operation_id)

    def nudge_sync(self, mailing_id: int) -> bool:
        return self._nudge(RUN_SYNC, "sync", mailing_id)

    def problem(self) -> Problem | None:
        return check.queue_problem(self._redis, self._queue.name)

    def _nudge(self, function: str, prefix: str, row_id: int) -> bool:
        started = time.monotonic()
        for _ in range(2):  # after a restart of Redis the first command on an old connection fails
            try:
                self._enqueue(function, prefix, int(row_id))
            except (RedisError, OSError) as error:
                _log.warning("No wake-up for %s %d: %s", prefix, row_id, type(error).__name__)
                if time.monotonic() - started > 0.1:
                    return False
            else:
                return True
        return False

    def _enqueue(self, function: str, prefix: str, row_id: int) -> None:
        self._queue.enqueue_call(
            function,
            args=(row_id,),
            timeout=_TIMEOUTS[function],
            result_ttl=0,
            failure_ttl=FAILURE_TTL,
            description=_DESCRIPTION,
            job_id=f"{prefix}-{row_id}-{secrets.token_hex(4)}",
        )


def open_queue(name: str, redis: Redis) -> Queue:
    """Opens the rq queue with JSON instead of pickle: unpickling can execute any code.

    Args:
        name: CXMC_QUEUE.
        redis: The client.
    """
    return Queue(name, connection=redis, serializer=JSONSerializer)
