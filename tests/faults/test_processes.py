"""Real workers, real signals, a real Redis: killed, stopped and emptied in the middle of a send."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from redis import Redis

from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.usecases.accounts import activation, connection_requests
from cxmc_ext.usecases.worker import runner
from tests.faults import worker_app
from tests.faults.worker_processes import WorkerProcesses
from tests.support.browser import Browser
from tests.support.redis_server import RedisServer
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

WORKERS = 3
FORM = {
    "subject": "Nieuwe vacatures",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
    "confirmed": "yes",
}
PATIENCE = 180
"""Seconds until a worker comes as far as it is to be killed: on a busy machine it takes its time."""
# Seconds: a lease with these settings, and how long after it another worker goes on (docs/reliability.md).
LEASE, PROMISE = 20, 75


def _kill_child(plant_: WorkerProcesses, pid: int) -> None:
    del plant_
    os.kill(pid, signal.SIGKILL)


def _kill_worker(plant_: WorkerProcesses, pid: int) -> None:
    """The kernel ends the child with it."""
    worker = plant_.parent_worker(pid)
    worker.kill()
    worker.wait(10)
    plant_.start_worker()


def _kill_both(plant_: WorkerProcesses, pid: int) -> None:
    worker = plant_.parent_worker(pid)
    os.kill(pid, signal.SIGKILL)
    worker.kill()
    worker.wait(10)
    plant_.start_worker()


def _stop_child(plant_: WorkerProcesses, pid: int) -> None:
    """Frozen, not dead; it wakes up when another one has finished. Its worker is stopped with it."""
    os.kill(plant_.parent_worker(pid).pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGSTOP)
    plant_.start_worker()


Deed = Callable[[WorkerProcesses, int], None]
CASES: Mapping[str, tuple[str, Deed]] = {
    "child killed before the audience is read": ("before members_page", _kill_child),
    "child killed after people were pushed": ("after subscribe_members", _kill_child),
    "child killed after the segment was made": ("after create_segment", _kill_child),
    "child killed before the draft is made": ("before create_campaign", _kill_child),
    "child killed after the draft was made": ("after create_campaign", _kill_child),
    "child killed before it sends": ("before send", _kill_child),
    "child killed after it sent": ("after send", _kill_child),
    "worker killed after the draft was made": ("after create_campaign", _kill_worker),
    "worker killed after it sent": ("after send", _kill_worker),
    "both killed before sending": ("before send", _kill_both),
    "child stopped before it sends": ("before send", _stop_child),
}
FLUSHED = "Redis emptied right after the press"
FLUSHES: Mapping[str, str] = {
    "Redis emptied before the audience is read": "before members_page",
    "Redis emptied after people were pushed": "after subscribe_members",
    "Redis emptied after the draft was made": "after create_campaign",
    "Redis emptied before it sends": "before send",
    "Redis emptied after it sent": "after send",
}


@pytest.fixture(scope="module")
def running() -> Iterator[WorkerProcesses]:
    folder = Path(tempfile.mkdtemp(prefix="cxmc", dir="/tmp"))  # a socket's path must be short
    redis = RedisServer(folder)
    redis.start()
    with StandinServer() as standin, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXMC_PLANT_FOLDER", str(folder))
        patch.setenv("CXMC_PLANT_REDIS", redis.url)
        patch.setenv("CXMC_PLANT_ROOT", standin.url)
        patch.setenv("CXMC_PLANT_SECRET", Fernet.generate_key().decode())
        patch.setattr(worker_app, "FOLDER", folder)
        made = WorkerProcesses(worker_app.create_app(), standin, redis, folder)
        try:
            _connect(made)
            for _ in range(WORKERS):
                made.start_worker()
            yield made
        finally:
            for worker in made.workers:
                worker.kill()
                worker.wait(10)
            redis.stop()
            shutil.rmtree(folder, ignore_errors=True)


def _connect(made: WorkerProcesses) -> None:
    services = made.app.extensions["cxmc"].services
    with made.app.app_context():
        admin = services.host.users["admin"][0]
        runner.run(services, activation.request_activation(services, Press(admin, "activate")))
        runner.run(
            services,
            connection_requests.request_connection(
                services, Press(admin, "connect"), DEMO_KEY, None
            ),
        )


@pytest.fixture(scope="module")
def played(running: WorkerProcesses) -> WorkerProcesses:
    """All cases one after the other up to their deed; they recover side by side."""
    made = running
    for name, (where, deed) in CASES.items():
        _play(made, name, where, deed)
    for name, where in FLUSHES.items():
        _flush_at(made, name, where)
    made.submit_send(FLUSHED)
    _flush(made)
    end = time.monotonic() + PROMISE + LEASE
    while time.monotonic() < end and not all(
        made.operation_state(n)[0] == "done" for n in made.operations
    ):
        _watch(made)
        time.sleep(0.1)
    _watch(made)
    _wake_the_stopped(made)
    return made


def _flush(made: WorkerProcesses) -> None:
    with made.redis.client() as client:
        client.flushall()


def _flush_at(made: WorkerProcesses, name: str, where: str) -> None:
    """Whoever works goes on without Redis' memory of it; what waited in the queue is gone."""
    worker_app.pause_at(len(made.operations) + 3, where)
    pressed = made.submit_send(name)
    wait_until(lambda: _watch(made) or worker_app.paused_pid(pressed), PATIENCE, name)
    _flush(made)
    worker_app.resume(pressed)
    _watch(made)


