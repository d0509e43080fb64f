"""Which of many cases run: by default a sample in which every call and every kind of fault occurs."""

import os
from collections.abc import Sequence
from typing import TypeVar

Case = TypeVar("Case")
RUN_ALL = os.environ.get("CXMC_FAULTS") == "all"


def every_nth(cases: Sequence[Case], step: int) -> list[Case]:
    """All cases where the environment says CXMC_FAULTS=all."""
    return list(cases[:: 1 if RUN_ALL else step])
