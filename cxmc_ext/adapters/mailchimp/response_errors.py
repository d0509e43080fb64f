"""What an answer is worth: done, surely not done, or unknown (the outcome classes of one call)."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from cxmc_ext.domain.errors import (
    Forbidden,
    KeyRefused,
    MailChimpError,
    NotFound,
    Refused,
    Throttled,
    Unknown,
)

MAX_RETRY_AFTER = 300
INVALID_BODY: Final = object()
"""Stands for a body that is not JSON, or was larger than we read."""
_REFUSALS: Mapping[int, type[Refused]] = {401: KeyRefused, 403: Forbidden, 404: NotFound}
_Scrub = Callable[[str], str]


@dataclass(frozen=True, slots=True, repr=False)
class RawResponse:
    """An answer with any status; `body` is the JSON value, None if there was none, or BROKEN.

    Straight from the wire it is what `parsed` takes.
    """

    status: int
    headers: Mapping[str, str]
    body: Any

    def header(self, name: str) -> str:
        return self.headers.get(name) or ""


def parse_body(content: bytes | bytearray | None) -> Any:
    """The JSON value of a body; None = more bytes than we accept."""
    if content is None:
        return INVALID_BODY
    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return INVALID_BODY


def error_for(reply: RawResponse, scrub: _Scrub) -> MailChimpError | None:
    """None for a usable 2xx. `scrub` takes the key out of texts the other side chose."""
    if 200 <= reply.status < 300:
        return None if reply.body is not INVALID_BODY else Unknown(_UNEXPECTED, status=reply.status)
    problem = _problem(reply.body)
    told = _told(problem or {}, scrub)
    if _throttled(reply.status, problem):
        return Throttled(status=reply.status, retry_after=_retry_after(reply), **told)
    if problem is not None and 400 <= reply.status < 500:
        return _REFUSALS.get(reply.status, Refused)(status=reply.status, **told)
    told["detail"] = told["detail"] or _UNEXPECTED
    return Unknown(status=reply.status, **told)


_UNEXPECTED = "unexpected answer"


def _problem(body: Any) -> dict[str, Any] | None:
    """`type` and `instance` may be missing or empty; a title or a detail is always there."""
    if isinstance(body, dict) and (body.get("title") or body.get("detail")):
        return body
    return None


def _throttled(status: int, problem: Any) -> bool:
    """429, or a 403 without a problem: the CDN's word for too many, not MailChimp's for no."""
    return status == 429 or (status == 403 and problem is None)


def _told(problem: dict[str, Any], scrub: _Scrub) -> dict[str, Any]:
    rows = problem.get("errors")
    named = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {
        "title": _words(problem.get("title"), 200, scrub),
        "detail": _words(problem.get("detail"), 1000, scrub),
        "fields": tuple(
            (_words(row.get("field"), 100, scrub), _words(row.get("message"), 300, scrub))
            for row in named[:50]
        ),
    }


def _words(value: Any, limit: int, scrub: _Scrub) -> str:
    """One line of text: control characters would forge log lines."""
    if not isinstance(value, str):
        return ""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", scrub(value)).strip()[:limit]


def _retry_after(reply: RawResponse) -> int | None:
    text = reply.header("Retry-After").strip()
    if not text:
        return None
    seconds = int(text) if text.isascii() and text.isdigit() else _until(text)
    return None if seconds is None else max(0, min(seconds, MAX_RETRY_AFTER))


def _until(text: str) -> int | None:
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    return int(
        ((then if then.tzinfo else then.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    )
