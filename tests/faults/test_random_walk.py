"""A short random walk, its seed in every message; the long one is `python -m tests.faults.__main__`."""

import os

import pytest

from tests.faults.checkpoints import Checkpoints
from tests.faults.random_walk import RandomWalk

pytestmark = pytest.mark.slow

OPERATIONS = int(os.environ.get("CXMC_WALK_OPERATIONS", "30"))
SEED = int(os.environ.get("CXMC_WALK_SEED", "20261123"))


def test_a_random_walk_mails_nobody_twice_or_wrongly(checkpoints: Checkpoints) -> None:
    walk = RandomWalk(checkpoints, SEED)
    walk.walk(OPERATIONS)
    assert walk.counts["mails"] > 0
    assert walk.counts["faults"] > OPERATIONS
