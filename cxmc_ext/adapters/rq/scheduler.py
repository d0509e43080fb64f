"""rq-scheduler as a heartbeat: one periodic job that asks a worker to tick.

Bare, it loses the job for ever when killed between two commands or when Redis is emptied, runs it
twice at once, and dies with Redis (all seen with 0.14.0, 2026-11); so each pass registers the job
anew, moves it in one command and outlives Redis. Nothing of rq-scheduler is used outside this file.
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
_EVERY = 60
PASS_SECONDS = 5
_log = logging.getLogger(__name__)


class TickScheduler(Scheduler):
    """Its own keys in Redis: a scheduler of the host's must not push our job its way."""

    def __init__(self, queue: Queue, every: int = _EVERY) -> None:
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
        """Registers the tick if it is missing, and queues it if it is due."""
        if not self.acquire_lock():
            return
        try:
            if TICK_JOB_ID not in self or not RestrictedJob.exists(TICK_JOB_ID, self.connection):
                self._register()
            self.enqueue_jobs()
        finally:
            self.remove_lock()

    def enqueue_job(self, job: Job) -> None:
        """Skips a round while the last tick is queued or running; never leaves the schedule."""
        if not self._is_pending():
            self._queue.enqueue_job(job)
        self.connection.zadd(self.scheduled_jobs_key, {job.id: int(time.time()) + self._every})

    def _register(self) -> None:
        job = self.schedule(
            datetime.now(UTC),
            TICK,
            interval=self._every,
            id=TICK_JOB_ID,
            timeout=_EVERY,
            result_ttl=2 * _EVERY,
            description="cxmc",
        )
        job.failure_ttl = FAILURE_TTL
        job.save()

    def _is_pending(self) -> bool:
        if self._queue.get_job_position(TICK_JOB_ID) is not None:
            return True
        running = self.connection.zrangebyscore(
            self._queue.started_job_registry.key, time.time(), "+inf"
        )
        return any(entry.decode().split(":")[0] == TICK_JOB_ID for entry in running)


def run_scheduler(
    settings: Settings,
    record_heartbeat: Callable[[], object],
    stop: threading.Event,
    every: int = _EVERY,
) -> None:
    """Passes until `stop` is set; `beat` tells the database that this process lives."""
    scheduler = TickScheduler(
        open_queue(settings.queue, fail_fast_client(settings.redis_url)), every
    )
    while not stop.is_set():
        _guarded(scheduler.run_once)
        _guarded(record_heartbeat)
        stop.wait(PASS_SECONDS)


def _guarded(work: Callable[[], object]) -> None:
    try:
        work()
    except RedisError as error:
        _log.warning("Redis is away (%s): the scheduler waits", type(error).__name__)
    except Exception as error:  # noqa: BLE001 - the next pass tries again
        _log.error("Pass failed: %s", redacted_traceback(error))
