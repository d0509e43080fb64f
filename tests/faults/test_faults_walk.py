"""A short random walk, its seed in every message; the long one is `python -m tests.faults.walk`."""

import os

from tests.faults.starts import Starts
from tests.faults.wanderer import Wanderer

OPERATIONS = int(os.environ.get("CXMC_WALK_OPERATIONS", "30"))
SEED = int(os.environ.get("CXMC_WALK_SEED", "20261123"))


def test_a_random_walk_mails_nobody_twice_or_wrongly(starts: Starts) -> None:
    wanderer = Wanderer(starts, SEED)
    wanderer.walk(OPERATIONS)
    assert wanderer.tally["mails"] > 0
    assert wanderer.tally["faults"] > OPERATIONS
