"""Values that MailChimp should never send, and where in an answer they can be put."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.unusual_answers import MISSING, Path

ODD_VALUES: Mapping[str, Any] = {
    "missing": MISSING,
    "null": None,
    "empty": "",
    "true": True,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "2^31": 2**31,
    "2^63": 2**63,
    "-1": -1,
    "1e308": 1e308,
    "1.5": 1.5,
    "lone surrogate": "\ud800",
    "NUL": "a\0b",
    "5,000 characters": "x" * 5000,
    "5,000 emoji": "😀" * 5000,
    "list": ["x"],
    "empty list": [],
    "object": {"x": [1]},
    "empty object": {},
    "year 9999": "9999-12-31T23:59:59+00:00",
    "year 0001": "0001-01-01T00:00:00+00:00",
    "no date": "not a date",
    "unknown word": "quarantined",
    "HTML": "<script>alert(1)</script>",
}


def paths_of(answer: Any) -> list[Path]:
    """The place of every field of an answer; of the elements of a list, one of each shape."""
    places: dict[Path, Path] = {}
    for path in _walk(answer, ()):
        shape = tuple("*" if isinstance(step, int) else step for step in path)
        places.setdefault(shape, path)
    return list(places.values())


def _walk(value: Any, path: Path) -> Iterator[Path]:
    if path:
        yield path
    items: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for step, each in items:
        yield from _walk(each, (*path, step))
