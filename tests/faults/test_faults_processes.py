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

from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.usecases import activate, connect, operations
from tests.adapters.adapter_kit import RedisServer
from tests.faults import plant
from tests.faults.factory import Plant, until
from tests.web.pages import Browser

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
LEASE, PROMISE = 20, 75
"""Seconds: what a lease lasts with these settings, and what is promised beyond it (I7)."""


def _kill_child(plant_: Plant, pid: int) -> None:
    del plant_
    os.kill(pid, signal.SIGKILL)


def _kill_worker(plant_: Plant, pid: int) -> None:
    """The kernel ends the child with it."""
    worker = plant_.parent(pid)
    worker.kill()
    worker.wait(10)
    plant_.start_worker()


def _kill_both(plant_: Plant, pid: int) -> None:
    worker = plant_.parent(pid)
    os.kill(pid, signal.SIGKILL)
    worker.kill()
    worker.wait(10)
    plant_.start_worker()


def _stop_child(plant_: Plant, pid: int) -> None:
    """Frozen, not dead; it wakes up when another one has finished. Its worker is stopped with it."""
    os.kill(plant_.parent(pid).pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGSTOP)
    plant_.start_worker()


Deed = Callable[[Plant, int], None]
CASES: Mapping[str, tuple[str, Deed]] = {
    "child killed before the audience is read": ("before members_page", _kill_child),
    "child killed after people were pushed": ("after push_members", _kill_child),
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
    "Redis emptied after people were pushed": "after push_members",
    "Redis emptied after the draft was made": "after create_campaign",
    "Redis emptied before it sends": "before send",
    "Redis emptied after it sent": "after send",
}


@pytest.fixture(scope="module")
def running() -> Iterator[Plant]:
    folder = Path(tempfile.mkdtemp(prefix="cxmc", dir="/tmp"))  # a socket's path must be short
    redis = RedisServer(folder)
    redis.start()
    with StandinServer() as standin, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXMC_PLANT_FOLDER", str(folder))
        patch.setenv("CXMC_PLANT_REDIS", redis.url)
        patch.setenv("CXMC_PLANT_ROOT", standin.url)
        patch.setenv("CXMC_PLANT_SECRET", Fernet.generate_key().decode())
        patch.setattr(plant, "FOLDER", folder)
        made = Plant(plant.create_app(), standin, redis, folder)
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


def _connect(made: Plant) -> None:
    services = made.app.extensions["cxmc"].services
    with made.app.app_context():
        admin = services.host.users["admin"][0]
        operations.run(services, activate.request_activation(services, admin, "activate"))
        operations.run(
            services, connect.request_connect(services, admin, "connect", DEMO_KEY, None)
        )


@pytest.fixture(scope="module")
def played(running: Plant) -> Plant:
    """All cases one after the other up to their deed; they recover side by side."""
    made = running
    for name, (where, deed) in CASES.items():
        _play(made, name, where, deed)
    for name, where in FLUSHES.items():
        _flush_at(made, name, where)
    made.press(FLUSHED)
    _flush(made)
    end = time.monotonic() + PROMISE + LEASE
    while time.monotonic() < end and not all(made.operation(n)[0] == "done" for n in made.pressed):
        _watch(made)
        time.sleep(0.1)
    _watch(made)
    _wake_the_stopped(made)
    return made


def _flush(made: Plant) -> None:
    with made.redis.client() as client:
        client.flushall()


def _flush_at(made: Plant, name: str, where: str) -> None:
    """Whoever works goes on without Redis' memory of it; what waited in the queue is gone."""
    plant.hold(len(made.pressed) + 3, where)
    pressed = made.press(name)
    until(lambda: _watch(made) or plant.held(pressed), PATIENCE, name)
    _flush(made)
    plant.let_go(pressed)
    _watch(made)


def _play(made: Plant, name: str, where: str, deed: Deed) -> None:
    number = len(made.pressed) + 2  # activation and connection were the first two
    plant.hold(number + 1, where)
    pressed = made.press(name)
    assert pressed == number + 1
    until(lambda: _watch(made) or plant.held(pressed), PATIENCE, name)
    holder = made.operation(name)[1]
    deed(made, plant.held(pressed))
    made.killed_at[name] = time.monotonic()
    made.again_after[name] = 0.0
    assert holder
    _watch(made)


def _watch(made: Plant) -> None:
    """Notes when somebody else holds, or has ended, what was left lying."""
    for name, at in made.killed_at.items():
        if not made.again_after[name]:
            pid = plant.held(made.pressed[name])
            state, lease = made.operation(name)
            if f":{pid}:" not in lease or state != "running":
                made.again_after[name] = time.monotonic() - at


def _wake_the_stopped(made: Plant) -> None:
    pid = plant.held(made.pressed["child stopped before it sends"])
    plant.let_go(made.pressed["child stopped before it sends"])
    os.kill(pid, signal.SIGCONT)
    os.kill(made.parent(pid).pid, signal.SIGCONT)
    until(lambda: not Path(f"/proc/{pid}").exists(), 20, "the stopped child ends by itself")


def judge(made: Plant, name: str) -> None:
    assert made.operation(name)[0] == "done"
    assert made.mailing(name) in ("sending", "sent")
    ref = made.ref(name)
    theirs = {*plant.wanted(ref), f"left{ref}@kandidaten.example"}
    mails = [address for address in made.standin.journal.addresses() if address in theirs]
    assert sorted(mails) == plant.wanted(ref)


@pytest.mark.parametrize("name", CASES)
def test_somebody_else_goes_on_in_time_and_each_gets_one_mail(
    played: Plant, name: str, record_testsuite_property: Callable[[str, object], None]
) -> None:
    judge(played, name)
    record_testsuite_property(f"gone on after: {name}", f"{played.again_after[name]:.1f} s")
    assert 0 < played.again_after[name] <= LEASE + PROMISE


@pytest.mark.parametrize("name", [*FLUSHES, FLUSHED])
def test_an_emptied_redis_loses_nothing(played: Plant, name: str) -> None:
    judge(played, name)


def test_redis_and_the_workers_logs_hold_no_key_and_no_address(played: Plant) -> None:
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
    played: Plant,
) -> None:
    name, ref = "pressed without Redis", str(len(played.pressed) + 1)
    played.redis.stop()
    started = time.monotonic()
    played.app.extensions["cxmc"].services.host.login("recruiter")
    browser = Browser(played.app.test_client())
    page = browser.press(f"/cxmc/campaigns/{ref}/send", 200, **FORM)
    assert time.monotonic() - started < 5, "a press does not hang"
    assert "Pending action..." in page.text
    assert "Waiting" in page.text
    played.pressed[name] = played.newest()
    assert played.operation(name)[0] == "queued"
    played.redis.start()
    until(lambda: played.operation(name)[0] == "done", PROMISE, "sent when Redis is back")
    judge(played, name)
    assert played.standin.state.raised == []
