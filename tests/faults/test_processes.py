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

from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.usecases.accounts import activation, connection_requests
from cxmc_ext.usecases.worker import runner
from tests.faults import worker_app
from tests.faults.worker_processes import WorkerProcesses
from tests.support import redis_server
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
# Seconds in which a worker reaches the point at which it is killed, on a busy machine too.
TIMEOUT = 180
# Seconds: a lease with these settings, and how long after it another worker goes on (docs/reliability.md).
LEASE, PROMISE = 20, 75


def _kill_child(processes: WorkerProcesses, pid: int) -> None:
    del processes
    os.kill(pid, signal.SIGKILL)


def _kill_worker(processes: WorkerProcesses, pid: int) -> None:
    """The kernel ends the child with it."""
    worker = processes.parent_worker(pid)
    worker.kill()
    worker.wait(10)
    processes.start_worker()


def _kill_both(processes: WorkerProcesses, pid: int) -> None:
    worker = processes.parent_worker(pid)
    os.kill(pid, signal.SIGKILL)
    worker.kill()
    worker.wait(10)
    processes.start_worker()


def _stop_child(processes: WorkerProcesses, pid: int) -> None:
    """Frozen, not dead: it continues when another one has finished. Its worker is stopped with it."""
    os.kill(processes.parent_worker(pid).pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGSTOP)
    processes.start_worker()


Disturbance = Callable[[WorkerProcesses, int], None]
CASES: Mapping[str, tuple[str, Disturbance]] = {
    "child killed before the audience is read": ("before members_page", _kill_child),
    "child killed after people were pushed": ("after subscribe_members", _kill_child),
    "child killed after the segment was processes": ("after create_segment", _kill_child),
    "child killed before the draft is processes": ("before create_campaign", _kill_child),
    "child killed after the draft was processes": ("after create_campaign", _kill_child),
    "child killed before it sends": ("before send", _kill_child),
    "child killed after it sent": ("after send", _kill_child),
    "worker killed after the draft was processes": ("after create_campaign", _kill_worker),
    "worker killed after it sent": ("after send", _kill_worker),
    "both killed before sending": ("before send", _kill_both),
    "child stopped before it sends": ("before send", _stop_child),
}
FLUSHED = "Redis emptied right after the press"
FLUSHES: Mapping[str, str] = {
    "Redis emptied before the audience is read": "before members_page",
    "Redis emptied after people were pushed": "after subscribe_members",
    "Redis emptied after the draft was processes": "after create_campaign",
    "Redis emptied before it sends": "before send",
    "Redis emptied after it sent": "after send",
}


@pytest.fixture(scope="module")
def running_processes() -> Iterator[WorkerProcesses]:
    folder = Path(tempfile.mkdtemp(prefix="cxmc", dir="/tmp"))  # a socket's path must be short
    redis = RedisServer(folder)
    redis.start()
    with StandinServer() as standin, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXMC_FAULTS_FOLDER", str(folder))
        patch.setenv("CXMC_FAULTS_REDIS", redis.url)
        patch.setenv("CXMC_FAULTS_ROOT", standin.url)
        patch.setenv("CXMC_FAULTS_SECRET", Fernet.generate_key().decode())
        patch.setattr(worker_app, "FOLDER", folder)
        processes = WorkerProcesses(worker_app.create_app(), standin, redis, folder)
        try:
            _connect(processes)
            for _ in range(WORKERS):
                processes.start_worker()
            yield processes
        finally:
            for worker in processes.workers:
                worker.kill()
                worker.wait(10)
            redis.stop()
            shutil.rmtree(folder, ignore_errors=True)


def _connect(processes: WorkerProcesses) -> None:
    services = processes.app.extensions["cxmc"].services
    with processes.app.app_context():
        admin = services.host.users["admin"][0]
        runner.run(services, activation.request_activation(services, Press(admin, "activate")))
        runner.run(
            services,
            connection_requests.request_connection(
                services, Press(admin, "connect"), DEMO_KEY, None
            ),
        )


@pytest.fixture(scope="module")
def finished(running_processes: WorkerProcesses) -> WorkerProcesses:
    """Every case in turn up to its disturbance; then all recover at the same time."""
    processes = running_processes
    for name, (where, disturbance) in CASES.items():
        _play(processes, name, where, disturbance)
    for name, where in FLUSHES.items():
        _flush_at(processes, name, where)
    processes.submit_send(FLUSHED)
    _flush(processes)
    end = time.monotonic() + PROMISE + LEASE
    while time.monotonic() < end and not all(
        processes.operation_state(n)[0] == "done" for n in processes.operations
    ):
        _watch(processes)
        time.sleep(0.1)
    _watch(processes)
    _wake_the_stopped(processes)
    return processes


