"""rq-scheduler as a heartbeat: one periodic job that makes a worker look for due work.

On its own, rq-scheduler 0.14.0 loses the job for ever when it is killed between two commands or when
Redis is emptied, queues the job again while it is running, and ends with Redis (all observed 2026-11).
Therefore every pass registers the job again, moves it in one command, and survives Redis. Nothing
outside this module uses rq-scheduler.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from redis import RedisError
from rq import Queue
from rq.job import Job
from rq_scheduler.scheduler import Scheduler

from cxmc_ext.adapters.redis.client import fail_fast_client
from cxmc_ext.adapters.rq.processes import redacted_traceback
from cxmc_ext.adapters.rq.queue import FAILURE_TTL, TICK, open_queue
from cxmc_ext.adapters.rq.worker import RestrictedJob
from cxmc_ext.config import Settings

TICK_JOB_ID = "cxmc-tick"
# Seconds between two passes.
PASS_SECONDS = 5
_TICK_INTERVAL = 60
_log = logging.getLogger(__name__)


class TickScheduler(Scheduler):
    """Schedules the tick. It has its own keys in Redis, so it never meets a scheduler of the host.

    Args:
        queue: The queue of the workers.
        every: Seconds between two ticks.
    """

    def __init__(self, queue: Queue, every: int = _TICK_INTERVAL) -> None:
        super().__init__(
            queue=queue,
            connection=queue.connection,
            interval=PASS_SECONDS,
            job_class=RestrictedJob,
        )
        self._every = every
        self.scheduled_jobs_key = f"cxmc:{queue.name}:scheduled"
        self.scheduler_lock_key = f"cxmc:{queue.name}:scheduler_lock"

    def run_once(self) -> None:
        """Makes one pass: registers the tick if it is missing, and queues it if it is due.

        Raises:
            RedisError: Redis does not answer.
        """
        if not self.acquire_lock():
            return
        try:
            if TICK_JOB_ID not in self or not RestrictedJob.exists(TICK_JOB_ID, self.connection):
                self._register()
            self.enqueue_jobs()
        finally:
            self.remove_lock()

    def enqueue_job(self, job: Job) -> None:
        """Queues the tick unless the last one is queued or running. It always stays scheduled."""
        if not self._is_pending():
            self._queue.enqueue_job(job)
        self.connection.zadd(self.scheduled_jobs_key, {job.id: int(time.time()) + self._every})

    def _register(self) -> None:
        job = self.schedule(
            datetime.now(UTC),
            TICK,
            interval=self._every,
            id=TICK_JOB_ID,
            timeout=_TICK_INTERVAL,
            result_ttl=2 * _TICK_INTERVAL,
            description="cxmc",
        )
        job.failure_ttl = FAILURE_TTL
        job.save()

    def _is_pending(self) -> bool:
        if self._queue.get_job_position(TICK_JOB_ID) is not None:
            return True
        # Expired entries belong to workers that died; counting them would block ticks for 110 s.
        running = self.connection.zrangebyscore(
            self._queue.started_job_registry.key, time.time(), "+inf"
        )
        return any(entry.decode().split(":")[0] == TICK_JOB_ID for entry in running)


def run_scheduler(
    settings: Settings,
    record_heartbeat: Callable[[], object],
    stop: threading.Event,
    every: int = _TICK_INTERVAL,
) -> None:
    """Makes passes until told to stop; errors are logged and the next pass tries again.

    Args:
        settings: CXMC_REDIS_URL and CXMC_QUEUE.
        record_heartbeat: Called after each pass, tells the database that this process is alive.
        stop: Ends the loop when set.
        every: Seconds between two ticks.
    """
    scheduler = TickScheduler(
        open_queue(settings.queue, fail_fast_client(settings.redis_url)), every
    )
    while not stop.is_set():
        _log_errors(scheduler.run_once)
        _log_errors(record_heartbeat)
        stop.wait(PASS_SECONDS)


def _log_errors(work: Callable[[], object]) -> None:
    try:
        work()
    except RedisError as error:
        _log.warning("Redis is away (%s): the scheduler waits", type(error).__name__)
    except Exception as error:  # noqa: BLE001 - the next pass tries again
        _log.error("Pass failed: %s", redacted_traceback(error))
