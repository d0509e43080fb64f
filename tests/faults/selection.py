"""Which cases are played: by default every nth of a block, so that each place and each kind has its turn."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
RUN_ALL = os.environ.get("CXMC_FAULTS") == "all"


def every_nth(cases: Sequence[T], step: int) -> list[T]:
    """All of them with CXMC_FAULTS=all in the environment."""
    return list(cases[:: 1 if RUN_ALL else step])
