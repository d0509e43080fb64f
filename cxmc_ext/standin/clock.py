"""The stand-in's own time: the machine's clock plus an offset that tests and the site may push on."""

import time
from datetime import UTC, datetime
from functools import lru_cache


class Clock:
    """Whole seconds since 1970, because MailChimp's times have a grain of one second."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def exact(self) -> float:
        return time.time() + self.offset

    def now(self) -> int:
        return int(self.exact())

    def advance(self, seconds: float) -> None:
        """Let time pass; it never runs backwards."""
        self.offset += max(0.0, seconds)


@lru_cache(maxsize=65536)
def iso(moment: int) -> str:
    """ISO 8601 with offset; "" for never, as the real service writes it."""
    return datetime.fromtimestamp(moment, UTC).isoformat() if moment else ""


def parse_iso(text: str) -> int:
    """Raise ValueError for anything that is not ISO 8601; without an offset it is UTC."""
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp())
