"""The worker as a process: what it runs, what it refuses, and that nothing of it stays behind."""

import json
import os
import pickle
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from redis import Redis, RedisError
from rq.exceptions import StopRequested

from cxmc_ext.adapters.rq import worker as module
from cxmc_ext.adapters.rq.queue import RqQueue
from cxmc_ext.adapters.rq.worker import RestrictedJob
from tests.support.mailchimp_clients import settings_for
from tests.support.processes import WorkerProcess, is_alive
from tests.support.redis_server import RedisServer
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

FAILS, SLEEPS = 666, 777


@pytest.fixture
def worker(tmp_path: Path, redis_server: RedisServer) -> Iterator[WorkerProcess]:
    process = WorkerProcess(tmp_path, redis_server.url, "worker")
    wait_until(process.is_listening)
    yield process
    process.end()


def push(redis: Redis, name: str, data: bytes, **more: str) -> None:
    """A job as anybody with access to Redis could write it."""
    fields = {"data": data, "created_at": "2026-11-23T07:00:00.000000Z", "origin": "cxmc"} | more
    redis.hset(f"rq:job:{name}", mapping={"status": "queued", "timeout": "30", **fields})
    redis.rpush("rq:queue:cxmc", name)


def refused(redis: Redis, name: str) -> bool:
    return redis.zscore("rq:failed:cxmc", name) is not None


def test_foreign_jobs_are_not_run(
    worker: WorkerProcess, redis: Redis, redis_server: RedisServer, hooks: list[str], hook_url: str
) -> None:
    mark = worker.folder / "owned"
    call = ["os.system", None, [f"touch {mark}"], {}]
    push(redis, "json", json.dumps(call).encode())
    push(redis, "pickle", pickle.dumps(("os.system", None, (f"touch {mark}",), {})))
    push(redis, "text", json.dumps(["cxmc_ext.jobs.run_operation", None, ["5"], {}]).encode())
    push(redis, "bool", json.dumps(["cxmc_ext.jobs.run_operation", None, [True], {}]).encode())
    push(redis, "named", json.dumps(["cxmc_ext.jobs.run_operation", None, [], {"x": 5}]).encode())
    push(redis, "object", json.dumps(["run_operation", "cxmc_ext.jobs", [5], {}]).encode())
    push(redis, "shape", b'{"a": 1}')
    push(redis, "hash", b"x", timeout="soon", result_ttl="never")
    ours = json.dumps(["cxmc_ext.jobs.run_operation", None, [9], {}]).encode()
    evil = {"success_callback_name": "os.system", "failure_callback_name": "os.system"}
    hook = [{"url": hook_url, "job_status": "finished", "headers": {}, "timeout": 5}]
    push(redis, "callback", ours, webhooks=json.dumps(hook), retries_left="3", **evil)
    RqQueue(settings_for(CXMC_REDIS_URL=redis_server.url)).nudge_operation(10)
    wait_until(lambda: worker.job_mark(10), 30)
    assert worker.job_mark(9), "a job of ours runs, only its callbacks do not"
    for name in ("json", "pickle", "text", "bool", "named", "object", "shape"):
        assert refused(redis, name), name
    assert not refused(redis, "callback")
    assert not mark.exists()
    assert not worker.job_mark(5)
    assert hooks == []


def test_the_text_of_an_error_stays_out_of_redis_and_logs(
    worker: WorkerProcess, redis: Redis, redis_server: RedisServer
) -> None:
    queue = RqQueue(settings_for(CXMC_REDIS_URL=redis_server.url))
    queue.nudge_operation(FAILS)
    queue.nudge_operation(10)
    wait_until(lambda: worker.job_mark(10), 30)
    (failed,) = [name.decode() for name in redis.zrange("rq:failed:cxmc", 0, -1)]
    result = RestrictedJob.fetch(failed, redis).latest_result()
    assert result is not None
    for told in (str(result.exc_string), worker.log.read_text()):
        assert "JobFailed: ValueError" in told
        assert "in operate" in told, "the frames are told"
        assert "anna@" not in told


