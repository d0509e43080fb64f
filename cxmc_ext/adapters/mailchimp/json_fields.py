"""Typed access to MailChimp's JSON. A wrong type raises TypeError or LookupError.

MailChimp writes "" where a date or number is missing, never null (observed 2026-07).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

T = TypeVar("T")
Row = Mapping[str, Any]
_EPOCH = datetime.fromtimestamp(0, UTC)
_DAY = 86_400


def parse_time(value: Any) -> int | None:
    """Parse an ISO 8601 time.

    Returns:
        Whole Unix seconds. None for "" and null, which mean “never”.

    Raises:
        ValueError: The text is not a time.
    """
    if value is None or value == "":
        return None
    moment = datetime.fromisoformat(value)
    passed = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return passed.days * _DAY + passed.seconds


def format_time(seconds: int) -> str:
    """Format Unix seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def parse_http_date(text: str) -> int | None:
    """Parse a Date header into Unix seconds; None if it is not a date."""
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except ValueError:
        return None


def typed(value: Any, kind: type[T]) -> T:
    """Return the value if it has this type."""
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}")
    return value


def list_field(row: Any, name: str) -> list[Any]:
    """Return a field that must be a list."""
    return typed(row[name], list)


def required_text(value: Any) -> str:
    """Return the value if it is a text that is not empty, such as an id."""
    if not isinstance(value, str) or not value:
        raise TypeError("an id is missing")
    return value


def text_field(row: Row, name: str) -> str:
    """Return a field that may be missing, as a text."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def number_field(row: Row, name: str) -> int:
    """Return a whole number that may be missing; 0 then."""
    value = row.get(name)
    return 0 if value is None or value == "" else whole_number(value)


def whole_number(value: Any) -> int:
    """Return the value if it is a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is missing")
    return value
