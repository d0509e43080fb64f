"""``make bench``: every figure beside its goal, as a ratio against a reference in the same run.

``python -m benchmarks [sync memory stored push tick web press] [--people N] [--large] [--postgres URL]
[--markdown]``: some subjects or all, PostgreSQL too where a server is named, as rows for the docs.
Only the ratios carry over from one machine to another.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks import (
    bench_memory,
    bench_press,
    bench_push,
    bench_stored,
    bench_sync,
    bench_tick,
    bench_web,
)
from benchmarks.environment import Environment
from benchmarks.results import Result

SUBJECTS: dict[str, Callable[[Environment], Iterator[Result]]] = {
    "sync": bench_sync.measure,
    "memory": bench_memory.measure,
    "stored": bench_stored.measure,
    "push": bench_push.measure,
    "tick": bench_tick.measure,
    "web": bench_web.measure,
    "press": bench_press.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", help=", ".join(SUBJECTS))
    parser.add_argument("--people", type=int, default=100_000, help="recipients of a first sync")
    parser.add_argument("--large", action="store_true", help="the full sizes: half an hour")
    parser.add_argument("--postgres", default=os.environ.get("CXMC_TEST_POSTGRES", ""))
    parser.add_argument("--markdown", action="store_true", help="rows for docs/performance.md")
    given = parser.parse_args()
    figures = []
    with tempfile.TemporaryDirectory(prefix="cxmc-bench-") as folder:
        ground = Environment(Path(folder), given.people, given.large, given.postgres)
        for subject in given.subjects or SUBJECTS:
            for figure in SUBJECTS[subject](ground):
                print(figure.row() if given.markdown else figure.line(), flush=True)
                figures.append(asdict(figure))
    print(json.dumps({"people": given.people, "large": given.large, "figures": figures}))


if __name__ == "__main__":
    main()