def _flush(processes: WorkerProcesses) -> None:
    with processes.redis.client() as client:
        client.flushall()


def _flush_at(processes: WorkerProcesses, name: str, where: str) -> None:
    """The worker continues although Redis forgot its job; what waited in the queue is lost."""
    worker_app.pause_at(len(processes.operations) + 3, where)
    pressed = processes.submit_send(name)
    wait_until(lambda: _watch(processes) or worker_app.paused_pid(pressed), TIMEOUT, name)
    _flush(processes)
    worker_app.resume(pressed)
    _watch(processes)


def _play(processes: WorkerProcesses, name: str, where: str, disturbance: Disturbance) -> None:
    number = len(processes.operations) + 2  # activation and connection were the first two
    worker_app.pause_at(number + 1, where)
    pressed = processes.submit_send(name)
    assert pressed == number + 1
    wait_until(lambda: _watch(processes) or worker_app.paused_pid(pressed), TIMEOUT, name)
    holder = processes.operation_state(name)[1]
    disturbance(processes, worker_app.paused_pid(pressed))
    processes.killed_at[name] = time.monotonic()
    processes.resumed_after[name] = 0.0
    assert holder
    _watch(processes)


def _watch(processes: WorkerProcesses) -> None:
    """Notes when another worker has taken over, or ended, an interrupted operation."""
    for name, at in processes.killed_at.items():
        if not processes.resumed_after[name]:
            pid = worker_app.paused_pid(processes.operations[name])
            state, lease = processes.operation_state(name)
            if f":{pid}:" not in lease or state != "running":
                processes.resumed_after[name] = time.monotonic() - at


def _wake_the_stopped(processes: WorkerProcesses) -> None:
    pid = worker_app.paused_pid(processes.operations["child stopped before it sends"])
    worker_app.resume(processes.operations["child stopped before it sends"])
    os.kill(pid, signal.SIGCONT)
    os.kill(processes.parent_worker(pid).pid, signal.SIGCONT)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), 20, "the stopped child ends by itself")


def check(processes: WorkerProcesses, name: str) -> None:
    assert processes.operation_state(name)[0] == "done"
    assert processes.mailing_state(name) in ("sending", "sent")
    ref = processes.campaign_ref(name)
    people = {*worker_app.expected_addresses(ref), f"left{ref}@kandidaten.example"}
    mails = [address for address in processes.standin.outbox.addresses() if address in people]
    assert sorted(mails) == worker_app.expected_addresses(ref)


@pytest.mark.parametrize("name", CASES)
def test_another_worker_takes_over_in_time_and_everybody_gets_one_mail(
    finished: WorkerProcesses, name: str, record_testsuite_property: Callable[[str, object], None]
) -> None:
    check(finished, name)
    record_testsuite_property(f"gone on after: {name}", f"{finished.resumed_after[name]:.1f} s")
    assert 0 < finished.resumed_after[name] <= LEASE + PROMISE


@pytest.mark.parametrize("name", [*FLUSHES, FLUSHED])
def test_an_emptied_redis_loses_nothing(finished: WorkerProcesses, name: str) -> None:
    check(finished, name)


def test_redis_and_the_workers_logs_hold_no_key_and_no_address(finished: WorkerProcesses) -> None:
    with finished.redis.client() as client:
        stored = redis_server.dump(client)
    stored += (finished.folder / "worker.log").read_text(errors="replace")
    assert "cxmc" in stored, "there is something to look at"
    for secret in (DEMO_KEY, DEMO_KEY.partition("-")[0], "@kandidaten.example"):
        assert secret not in stored


def test_a_press_without_redis_is_sent_without_it(
    finished: WorkerProcesses,
) -> None:
    name, ref = "pressed without Redis", str(len(finished.operations) + 1)
    finished.redis.stop()
    started = time.monotonic()
    finished.app.extensions["cxmc"].services.host.login("recruiter")
    browser = Browser(finished.app.test_client())
    page = browser.submit(f"/cxmc/campaigns/{ref}/send", 200, **FORM)
    assert time.monotonic() - started < 5, "a press does not hang"
    assert "Pending action..." in page.text
    assert "Waiting" in page.text
    finished.operations[name] = finished.newest_operation()
    wait_until(
        lambda: finished.operation_state(name)[0] == "done", PROMISE, "sent while Redis is away"
    )
    finished.redis.start()
    check(finished, name)
    assert finished.standin.state.resubscribed == []
