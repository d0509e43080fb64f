"""Values in MailChimp's answers that cannot be used, counted by field for whoever made the call.

They are left out where an answer is parsed; everything else of the answer is used.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# MailChimp chooses the names of some fields; only those that look like its own are kept.
_FIELD_NAME = re.compile(r"[a-z_]{1,40}", re.ASCII)
# Each thread has a value of its own, so parallel calls do not mix.
_counter: ContextVar[Counter[str] | None] = ContextVar("dropped_values", default=None)


@contextmanager
def collect_dropped_values() -> Iterator[Counter[str]]:
    """Collects what is dropped in this thread while the block runs; an outer block collects it as well.

    Yields:
        How many values were dropped, by the name of their field.
    """
    counter: Counter[str] = Counter()
    token = _counter.set(counter)
    try:
        yield counter
    finally:
        _counter.reset(token)
        outer = _counter.get()
        if outer is not None:
            outer.update(counter)


def count_dropped_value(field: str) -> None:
    """Counts one value that was dropped; without effect outside of `collect_dropped_values`."""
    counter = _counter.get()
    if counter is not None:
        counter[field if _FIELD_NAME.fullmatch(field) else "other"] += 1
