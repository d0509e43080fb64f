"""Where measurements run: a folder, fresh databases, a prerendered API, and measured processes."""

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
    """What the command line chose."""

    folder: Path
    people: int
    large: bool
    postgres: str
    """URL of any database of a PostgreSQL server; "" measures SQLite only."""

    @contextmanager
    def database(self, postgres: bool = False) -> Iterator[str]:
        """Create a database, yield its URL, and delete it afterwards."""
        name = f"cxmc_bench_{secrets.token_hex(4)}"
        if not postgres:
            path = self.folder / f"{name}.db"
            yield f"sqlite:///{path}"
            for file in self.folder.glob(f"{name}.db*"):
                file.unlink()
            return
        admin = create_engine(self.postgres, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(self.postgres).set(database=name).render_as_string(hide_password=False)
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@dataclass(frozen=True, slots=True)
class ProcessResult:
    """What one process needed."""

    seconds: float
    """As reported by the process itself, without its imports."""
    megabytes: float
    cpu_seconds: float
    """With its imports."""
    requests: int
    max_concurrent: int
    """Most concurrent requests, as the API saw them."""
    output: str


@contextmanager
def start_api(
    people: int, latency: float = 0.0, lean: bool = False, campaigns: int = 1
) -> Iterator[str]:
    """Start the prerendered API in a process of its own and yield its URL.

    Args:
        people: Recipients of each campaign.
        latency: Seconds each response is delayed.
        lean: Serve only what the product asks for, to save memory.
        campaigns: How many campaigns have this report.
    """
    command = ["-m", "benchmarks.prerendered_mailchimp", "--people", str(people)]
    command += ["--latency", str(latency), "--campaigns", str(campaigns)]
    command += ["--lean"] if lean else []
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def run_product(command: str, url: str, database: str) -> ProcessResult:
    """Run a command of `benchmarks.contest` to its end."""
    return run_process("contest", command, url, database)


def run_process(module: str, command: str, url: str, database: str) -> ProcessResult:
    """Run a module of benchmarks/ to its end.

    Args:
        module: Its name, such as "baseline_sync".
        command: Its argument; "" for none.
        url: The API.
        database: URL of the database.
    """
    request_stats(url)
    process = start_process(module, command, url, database)
    return finish_process(process, url)


def start_process(module: str, command: str, url: str, database: str) -> "subprocess.Popen[str]":
    """Start a module like `run_process`, without waiting."""
    environ = os.environ | {
        "BENCH_URL": url,
        "BENCH_KEY": "any",
        "BENCH_CAMPAIGN": CAMPAIGN,
        "BENCH_DB": database,
    }
    argv = [sys.executable, "-m", f"benchmarks.{module}", *([command] if command else [])]
    return subprocess.Popen(
        argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish_process(process: "subprocess.Popen[str]", url: str) -> ProcessResult:
    """Wait for a process and read what it reported."""
    assert process.stdout is not None
    assert process.stderr is not None
    output, errors = process.stdout.read(), process.stderr.read()
    process.wait()
    process.stdout.close()
    process.stderr.close()
    if process.returncode:
        sys.exit(f"{process.args} failed: {errors}")
    own, requests = json.loads(errors.splitlines()[-1]), request_stats(url)
    return ProcessResult(
        seconds=own["seconds"],
        megabytes=own["megabytes"],
        cpu_seconds=own["cpu_seconds"],
        requests=requests["requests"],
        max_concurrent=requests["most"],
        output=output,
    )


def request_stats(url: str) -> dict[str, int]:
    """Return what the API counted since the last call: requests, bytes, most concurrent."""
    with urllib.request.urlopen(f"{url}/__stats") as response:
        return dict(json.load(response))


def add_events(url: str) -> None:
    """Let one percent new events happen."""
    urllib.request.urlopen(urllib.request.Request(f"{url}/__more", method="POST")).close()
