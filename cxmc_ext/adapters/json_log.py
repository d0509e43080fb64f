"""Log lines as JSON, one object per line: for programs that collect logs."""

import json
import logging
import traceback
from datetime import UTC, datetime

EXTRA_FIELDS = "cxmc"
"""Name of the `extra` whose values stand in the object under names of their own."""


class JsonFormatter(logging.Formatter):
    """Of an exception its type and frames: its text may hold an address or a statement's values."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        told |= getattr(record, EXTRA_FIELDS, {})
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = record.exc_info[0].__name__
            told["frames"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(told, default=str)


def log_as_json() -> None:
    """From now on everything this process logs, of INFO and above, goes to stderr that way."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
