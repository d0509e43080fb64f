"""Records to JSON and back, and the file that outlives a restart."""

import json
import os
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


def to_json(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)


def read_file(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def write_file(path: Path, text: str) -> None:
    """Atomic: a reader sees the old file or the new one, never half of either."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def from_json(kind: type[Record], data: dict[str, Any]) -> Record:
    """Unknown keys are dropped, missing ones take their default: old files stay readable."""
    hints = _hints(kind)
    return kind(**{name: _value(hints[name], data[name]) for name in hints if name in data})


def _plain(value: Any) -> Any:
    """Every record has slots."""
    return {name: getattr(value, name) for name in value.__slots__}


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(kind: type) -> dict[str, Any]:
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]


def _value(hint: Any, value: Any) -> Any:
    inner = get_args(hint)[-1] if get_args(hint) else None
    if not is_dataclass(inner) or not isinstance(inner, type):
        return value
    if get_origin(hint) is dict:
        return {name: from_json(inner, each) for name, each in value.items()}
    return [from_json(inner, each) for each in value]
