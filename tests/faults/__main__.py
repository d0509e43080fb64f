"""python -m tests.faults.__main__ --operations 10000 --seed 7: the long random walk."""

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.random_walk import CAMPAIGNS_PER_RESET, RandomWalk
from tests.faults.setup import open_environment, prepare_case
from tests.support.databases import DATABASES

CAMPAIGNS_PER_LINE = 500
"""Campaigns between two lines that say how far it is."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument(
        "--first", type=int, default=0, help=f"where to begin: a multiple of {CAMPAIGNS_PER_RESET}"
    )
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    asked = parser.parse_args()
    say(f"seed {asked.seed}")
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_environment(Path(folder), asked.database) as checkpoints,
        prepare_case(checkpoints),
    ):
        walk = RandomWalk(checkpoints, asked.seed, asked.first)
        for begun in range(0, asked.operations, CAMPAIGNS_PER_LINE):
            walk.walk(min(CAMPAIGNS_PER_LINE, asked.operations - begun))
            say(f"{walk.number} campaigns, all as promised, {time.monotonic() - started:.0f} s")
    for name, count in sorted(walk.counts.items()):
        say(f"{count:7d} {name}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
