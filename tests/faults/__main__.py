"""The long random walk: `python -m tests.faults --operations 10000 --seed 7`."""

import argparse
import faulthandler
import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.random_walk import CAMPAIGNS_PER_RESET, RandomWalk
from tests.faults.setup import open_environment, prepare_case
from tests.support.databases import DATABASES

# Seconds for the campaigns between two resets, after which the walk ends with the stacks of all threads.
LONGEST = 3600


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--operations", type=int, default=1000, help="number of campaigns")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument(
        "--first",
        type=int,
        default=0,
        help=f"number of the campaign to start with: a multiple of {CAMPAIGNS_PER_RESET}",
    )
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    options = parser.parse_args()
    if "PYTHONHASHSEED" not in os.environ:  # sets in another order would make another walk
        arguments = [sys.executable, "-m", "tests.faults", *sys.argv[1:], "--seed", options.seed]
        os.execve(sys.executable, list(map(str, arguments)), os.environ | {"PYTHONHASHSEED": "0"})
    say(f"seed {options.seed}")
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_environment(Path(folder), options.database) as checkpoints,
        prepare_case(checkpoints),
    ):
        walk = RandomWalk(checkpoints, options.seed, options.first)
        for start in range(0, options.operations, CAMPAIGNS_PER_RESET):
            faulthandler.dump_traceback_later(LONGEST, exit=True)
            walk.walk(min(CAMPAIGNS_PER_RESET, options.operations - start))
            say(f"{walk.number} campaigns, all as promised, {time.monotonic() - started:.0f} s")
        faulthandler.cancel_dump_traceback_later()
    for name, count in sorted(walk.counts.items()):
        say(f"{count:7d} {name}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