def _play(made: WorkerProcesses, name: str, where: str, deed: Deed) -> None:
    number = len(made.operations) + 2  # activation and connection were the first two
    worker_app.pause_at(number + 1, where)
    pressed = made.submit_send(name)
    assert pressed == number + 1
    wait_until(lambda: _watch(made) or worker_app.paused_pid(pressed), PATIENCE, name)
    holder = made.operation_state(name)[1]
    deed(made, worker_app.paused_pid(pressed))
    made.killed_at[name] = time.monotonic()
    made.resumed_after[name] = 0.0
    assert holder
    _watch(made)


def _watch(made: WorkerProcesses) -> None:
    """Notes when somebody else holds, or has ended, what was left lying."""
    for name, at in made.killed_at.items():
        if not made.resumed_after[name]:
            pid = worker_app.paused_pid(made.operations[name])
            state, lease = made.operation_state(name)
            if f":{pid}:" not in lease or state != "running":
                made.resumed_after[name] = time.monotonic() - at


def _wake_the_stopped(made: WorkerProcesses) -> None:
    pid = worker_app.paused_pid(made.operations["child stopped before it sends"])
    worker_app.resume(made.operations["child stopped before it sends"])
    os.kill(pid, signal.SIGCONT)
    os.kill(made.parent_worker(pid).pid, signal.SIGCONT)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), 20, "the stopped child ends by itself")


def judge(made: WorkerProcesses, name: str) -> None:
    assert made.operation_state(name)[0] == "done"
    assert made.mailing_state(name) in ("sending", "sent")
    ref = made.campaign_ref(name)
    theirs = {*worker_app.expected_addresses(ref), f"left{ref}@kandidaten.example"}
    mails = [address for address in made.standin.outbox.addresses() if address in theirs]
    assert sorted(mails) == worker_app.expected_addresses(ref)


@pytest.mark.parametrize("name", CASES)
def test_somebody_else_goes_on_in_time_and_each_gets_one_mail(
    played: WorkerProcesses, name: str, record_testsuite_property: Callable[[str, object], None]
) -> None:
    judge(played, name)
    record_testsuite_property(f"gone on after: {name}", f"{played.resumed_after[name]:.1f} s")
    assert 0 < played.resumed_after[name] <= LEASE + PROMISE


@pytest.mark.parametrize("name", [*FLUSHES, FLUSHED])
def test_an_emptied_redis_loses_nothing(played: WorkerProcesses, name: str) -> None:
    judge(played, name)


def test_redis_and_the_workers_logs_hold_no_key_and_no_address(played: WorkerProcesses) -> None:
    with played.redis.client() as client:
        dump = " ".join(repr(_value(client, key)) for key in client.scan_iter())
    dump += (played.folder / "worker.log").read_text(errors="replace")
    assert "cxmc" in dump, "there is something to look at"
    for secret in (DEMO_KEY, DEMO_KEY.partition("-")[0], "@kandidaten.example"):
        assert secret not in dump


def _value(client: Redis, key: bytes) -> object:
    kind = client.type(key).decode()
    read: dict[str, Callable[[], object]] = {
        "string": lambda: client.get(key),
        "hash": lambda: client.hgetall(key),
        "list": lambda: client.lrange(key, 0, -1),
        "set": lambda: client.smembers(key),
        "zset": lambda: client.zrange(key, 0, -1, withscores=True),
        "stream": lambda: client.xrange(key),
    }
    return (key, read[kind]())


def test_a_press_without_redis_waits_for_a_worker_and_is_sent_when_it_is_back(
    played: WorkerProcesses,
) -> None:
    name, ref = "pressed without Redis", str(len(played.operations) + 1)
    played.redis.stop()
    started = time.monotonic()
    played.app.extensions["cxmc"].services.host.login("recruiter")
    browser = Browser(played.app.test_client())
    page = browser.submit(f"/cxmc/campaigns/{ref}/send", 200, **FORM)
    assert time.monotonic() - started < 5, "a press does not hang"
    assert "Pending action..." in page.text
    assert "Waiting" in page.text
    played.operations[name] = played.newest_operation()
    assert played.operation_state(name)[0] == "queued"
    played.redis.start()
    wait_until(
        lambda: played.operation_state(name)[0] == "done", PROMISE, "sent when Redis is back"
    )
    judge(played, name)
    assert played.standin.state.resubscribed == []
