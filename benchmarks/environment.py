"""Where measurements run: a folder, fresh databases, the origin, and processes that are watched."""

import json
import os
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks.generated_data import CAMPAIGN


@dataclass(frozen=True, slots=True)
class Environment:
    """`postgres` names a server by one of its databases, or is empty: then SQLite alone is measured."""

    folder: Path
    people: int
    large: bool
    postgres: str

    @contextmanager
    def database(self, postgres: bool = False) -> Iterator[str]:
        """The URL of a fresh database, gone afterwards."""
        name = f"cxmc_bench_{secrets.token_hex(4)}"
        if not postgres:
            path = self.folder / f"{name}.db"
            yield f"sqlite:///{path}"
            for each in self.folder.glob(f"{name}.db*"):
                each.unlink()
            return
        admin = create_engine(self.postgres, isolation_level="AUTOCOMMIT")
        with admin.connect() as link:
            link.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(self.postgres).set(database=name).render_as_string(hide_password=False)
        with admin.connect() as link:
            link.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@dataclass(frozen=True, slots=True)
class ProcessResult:
    """One process; `seconds` as it tells them itself, without its imports."""

    seconds: float
    megabytes: float
    requests: int
    max_concurrent: int
    """Requests under way at once, as the origin saw them."""
    output: str


@contextmanager
def start_api(people: int, latency: float = 0.0, lean: bool = False) -> Iterator[str]:
    """A process of its own, so that its work is not counted as ours."""
    words = [
        "-m",
        "benchmarks.prerendered_mailchimp",
        "--people",
        str(people),
        "--latency",
        str(latency),
    ]
    words += ["--lean"] if lean else []
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def run_product(command: str, url: str, database: str) -> ProcessResult:
    return run_process("contest", command, url, database)


def run_process(module: str, command: str, url: str, database: str) -> ProcessResult:
    request_stats(url)
    process = start_process(module, command, url, database)
    return finish_process(process, url)


def start_process(module: str, command: str, url: str, database: str) -> "subprocess.Popen[str]":
    surroundings = os.environ | {
        "BENCH_URL": url,
        "BENCH_KEY": "any",
        "BENCH_CAMPAIGN": CAMPAIGN,
        "BENCH_DB": database,
    }
    words = [sys.executable, "-m", f"benchmarks.{module}", *([command] if command else [])]
    return subprocess.Popen(
        words, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish_process(process: "subprocess.Popen[str]", url: str) -> ProcessResult:
    assert process.stdout is not None
    assert process.stderr is not None
    said, complaints = process.stdout.read(), process.stderr.read()
    process.wait()
    process.stdout.close()
    process.stderr.close()
    if process.returncode:
        sys.exit(f"{process.args} failed: {complaints}")
    own, seen = json.loads(complaints.splitlines()[-1]), request_stats(url)
    return ProcessResult(own["seconds"], own["megabytes"], seen["requests"], seen["most"], said)


def request_stats(url: str) -> dict[str, int]:
    """What the origin saw since it was asked last."""
    with urllib.request.urlopen(f"{url}/__stats") as answer:
        return dict(json.load(answer))


def add_events(url: str) -> None:
    """One per cent new events."""
    urllib.request.urlopen(urllib.request.Request(f"{url}/__more", method="POST")).close()
