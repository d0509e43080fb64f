"""Texts that every database, file and answer can hold: no NUL, and no half of a surrogate pair.

PostgreSQL refuses NUL in a text (https://www.postgresql.org/docs/current/datatype-character.html), and a lone
surrogate, which JSON can contain as \\ud800, has no UTF-8 form.
"""

import json
import re
from typing import Any

_NUMBER = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether a text contains neither NUL nor a lone surrogate."""
    return not _UNSTORABLE.search(text)


def storable_text(text: str) -> str:
    """The text without NUL and lone surrogates."""
    return text if is_storable(text) else _UNSTORABLE.sub("", text)


def json_object(text: str) -> dict[str, Any]:
    """The JSON object that a text contains, with texts that can be stored; {} for anything else.

    For a text that anybody may have sent: JSON can hide in an escape what a form is cleaned of.
    """
    try:
        value = _storable_json(json.loads(text or "{}"))
    except (ValueError, RecursionError):  # no JSON, or lists within lists within lists
        return {}
    return value if isinstance(value, dict) else {}


def _storable_json(value: Any) -> Any:
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, list):
        return [_storable_json(item) for item in value]
    if isinstance(value, dict):
        return {storable_text(name): _storable_json(item) for name, item in value.items()}
    return value


def number_in(text: str) -> int:
    """The whole number that a text consists of, of at most 15 digits; 0 for any other text."""
    return int(text) if _NUMBER.fullmatch(text) else 0


def cut_to_bytes(text: str, size: int) -> str:
    """The beginning of a storable text, at most `size` bytes of UTF-8."""
    if text.isascii():
        return text[:size]
    return text.encode()[:size].decode(errors="ignore")
