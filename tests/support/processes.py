"""Processes that tests start, and what the kernel tells of them."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT

WORKER_APP = ROOT / "tests" / "adapters" / "rq" / "worker_app.py"


class WorkerProcess:
    """`flask cxmc …` in a process of its own, with the app of `worker_app.py`."""

    def __init__(self, folder: Path, redis_url: str, *arguments: str) -> None:
        self.folder = folder
        env = os.environ | {
            "PYTHONPATH": str(ROOT),
            "CXMC_TEST_FOLDER": str(folder),
            "CXMC_TEST_REDIS": redis_url,
            "CXMC_TEST_MARKS": "1",
        }
        self.log = folder / f"{arguments[0]}.log"
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", str(WORKER_APP), "cxmc", *arguments],
                env=env,
                stderr=log,
                stdout=log,
            )

    def is_listening(self) -> bool:
        """Whether it waits for jobs and obeys SIGTERM: rq says so a moment before it does."""
        caught = int(
            Path(f"/proc/{self.popen.pid}/status").read_text().split("SigCgt:")[1][:18], 16
        )
        return bool(caught >> signal.SIGTERM - 1 & 1) and "*** Listening" in self.log.read_text()

    def children(self) -> list[int]:
        return children_of(self.popen.pid)

    def heartbeats(self) -> dict[str, str]:
        """Name and kind of every heartbeat in the database."""
        file = self.folder / "cxmc.db"
        if not file.exists():
            return {}
        connection = sqlite3.connect(file)
        try:
            return dict(connection.execute("select name, kind from cxmc_heartbeat").fetchall())
        except sqlite3.OperationalError:
            return {}
        finally:
            connection.close()

    def job_mark(self, number: int) -> str:
        """What the job of that operation wrote; "" while it has not run."""
        mark = self.folder / f"ran-{number}"
        return mark.read_text() if mark.exists() else ""

    def end(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait(10)


def children_of(pid: int) -> list[int]:
    """Process ids of the living children."""
    ids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [child for child in ids if parent_of(child) == pid and is_alive(child)]


def parent_of(pid: int) -> int:
    """0 for a process that is gone."""
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def is_alive(pid: int) -> bool:
    """Whether it runs: a zombie does not."""
    return _stat(pid)[:1] not in ([], ["Z"])


def command_of(pid: int) -> list[str]:
    """Its command line; empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def _stat(pid: int) -> list[str]:
    """State and parent; empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return []
