"""Our rq worker: runs only what jobs.py offers, inside the host's app, and survives Redis.

rq's own promises are not relied on (jobs get lost, run twice, are noticed late): the rows are the
truth, and the settings here only shorten the wait.
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
from rq import Queue, Worker
from rq.exceptions import DeserializationError, NoSuchJobError, StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from cxmc_ext.adapters.malloc import use_single_arena
from cxmc_ext.adapters.redis.client import resilient_client
from cxmc_ext.adapters.rq.processes import TickLoop, die_with_parent, forget_inherited_connections
from cxmc_ext.adapters.rq.queue import RUN_OPERATION, RUN_SYNC, TICK
from cxmc_ext.config import Settings

_ALLOWED = frozenset({RUN_OPERATION, RUN_SYNC, TICK})
_PAUSE = 2.0
_log = logging.getLogger(__name__)


class JobRefused(Exception):
    """Not one of our functions with whole numbers: somebody else wrote it into Redis."""


class JobFailed(Exception):
    """Stands for the job's exception by its type alone: its text may hold a person's address."""


class RestrictedJob(Job):
    """Redis is not trusted: neither its functions and arguments nor its callbacks and webhooks."""

    def __init__(
        self, id: str | None = None, connection: Redis | None = None, serializer: Any = None
    ) -> None:
        del serializer  # rq-scheduler knows none and would fall back to pickle
        super().__init__(id, connection, JSONSerializer)

    def restore(self, raw_data: Any) -> None:
        """A hash that rq cannot read counts as no job: its error would end the worker."""
        try:
            super().restore(raw_data)
        except Exception as error:  # noqa: BLE001 - whatever rq trips over
            raise NoSuchJobError(type(error).__name__) from None
        self._success_callback_name = None
        self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks = []
        self.retries_left = None
        self.repeats_left = None

    def perform(self) -> None:
        if not self._is_ours():
            raise JobRefused(self.id)
        try:
            super().perform()
        except Exception as error:  # noqa: BLE001 - every one is told on, without its text
            frames, name = error.__traceback__, type(error).__name__
        else:
            return
        raise JobFailed(name).with_traceback(frames)

    def _is_ours(self) -> bool:
        try:
            return (
                self.func_name in _ALLOWED
                and not self.instance
                and not self.kwargs
                and all(type(argument) is int for argument in self.args)
            )
        except (DeserializationError, TypeError):
            return False


class AppWorker(Worker):
    """One queue, so that a job taken is never only in this process's memory."""

    log_result_lifespan = False

    def __init__(self, app: Flask, queue: str, redis: Redis, ticks: TickLoop | None = None) -> None:
        super().__init__(
            [queue],
            connection=redis,
            job_class=RestrictedJob,
            serializer=JSONSerializer,
            worker_ttl=60,
            maintenance_interval=30,
            job_monitoring_interval=10,
            log_job_description=False,
        )
        self._app = app
        self._ticks = ticks

    @property
    def stopped(self) -> bool:
        """Whether a signal asked for the end."""
        return self._shutdown_requested_date is not None

    @property
    def dequeue_timeout(self) -> int:
        """Seconds an idle worker sleeps at most before it looks after its child and its registries."""
        return 10

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        if self._ticks is not None:
            self._ticks.ensure_running()
        super().heartbeat(timeout, pipeline)

    def handle_warm_shutdown_request(self) -> None:
        """From here on Redis is not waited for: it may have been stopped before us."""
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
    app: Flask, settings: Settings, on_tick: Callable[[], object], burst: bool = False
) -> None:
    """Works until a signal; rq's worker gives up on some errors of Redis, then a new one starts.

    `burst`: ticks once, empties the queue, returns.
    """
    use_single_arena()
    if burst:
        with app.app_context():
            on_tick()
        _work(AppWorker(app, settings.queue, resilient_client(settings.redis_url)), burst=True)
        return
    ticks = TickLoop(app, on_tick, settings.tick_seconds)
    try:
        with suppress(StopRequested):  # a signal, wherever it finds us: also in a pause
            _work_on(app, settings, ticks)
    finally:
        ticks.stop()


def _work_on(app: Flask, settings: Settings, ticks: TickLoop) -> None:
    while True:
        ticks.ensure_running()  # before Redis: heartbeats and due work do not wait for it
        try:
            if _work(AppWorker(app, settings.queue, resilient_client(settings.redis_url), ticks)):
                return
        except RedisError as error:
            _log.warning("Redis is away (%s): the worker tries again", type(error).__name__)
        time.sleep(_PAUSE)


def _work(worker: AppWorker, burst: bool = False) -> bool:
    """True when a signal ended it."""
    try:
        worker.work(burst=burst)
    except RedisError:
        if not worker.stopped:
            raise
    return worker.stopped
