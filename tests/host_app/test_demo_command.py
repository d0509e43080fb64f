"""The one command: from nothing to a healthy demo, what it says when it cannot, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.ports import free_port

pytestmark = pytest.mark.slow


def environment(folder: Path, port: int, standin_port: int) -> dict[str, str]:
    ours = ("CXMC_", "REDIS_URL", "DATABASE_URL", "SECRET_KEY")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    named = {"CRM_INSTANCE": str(folder), "PORT": str(port), "STANDIN_PORT": str(standin_port)}
    return kept | named


def run(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "host_app", *words]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def processes(folder: Path) -> set[int]:
    found, mark = set(), f"CRM_INSTANCE={folder}".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.add(int(entry.name))
        except OSError:
            continue
    return found


class Running:
    """A demo in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.standin_port = free_port(), free_port()
        self.env = environment(folder, self.port, self.standin_port)
        self.out = folder / "said.txt"
        with self.out.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "host_app"],
                cwd=ROOT,
                env=self.env,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        until_ready = time.monotonic() + 95
        while "Ready after" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < until_ready, self.said()
            time.sleep(0.1)

    def said(self) -> str:
        return self.out.read_text()

    def health(self) -> dict[str, dict[str, bool]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
            told: dict[str, dict[str, bool]] = json.load(answer)
            return told

    def end(self, number: int = signal.SIGTERM) -> float:
        """Seconds it took; five are promised."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(60)
        return time.monotonic() - began


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("instance"))
    yield running
    running.process.kill()
    running.process.wait()


def test_the_demo_says_where_it_is_who_to_be_and_which_key_fits(demo: Running) -> None:
    said = demo.said()
    assert f"http://127.0.0.1:{demo.port}/" in said
    assert f"http://127.0.0.1:{demo.standin_port}/" in said
    assert "recruiter" in said
    asked = [sys.executable, "-c", "from cxmc_ext.standin import DEMO_KEY; print(DEMO_KEY)"]
    key = subprocess.check_output(asked, text=True, cwd=ROOT).strip()
    assert f"Its API key   {key}" in said


def test_healthz_names_every_part_alive(demo: Running) -> None:
    parts = demo.health()["parts"]
    assert set(parts) >= {"redis", "worker", "scheduler"}
    assert all(parts.values())


def test_secrets_are_readable_by_the_owner_only(demo: Running) -> None:
    for name in ("secret_key", "demo.json"):
        assert (demo.folder / name).stat().st_mode & 0o077 == 0
    assert (demo.folder / "redis" / "redis.sock").stat().st_mode & 0o077 == 0


def test_a_second_demo_in_the_same_folder_is_told_so(demo: Running) -> None:
    second = run(environment(demo.folder, free_port(), free_port()))
    assert second.returncode == 1
    assert second.stderr.startswith("The demo is running already")
    assert run(demo.env, "reset").returncode == 1


def test_a_taken_port_is_named_with_a_way_out(demo: Running, tmp_path: Path) -> None:
    other = run(environment(tmp_path, demo.port, free_port()))
    assert other.returncode == 1
    told = f"Port {demo.port} is in use; choose another one: PORT={demo.port + 1} make demo"
    assert other.stderr.strip() == told


def test_a_killed_worker_comes_back(demo: Running) -> None:
    before = demo.said().count("worker-1   started")
    line = next(line for line in demo.said().splitlines() if "worker-1   started" in line)
    os.kill(int(line.rsplit("pid ", 1)[1].rstrip(")")), signal.SIGKILL)
    deadline = time.monotonic() + 60
    while demo.said().count("worker-1   started") == before:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_end_leaves_no_process_and_keeps_the_data(demo: Running) -> None:
    assert processes(demo.folder)
    assert demo.end() < 5
    assert demo.process.returncode == 0
    assert processes(demo.folder) == set()
    kept = json.loads((demo.folder / "demo.json").read_text())
    again = Running(demo.folder)
    try:
        assert (
            json.loads((demo.folder / "demo.json").read_text())["CXMC_SECRET_KEYS"]
            == (kept["CXMC_SECRET_KEYS"])
        )
        assert again.end(signal.SIGINT) < 5
    finally:
        again.process.kill()
        again.process.wait()


def test_reset_empties_the_folder(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "crm.db").write_text("old")
    assert run(environment(tmp_path, free_port(), free_port()), "reset").returncode == 0
    assert list(tmp_path.iterdir()) == []
