"""`python -m host_app`: starting, error messages, restarting a process, stopping, and resetting."""

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
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    named = {"CRM_INSTANCE": str(folder), "PORT": str(port), "STANDIN_PORT": str(standin_port)}
    return inherited | named


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "host_app", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def processes_of(folder: Path) -> set[int]:
    """The ids of all processes that were started for this folder."""
    pids, mark = set(), f"CRM_INSTANCE={folder}".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                pids.add(int(entry.name))
        except OSError:
            continue
    return pids


class RunningDemo:
    """A demo with its own folder and ports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.standin_port = free_port(), free_port()
        self.env = environment(folder, self.port, self.standin_port)
        self.output_file = folder / "output.txt"
        with self.output_file.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "host_app"],
                cwd=ROOT,
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until_ready = time.monotonic() + 95
        while "Ready after" not in self.output():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < until_ready, self.output()
            time.sleep(0.1)

    def output(self) -> str:
        return self.output_file.read_text()

    def health(self) -> dict[str, dict[str, bool]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
            health: dict[str, dict[str, bool]] = json.load(answer)
            return health

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Stop the demo; return the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(60)
        return time.monotonic() - started


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    running = RunningDemo(tmp_path_factory.mktemp("instance"))
    yield running
    running.process.kill()
    running.process.wait()


def test_the_demo_prints_its_urls_logins_and_api_key(demo: RunningDemo) -> None:
    output = demo.output()
    assert f"http://127.0.0.1:{demo.port}/" in output
    assert f"http://127.0.0.1:{demo.standin_port}/" in output
    assert "recruiter" in output
    assert "1. As admin: Settings" in output
    command = [sys.executable, "-c", "from cxmc_ext.standin import DEMO_KEY; print(DEMO_KEY)"]
    key = subprocess.check_output(command, text=True, cwd=ROOT).strip()
    assert f"Its API key   {key}" in output


def test_healthz_reports_every_part(demo: RunningDemo) -> None:
    parts = demo.health()["parts"]
    assert set(parts) >= {"redis", "worker", "scheduler"}
    assert all(parts.values())


def test_only_the_owner_can_read_secrets(demo: RunningDemo) -> None:
    for name in ("secret_key", "demo.json"):
        assert (demo.folder / name).stat().st_mode & 0o077 == 0
    assert (demo.folder / "redis" / "redis.sock").stat().st_mode & 0o077 == 0


def test_a_second_demo_in_the_same_folder_is_refused(demo: RunningDemo) -> None:
    second = run(environment(demo.folder, free_port(), free_port()))
    assert second.returncode == 1
    assert second.stderr.startswith("The demo is already running")
    assert run(demo.env, "reset").returncode == 1


def test_a_port_in_use_is_reported_with_a_solution(demo: RunningDemo, tmp_path: Path) -> None:
    other = run(environment(tmp_path, demo.port, free_port()))
    assert other.returncode == 1
    message = f"Port {demo.port} is in use; choose another one: PORT={demo.port + 1} make demo"
    assert other.stderr.strip() == message


def test_equal_ports_are_refused_with_one_message(tmp_path: Path) -> None:
    port = free_port()
    refused = run(environment(tmp_path, port, port))
    assert refused.returncode == 1
    (line,) = refused.stderr.strip().splitlines()
    assert line.startswith(f"The CRM and the stand-in cannot both use port {port};")


def test_a_killed_worker_is_restarted(demo: RunningDemo) -> None:
    before = demo.output().count("worker-1   started")
    line = next(line for line in demo.output().splitlines() if "worker-1   started" in line)
    os.kill(int(line.rsplit("pid ", 1)[1].rstrip(")")), signal.SIGKILL)
    deadline = time.monotonic() + 60
    while demo.output().count("worker-1   started") == before:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_stopping_leaves_no_process_and_keeps_the_data(demo: RunningDemo) -> None:
    assert processes_of(demo.folder)
    assert demo.stop() < 5
    assert demo.process.returncode == 0
    assert processes_of(demo.folder) == set()
    settings = json.loads((demo.folder / "demo.json").read_text())
    again = RunningDemo(demo.folder)
    try:
        assert (
            json.loads((demo.folder / "demo.json").read_text())["CXMC_SECRET_KEYS"]
            == (settings["CXMC_SECRET_KEYS"])
        )
        assert again.stop(signal.SIGINT) < 5
    finally:
        again.process.kill()
        again.process.wait()


def test_reset_empties_the_folder(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "crm.db").write_text("old")
    assert run(environment(tmp_path, free_port(), free_port()), "reset").returncode == 0
    assert list(tmp_path.iterdir()) == []
