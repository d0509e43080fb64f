"""``make bench``: every figure beside its goal, as a ratio against a plain loop in the same run.

``python -m benchmarks [people] [SQLAlchemy URL]``; the URL names an empty PostgreSQL database, default
is a fresh SQLite file. Only the ratios carry over from one machine to another.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path

from benchmarks.origin import CAMPAIGN

LATENCY = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """One process; `seconds` as it tells them itself, without its imports."""

    seconds: float
    megabytes: int
    requests: int
    said: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    value: float
    goal: str
    met: bool


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(tempfile.mkdtemp(prefix="cxmc-bench-"))
    given = sys.argv[2] if len(sys.argv) > 2 else ""
    try:
        figures = measured(people, folder, given)
    finally:
        shutil.rmtree(folder)
    for each in figures:
        print(
            f"{'ok  ' if each.met else 'MISS'} {each.name:44} {each.value:10.2f}   goal {each.goal}"
        )
    print(json.dumps({"people": people, "figures": [asdict(each) for each in figures]}))


def measured(people: int, folder: Path, given: str) -> list[Figure]:
    ours = given or f"sqlite:///{folder / 'ours.db'}"
    theirs = given or f"sqlite:///{folder / 'theirs.db'}"
    with origin(people, 0.0) as url:
        run("contest", "setup", url, ours)
        first = run("contest", "sync", url, ours)
        stored = json.loads(run("contest", "count", url, ours).said)
        again = run("contest", "sync", url, ours)
        urllib.request.urlopen(urllib.request.Request(f"{url}/__more", method="POST")).close()
        more = run("contest", "sync", url, ours)
        push = run("contest", "push", url, ours)
        peer = run("peer", "", url, theirs)
    with origin(people, LATENCY) as url:
        run("contest", "setup", url, ours)
        slow = run("contest", "sync", url, ours)
    pages = ceil(people / 1000)
    left = ceil(stored["unsubscribed"] / 1000)
    factor = 8 if given.startswith("postgresql") else 4
    return [
        Figure("first sync, events/s", stored["events"] / first.seconds, "-", True),
        _at_least("first sync : plain loop", peer.seconds / first.seconds, factor),
        _at_most("first sync, requests", first.requests, 1 + pages + left),
        _at_most("first sync, peak MB", first.megabytes, 90),
        _at_most("50 ms per request : none", slow.seconds / first.seconds, 1.15),
        _at_most("unchanged : first", again.seconds / first.seconds, 0.1),
        _at_most("unchanged, requests", again.requests, 1),
        _at_most("1 % new : first", more.seconds / first.seconds, 0.4),
        _at_most("push, requests", push.requests, 2 * ceil(people / 500) + 8),
        Figure("push, recipients/s", people / push.seconds, "-", True),
    ]


@contextmanager
def origin(people: int, latency: float) -> Iterator[str]:
    """A process of its own, so that its work is not counted as ours."""
    command = ["-m", "benchmarks.origin", "--people", str(people), "--latency", str(latency)]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def run(module: str, command: str, url: str, database: str) -> Run:
    surroundings = os.environ | {
        "BENCH_URL": url,
        "BENCH_KEY": "any",
        "BENCH_CAMPAIGN": CAMPAIGN,
        "BENCH_DB": database,
    }
    stats(url)
    words = [sys.executable, "-m", f"benchmarks.{module}", *([command] if command else [])]
    process = subprocess.Popen(
        words, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said, told = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    if process.returncode:
        sys.exit(f"{module} {command} failed: {told}")
    seconds = json.loads(told.splitlines()[-1])["seconds"]
    return Run(seconds, usage.ru_maxrss // 1024, stats(url)["requests"], said)


def stats(url: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{url}/__stats") as answer:
        return dict(json.load(answer))


def _at_least(name: str, value: float, goal: float) -> Figure:
    return Figure(name, value, f">= {goal:g}", value >= goal)


def _at_most(name: str, value: float, goal: float) -> Figure:
    return Figure(name, value, f"<= {goal:g}", value <= goal)


if __name__ == "__main__":
    main()
