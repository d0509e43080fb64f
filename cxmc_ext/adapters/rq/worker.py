"""The rq worker: runs only the functions of jobs.py, inside the host's app, and survives Redis.

rq guarantees nothing here: jobs get lost, run twice, or are noticed late (observed with rq 3.0,
2026-11). The rows in the database are the truth; the settings below only shorten the wait.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Flask
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, Worker, worker_registration
from rq.exceptions import DeserializationError, NoSuchJobError, StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from cxmc_ext.adapters.malloc import use_single_arena
from cxmc_ext.adapters.redis.client import resilient_client
from cxmc_ext.adapters.rq.listeners import new_worker_name
from cxmc_ext.adapters.rq.processes import (
    TickLoop,
    die_with_parent,
    forget_inherited_connections,
)
from cxmc_ext.adapters.rq.queue import RUN_OPERATION, RUN_SYNC, TICK
from cxmc_ext.config import Settings

_ALLOWED_FUNCTIONS = frozenset({RUN_OPERATION, RUN_SYNC, TICK})
_RECONNECT_PAUSE = 2.0
_log = logging.getLogger(__name__)


class JobRefused(Exception):
    """The job does not call one of our functions with whole numbers."""


class JobFailed(Exception):
    """Replaces the exception of a job by its type: the text may contain an address."""


class RestrictedJob(Job):
    """A job that cannot do more than we allow, whatever somebody wrote into Redis."""

    def __init__(
        self, id: str | None = None, connection: Redis | None = None, serializer: Any = None
    ) -> None:
        # rq-scheduler passes no serializer, and rq would use pickle then
        # (https://github.com/rq/rq-scheduler/issues/252).
        del serializer
        super().__init__(id, connection, JSONSerializer)

    def restore(self, raw_data: Any) -> None:
        """Loads the job without callbacks, webhooks and retries.

        Raises:
            NoSuchJobError: rq cannot read it. Any other error would end the worker.
        """
        try:
            super().restore(raw_data)
        except Exception as error:  # noqa: BLE001 - whatever rq fails on
            raise NoSuchJobError(type(error).__name__) from None
        self._success_callback_name = None
        self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks = []
        self.retries_left = None
        self.repeats_left = None

    def perform(self) -> None:
        """Runs the job.

        Raises:
            JobRefused: It is not allowed.
            JobFailed: It raised an exception; see the frames of the traceback.
        """
        if not self._is_allowed():
            raise JobRefused(self.id)
        try:
            super().perform()
        except Exception as error:  # noqa: BLE001 - passed on below, without its text
            frames, name = error.__traceback__, type(error).__name__
        else:
            return
        raise JobFailed(name).with_traceback(frames)

    def _is_allowed(self) -> bool:
        try:
            return (
                self.func_name in _ALLOWED_FUNCTIONS
                and not self.instance
                and not self.kwargs
                and all(type(argument) is int for argument in self.args)
            )
        except (DeserializationError, TypeError):
            return False


class AppWorker(Worker):
    """An rq worker that pushes the app's context for each job.

    It has one queue: with several, rq 3.0 takes a job with BLPOP, and it is lost if the worker is
    killed before it starts (observed 2026-11).

    Args:
        app: The host's app.
        queue: Name of the queue.
        redis: A client that survives restarts of Redis.
        ticks: The tick loop to keep running; None with --burst.
    """

    log_result_lifespan = False

    def __init__(self, app: Flask, queue: str, redis: Redis, ticks: TickLoop | None = None) -> None:
        super().__init__(
            [queue],
            name=new_worker_name(),
            connection=redis,
            job_class=RestrictedJob,
            serializer=JSONSerializer,
            # With rq's defaults (420, 600 and 30 s) a killed worker went unnoticed for more than 150 s.
            worker_ttl=60,
            maintenance_interval=30,
            job_monitoring_interval=10,
            log_job_description=False,
        )
        self._app = app
        self._ticks = ticks

    @property
    def stopped(self) -> bool:
        """Whether a signal asked the worker to end."""
        return self._shutdown_requested_date is not None

    @property
    def dequeue_timeout(self) -> int:
        """Seconds after which an idle worker checks its tick loop and its registries."""
        return 10

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        if self._ticks is not None:
            self._ticks.ensure_running()
        super().heartbeat(timeout, pipeline)
        # Again each time: a Redis that was emptied no longer lists this worker, and rq does not notice.
        worker_registration.register(self, pipeline)

    def handle_warm_shutdown_request(self) -> None:
        """Stops waiting for Redis: it may have been stopped before this process."""
        self.connection.set_retry(Retry(NoBackoff(), 0))
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]  # rq: untyped

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        die_with_parent(self.pid or 0)
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        forget_inherited_connections(self._app)
        with self._app.app_context():
            return super().perform_job(job, queue, execution)


def run_worker(
    app: Flask,
    settings: Settings,
    on_tick: Callable[[], bool],
    work: Callable[[], object],
    burst: bool = False,
) -> None:
    """Works until a signal ends it.

    Args:
        app: The host's app.
        settings: CXMC_REDIS_URL, CXMC_QUEUE and CXMC_TICK_SECONDS.
        on_tick: Looks for due work; returns whether workers can be woken for it.
        work: Does what is due when they cannot.
        burst: Tick once, empty the queue and return.
    """
    use_single_arena()
    if burst:
        with app.app_context():
            if not on_tick():
                work()
                return
        _work(AppWorker(app, settings.queue, resilient_client(settings.redis_url)), burst=True)
        return
    ticks = TickLoop(app, on_tick, settings.tick_seconds, work)
    try:
        with suppress(StopRequested):  # a signal during the pause, too
            _work_until_stopped(app, settings, ticks)
    finally:
        ticks.stop()


def _work_until_stopped(app: Flask, settings: Settings, ticks: TickLoop) -> None:
    while True:
        ticks.ensure_running()  # before Redis: heartbeats and due work do not need it
        try:
            # rq's worker ends on some errors of Redis; then a new one starts.
            if _work(AppWorker(app, settings.queue, resilient_client(settings.redis_url), ticks)):
                return
        except RedisError as error:
            _log.warning("Redis is away (%s): the worker tries again", type(error).__name__)
        time.sleep(_RECONNECT_PAUSE)


def _work(worker: AppWorker, burst: bool = False) -> bool:
    """Runs the worker; returns whether a signal ended it."""
    try:
        worker.work(burst=burst)
    except RedisError:
        if not worker.stopped:
            raise
    return worker.stopped
