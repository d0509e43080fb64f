"""Records to JSON and back, and the file that keeps them across restarts."""

import json
import os
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


def to_json(value: Any) -> str:
    """JSON text of a value that may contain records (dataclasses with slots)."""
    return json.dumps(value, default=_fields_of, ensure_ascii=False)


def read_file(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def write_file(path: Path, text: str) -> None:
    """Replaces the file in one step: a reader sees the old content or the new, never half of either."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def from_json(record_type: type[Record], data: dict[str, Any]) -> Record:
    """A record from its JSON object.

    Unknown names are ignored and missing ones get their default, so that older files stay readable.
    """
    hints = _type_hints(record_type)
    return record_type(**{name: _value(hints[name], data[name]) for name in hints if name in data})


def _fields_of(record: Any) -> Any:
    return {name: getattr(record, name) for name in record.__slots__}


_HINTS: dict[type, dict[str, Any]] = {}


def _type_hints(record_type: type) -> dict[str, Any]:
    """Cached, because a data file has many records of few types."""
    if record_type not in _HINTS:
        _HINTS[record_type] = get_type_hints(record_type)
    return _HINTS[record_type]


def _value(hint: Any, value: Any) -> Any:
    """Records inside dictionaries and lists become records again; everything else stays as it is."""
    arguments = get_args(hint)
    inner = arguments[-1] if arguments else None
    if not is_dataclass(inner) or not isinstance(inner, type):
        return value
    if get_origin(hint) is dict:
        return {name: from_json(inner, item) for name, item in value.items()}
    return [from_json(inner, item) for item in value]
