"""Logs as JSON, one object per line, for programs that collect logs."""

import json
import logging
import traceback
from datetime import UTC, datetime

# Name of the `extra` of a log call whose values become fields of the object.
EXTRA_FIELDS = "cxmc"


class JsonFormatter(logging.Formatter):
    """Formats a record as a JSON object.

    Of an exception only the type and the frames are logged: its text may contain an e-mail address or
    the values of an SQL statement.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Formats a record as one line of JSON."""
        fields: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        fields |= getattr(record, EXTRA_FIELDS, {})
        if record.exc_info and record.exc_info[0] is not None:
            fields["error"] = record.exc_info[0].__name__
            fields["frames"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(fields, default=str)


def log_as_json() -> None:
    """Sends everything this process logs, from INFO up, to stderr as JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