def test_the_worker_ticks_at_once_and_in_a_child_of_its_own(worker: WorkerProcess) -> None:
    wait_until(lambda: len(worker.heartbeats()) == 2)
    kinds = worker.heartbeats()
    assert kinds["tick"] == "tick"
    assert [kind for name, kind in kinds.items() if name.endswith(f":{worker.popen.pid}")] == [
        "worker"
    ]
    (loop,) = worker.children()
    os.kill(loop, signal.SIGKILL)
    wait_until(lambda: [pid for pid in worker.children() if pid != loop and is_alive(pid)], 30)


def test_a_term_signal_ends_it_with_everything_it_started(worker: WorkerProcess) -> None:
    wait_until(worker.heartbeats)
    children = worker.children()
    worker.popen.send_signal(signal.SIGTERM)
    assert worker.popen.wait(30) == 0
    assert not any(is_alive(child) for child in children)


def test_it_ends_soon_even_when_redis_was_stopped_first(
    worker: WorkerProcess, redis_server: RedisServer
) -> None:
    redis_server.stop()
    worker.popen.send_signal(signal.SIGTERM)
    assert worker.popen.wait(15) == 0, "Redis would be waited for half a minute"


def test_a_signal_while_waiting_for_redis_stops_it_cleanly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []

    def away(*_: object) -> None:
        raise RedisError

    def pause(_: float) -> None:
        seen.append("pause")
        raise StopRequested

    ticks = SimpleNamespace(ensure_running=lambda: None, stop=lambda: seen.append("ticks end"))
    monkeypatch.setattr(module, "use_single_arena", lambda: None)
    monkeypatch.setattr(module, "TickLoop", lambda *_: ticks)
    monkeypatch.setattr(module, "AppWorker", away)
    monkeypatch.setattr(module, "time", SimpleNamespace(sleep=pause))
    module.run_worker(Flask("acme"), settings_for(), lambda: True, lambda: None)
    assert seen == ["pause", "ticks end"]


def test_a_killed_worker_takes_job_and_tick_loop_with_it(
    worker: WorkerProcess, redis_server: RedisServer
) -> None:
    RqQueue(settings_for(CXMC_REDIS_URL=redis_server.url)).nudge_operation(SLEEPS)
    wait_until(lambda: worker.job_mark(SLEEPS), 30)
    children = worker.children()
    assert len(children) == 2
    worker.popen.kill()
    worker.popen.wait(10)
    wait_until(lambda: not any(is_alive(child) for child in children), 15)


def test_it_survives_a_restart_of_redis(worker: WorkerProcess, redis_server: RedisServer) -> None:
    queue = RqQueue(settings_for(CXMC_REDIS_URL=redis_server.url))
    for number in (11, 12):
        redis_server.stop()
        assert not queue.nudge_operation(number)
        redis_server.start()
        wait_until(lambda number=number: queue.nudge_operation(number))
        wait_until(lambda number=number: worker.job_mark(number), 40)
    assert worker.popen.poll() is None


def test_burst_does_what_is_due_and_returns(tmp_path: Path, redis_server: RedisServer) -> None:
    RqQueue(settings_for(CXMC_REDIS_URL=redis_server.url)).nudge_operation(12)
    process = WorkerProcess(tmp_path, redis_server.url, "worker", "--burst")
    assert process.popen.wait(60) == 0
    assert process.job_mark(12)
    assert len(process.heartbeats()) == 2


def test_heartbeats_do_not_wait_for_redis(tmp_path: Path) -> None:
    process = WorkerProcess(tmp_path, "unix:///nowhere/redis.sock", "worker")
    try:
        wait_until(lambda: len(process.heartbeats()) == 2, 30)
        assert process.popen.poll() is None
    finally:
        process.end()


@pytest.fixture
def hooks() -> list[str]:
    return []


@pytest.fixture
def hook_url(hooks: list[str]) -> Iterator[str]:
    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hooks.append(self.path)
            self.send_response(200)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()
