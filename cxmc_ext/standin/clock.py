"""The stand-in's own time: the machine's clock plus an offset that tests and the website can increase."""

import time
from datetime import UTC, datetime
from functools import lru_cache


class Clock:
    """Times in seconds since 1970. MailChimp's own times have a resolution of one second."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def exact(self) -> float:
        return time.time() + self.offset

    def now(self) -> int:
        return int(self.exact())

    def advance(self, seconds: float) -> None:
        """Lets time pass; it never runs backwards."""
        self.offset += max(0.0, seconds)


@lru_cache(maxsize=65536)
def iso(moment: int) -> str:
    """ISO 8601 with an offset; "" for never (0), as in MailChimp's answers (observed 2026-07)."""
    return datetime.fromtimestamp(moment, UTC).isoformat() if moment else ""


def parse_iso(text: str) -> int:
    """Seconds since 1970 of an ISO 8601 time, which is UTC if it has no offset.

    Raises:
        ValueError: The text is not ISO 8601.
    """
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp())
