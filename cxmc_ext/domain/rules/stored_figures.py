"""Figures from the stored answers of MailChimp. What cannot be shown is None; screens show “–” for it."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_MAX_COUNT = 2**31 - 1


def object_of(stored: object) -> Mapping[str, Any]:
    """Returns the stored value if it is an object, else an empty one."""
    return stored if isinstance(stored, dict) else {}


def list_of(stored: object) -> list[Any]:
    """Returns the stored value if it is a list, else an empty list."""
    return stored if isinstance(stored, list) else []


def find_value(stored: object, *path: str) -> object:
    """Returns the value at a path of names; None if there is none."""
    value = stored
    for name in path:
        value = object_of(value).get(name)
    return value


def stored_count(value: object) -> int | None:
    """Returns a count; 0 where nothing is stored, None for anything that is no count."""
    if value is None:
        return 0
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT
    return value if is_count else None  # type: ignore[return-value]  # just checked


def stored_share(value: object) -> float | None:
    """Returns a share between 0 and 1; None for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_share = is_number and math.isfinite(value) and 0 <= value <= 1  # type: ignore[arg-type,operator]
    return float(value) if is_share else None  # type: ignore[arg-type]


def stored_time(text: object) -> int | None:
    """Returns an ISO 8601 time in Unix seconds; None for anything else."""
    try:
        return int(datetime.fromisoformat(str(text)).timestamp())
    except (ValueError, OverflowError):
        return None


def stored_pairs(stored: object) -> dict[str, tuple[int | None, int | None]]:
    """Returns the pairs of counts of an object; what is no pair is left out."""
    pairs = {str(name): list_of(pair) for name, pair in object_of(stored).items()}
    return {
        name: (stored_count(pair[0]), stored_count(pair[1]))
        for name, pair in pairs.items()
        if len(pair) == 2
    }
