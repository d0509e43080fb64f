"""The supervisor: starts again what falls, gives up in words, and leaves nothing behind."""

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
supervisor = Supervisor(lambda name, what: print(name, what, flush=True), folder)
try:
    for n, code in enumerate(sys.argv[2:]):
        command = [sys.executable, "-c", code]
        supervisor.start(Child(f"child-{n}", command, {"MARK": str(folder)}, folder / f"{n}.log"))
    while supervisor.pause(0.05):
        supervisor.watch()
except GaveUp as words:
    print("gave up:", words, flush=True)
finally:
    supervisor.end()
"""
STUBBORN = (
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
    " start_new_session=True)\n"
    "time.sleep(600)"
)

PATIENT = "import time; time.sleep(600)"

Start = Callable[..., subprocess.Popen[str]]


def marked(folder: Path) -> list[int]:
    """Processes that were started for this test, children of children too."""
    found, mark = [], f"MARK={folder}".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


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


def test_a_fallen_child_is_started_again(start: Start, tmp_path: Path) -> None:
    process = start(PATIENT, PATIENT)
    wait_until(lambda: len(marked(tmp_path)) == 2)
    first = marked(tmp_path)
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: len(set(marked(tmp_path)) - {first[0]}) == 2)
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=60)
    assert "ended (-9), starting again" in told


def test_a_child_that_dies_at_once_makes_it_give_up_in_words(start: Start) -> None:
    told, _ = start("raise SystemExit(3)").communicate(timeout=60)
    assert "gave up: child-0 ended 5 times within a minute; read " in told


def test_stubborn_children_and_their_orphans_are_gone_within_five_seconds(
    start: Start, tmp_path: Path
) -> None:
    process = start(PATIENT, STUBBORN)
    wait_until(lambda: len(marked(tmp_path)) == 3)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert marked(tmp_path) == []


def test_children_do_not_outlive_a_killed_supervisor(start: Start, tmp_path: Path) -> None:
    process = start(PATIENT, PATIENT)
    wait_until(lambda: len(marked(tmp_path)) == 2)
    process.kill()
    wait_until(lambda: marked(tmp_path) == [])
