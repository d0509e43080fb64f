"""Typed and bounded access to MailChimp's JSON.

What is stored or shown must fit: texts without NUL and lone surrogates, whole numbers within the columns,
times between 2000 and 2100. A value that does not fit is dropped and counted (`domain.dropped_values`). Only
`required_…`, `typed` and `parse_time` raise TypeError, ValueError or LookupError instead.

MailChimp writes "" where a date or number is missing, never null (observed 2026-07).
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from cxmc_ext.domain.dropped_values import count_dropped_value
from cxmc_ext.domain.rules.texts import cut_to_bytes, is_storable, storable_text

T = TypeVar("T")
Row = Mapping[str, Any]
MAX_COUNT = 2**31 - 1
MAX_NUMBER = 2**63 - 1
MAX_TEXT = 1000
ADDRESS_LENGTH = 254
# In bytes: a longer URL does not fit into an index of PostgreSQL (at most 2704 bytes per entry).
MAX_URL = 2000
EARLIEST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
# What is kept of an answer as a whole.
_MAX_DEPTH, _MAX_ITEMS = 8, 1000
EPOCH = datetime.fromtimestamp(0, UTC)
DAY = 86_400
_MISSING = (None, "")
_ID = re.compile("[^\x00-\x20\x7f\ud800-\udfff]{1,64}")


def parse_time(value: Any) -> int | None:
    """Parses an ISO 8601 time.

    Returns:
        Whole Unix seconds. None for "" and null, which mean “never”.

    Raises:
        ValueError: The text is not a time between 2000 and 2100.
        TypeError: The value is no text.
    """
    if value is None or value == "":
        return None
    moment = datetime.fromisoformat(value)
    passed = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH
    seconds = passed.days * DAY + passed.seconds
    if not EARLIEST <= seconds < LATEST:
        raise ValueError("not a time between 2000 and 2100")
    return seconds


def time_field(row: Row, name: str) -> int | None:
    """Returns a time in Unix seconds that may be missing; None then."""
    try:
        return parse_time(row.get(name))
    except (TypeError, ValueError, OverflowError):
        count_dropped_value(name)
        return None


def format_time(seconds: int) -> str:
    """Formats Unix seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def parse_http_date(text: str) -> int | None:
    """Parses a Date header into Unix seconds; None if it is not a date."""
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None


def typed(value: Any, kind: type[T]) -> T:
    """Returns the value if it has this type."""
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}")
    return value


def required_list(row: Any, name: str) -> list[Any]:
    """Returns a field that must be a list."""
    return typed(row[name], list)


def required_text(value: Any, limit: int = MAX_TEXT) -> str:
    """Returns the value if it is a text of 1 to `limit` characters."""
    text = storable_text(typed(value, str))
    if not text or len(text) > limit:
        raise ValueError("a text is missing")
    return text


def required_id(value: Any) -> str:
    """Returns the value if it is an id: 1 to 64 characters, none of them a space or control character."""
    if not _ID.fullmatch(typed(value, str)):
        raise ValueError("an id is missing")
    return str(value)


def required_number(value: Any, limit: int = MAX_COUNT) -> int:
    """Returns the value if it is a whole number from 0 to `limit`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is missing")
    if not 0 <= value <= limit:
        raise ValueError("a whole number is out of range")
    return value


def text_field(row: Row, name: str, limit: int | None = MAX_TEXT) -> str:
    """Returns a text that may be missing, cut to `limit` characters; "" then."""
    value = row.get(name)
    if isinstance(value, str):
        text = value if value.isascii() and "\0" not in value else _cleaned(value, name)
        return text if limit is None else text[:limit]
    if value is not None:
        count_dropped_value(name)
    return ""


def url_field(row: Row, name: str) -> str:
    """Returns a URL that may be missing, cut to MAX_URL bytes; "" then."""
    return cut_to_bytes(text_field(row, name, None), MAX_URL)


def id_field(row: Row, name: str) -> str:
    """Returns an id that may be missing; "" then."""
    value = row.get(name)
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    if value not in _MISSING:
        count_dropped_value(name)
    return ""


def count_field(row: Row, name: str) -> int:
    """Returns a count that may be missing; 0 then."""
    return optional_count(row, name) or 0


def optional_count(row: Row, name: str, limit: int = MAX_COUNT) -> int | None:
    """Returns a whole number from 0 to `limit`; None if it is missing."""
    value = row.get(name)
    if value in _MISSING:
        return None
    try:
        return required_number(value, limit)
    except (TypeError, ValueError):
        count_dropped_value(name)
        return None


def object_field(row: Row, name: str) -> Row:
    """Returns an object that may be missing; an empty one then."""
    value = row.get(name)
    if isinstance(value, dict):
        return value
    if value not in _MISSING:
        count_dropped_value(name)
    return {}


def rows_field(row: Row, name: str) -> list[Row]:
    """Returns a list of objects that may be missing; an empty one then."""
    value = row.get(name)
    if isinstance(value, list):
        return objects_of(value, name)
    if value not in _MISSING:
        count_dropped_value(name)
    return []


def objects_of(values: list[Any], name: str) -> list[Row]:
    """Returns the objects of a list; its other elements are dropped."""
    objects: list[Row] = [value for value in values if isinstance(value, dict)]
    for _ in range(len(values) - len(objects)):
        count_dropped_value(name)
    return objects


def storable_json(value: Any, name: str, depth: int = 0) -> Any:
    """Returns a JSON value of any shape such that it can be stored and read back; what cannot is None."""
    if isinstance(value, str):
        return _cleaned(value, name)[:MAX_TEXT]
    if depth < _MAX_DEPTH and isinstance(value, dict):
        return {
            storable_text(key)[:MAX_TEXT]: storable_json(each, key, depth + 1)
            for key, each in list(value.items())[:_MAX_ITEMS]
        }
    if depth < _MAX_DEPTH and isinstance(value, list):
        return [storable_json(each, name, depth + 1) for each in value[:_MAX_ITEMS]]
    if value is None or isinstance(value, bool) or _is_storable_number(value):
        return value
    count_dropped_value(name)
    return None


def _is_storable_number(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) <= MAX_NUMBER
    return isinstance(value, float) and math.isfinite(value)


def _cleaned(text: str, name: str) -> str:
    """The text without what cannot be stored."""
    if is_storable(text):
        return text
    count_dropped_value(name)
    return storable_text(text)
