"""``make bench``: measures the product and compares each figure with its goal.

``python -m benchmarks [sync memory stored freeze due push send tick web press] [--people N] [--large]
[--postgres URL] [--markdown]`` measures all subjects or some. Ratios against a reference in the same run
carry over to another machine; other figures do not.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks import (
    bench_due,
    bench_freeze,
    bench_memory,
    bench_press,
    bench_push,
    bench_send,
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
    "freeze": bench_freeze.measure,
    "due": bench_due.measure,
    "push": bench_push.measure,
    "send": bench_send.measure,
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
    args = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory(prefix="cxmc-bench-") as folder:
        environment = Environment(Path(folder), args.people, args.large, args.postgres)
        for subject in args.subjects or SUBJECTS:
            for result in SUBJECTS[subject](environment):
                print(result.row() if args.markdown else result.line(), flush=True)
                results.append(asdict(result))
    print(json.dumps({"people": args.people, "large": args.large, "figures": results}))


if __name__ == "__main__":
    main()
