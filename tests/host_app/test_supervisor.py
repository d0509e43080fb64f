"""The supervisor: restarts processes, gives up with a message, and leaves no process behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.waiting import wait_until

SCRIPT = """
import sys
from pathlib import Path
from host_app.supervisor import Child, GaveUp, Supervisor

folder = Path(sys.argv[1])
supervisor = Supervisor(lambda name, event: print(name, event, flush=True), folder)
try:
    for n, code in enumerate(sys.argv[2:]):
        command = [sys.executable, "-c", code]
        supervisor.start(Child(f"child-{n}", command, {"MARK": str(folder)}, folder / f"{n}.log"))
    while supervisor.wait(0.05):
        supervisor.restart_ended()
except GaveUp as error:
    print("gave up:", error, flush=True)
finally:
    supervisor.stop()
"""
SLEEP = "import time; time.sleep(600)"
# Ignores SIGTERM, and starts another process in a session of its own.
STUBBORN = (
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
    " start_new_session=True)\n"
    "time.sleep(600)"
)

Start = Callable[..., subprocess.Popen[str]]


def started_processes(folder: Path) -> list[int]:
    """The ids of all processes that were started for this test, directly or not."""
    pids, mark = [], f"MARK={folder}".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                pids.append(int(entry.name))
        except OSError:
            continue
    return pids


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(*codes: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SCRIPT, str(tmp_path), *codes]
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        started.append(
            subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_a_process_that_ends_is_restarted(start: Start, tmp_path: Path) -> None:
    process = start(SLEEP, SLEEP)
    wait_until(lambda: len(started_processes(tmp_path)) == 2)
    first = started_processes(tmp_path)
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: len(set(started_processes(tmp_path)) - {first[0]}) == 2)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert "ended (-9), starting again" in output


@pytest.mark.slow
def test_a_process_that_ends_again_and_again_is_given_up(start: Start) -> None:
    output, _ = start("raise SystemExit(3)").communicate(timeout=60)
    assert "gave up: child-0 ended 5 times within a minute; read " in output


@pytest.mark.slow
def test_stubborn_processes_and_their_orphans_end_within_five_seconds(
    start: Start, tmp_path: Path
) -> None:
    process = start(SLEEP, STUBBORN)
    wait_until(lambda: len(started_processes(tmp_path)) == 3)
    stopped_at = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert time.monotonic() - stopped_at < 5
    assert started_processes(tmp_path) == []


def test_processes_end_when_the_supervisor_is_killed(start: Start, tmp_path: Path) -> None:
    process = start(SLEEP, SLEEP)
    wait_until(lambda: len(started_processes(tmp_path)) == 2)
    process.kill()
    wait_until(lambda: started_processes(tmp_path) == [])
