"""Which error a response means: surely not done, or unknown.

MailChimp's errors are problem documents: https://mailchimp.com/developer/marketing/docs/errors/
"""

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from cxmc_ext.domain.dropped_values import count_dropped_value
from cxmc_ext.domain.errors import (
    Blocked,
    Disabled,
    Forbidden,
    KeyRefused,
    MailChimpError,
    NotFound,
    Refused,
    Throttled,
    Unknown,
)

# Seconds; a longer Retry-After is cut to this.
MAX_RETRY_AFTER = 300
# Stands for a body that is not JSON, or is larger than we read.
INVALID_BODY: Final = object()
_UNEXPECTED = "unexpected answer"
_ERROR_CLASSES: Mapping[int, type[Refused]] = {401: KeyRefused, 403: Forbidden, 404: NotFound}
_MAX_FIELD_ERRORS = 50
# Glossary of https://mailchimp.com/developer/marketing/docs/errors/
_DISABLED = "User Disabled"
# What the network in front of the API answers, as JSON (errors page of the documentation) or as a page.
_NETWORK = "akamai_error_message"
_NETWORK_PAGE = re.compile(
    r"Access Denied.*?Reference\s*#\s*([0-9a-f.]+)", re.DOTALL | re.IGNORECASE
)
# More digits of a Retry-After would not change what it is cut to.
_MAX_DIGITS = 10


@dataclass(frozen=True, slots=True, repr=False)
class RawResponse:
    """A response with any status.

    `body` holds the bytes as read, and after `parse_body` the JSON value, None for an empty body, or
    INVALID_BODY.
    """

    status: int
    headers: Mapping[str, str]
    body: Any

    def header(self, name: str) -> str:
        """Returns a header, "" if it is missing."""
        return self.headers.get(name) or ""


def parse_body(content: bytes | bytearray | None) -> Any:
    """Parses a body as JSON.

    Args:
        content: The bytes; None means there were more than we read.

    Returns:
        The value, None for an empty body, or INVALID_BODY.
    """
    if content is None:
        return INVALID_BODY
    if not content:
        return None
    try:
        return json.loads(content, parse_constant=_drop_constant)
    except (ValueError, RecursionError):
        return _network_page(content)


def _network_page(content: bytes | bytearray) -> Any:
    page = _NETWORK_PAGE.search(html.unescape(content[:10_000].decode("ascii", "replace")))
    if page is None:
        return INVALID_BODY
    return {"type": _NETWORK, "title": "Access Denied", "ref_no": f"Reference #{page[1]}"}


def _drop_constant(name: str) -> None:
    """Counts NaN or Infinity, which JSON does not have, as a dropped value and gives None in its place."""
    count_dropped_value(name)


def error_for(response: RawResponse, remove_key: Callable[[str], str]) -> MailChimpError | None:
    """Decides which error a response means.

    Args:
        response: The response with a parsed body.
        remove_key: Takes the API key out of a text; the server chooses the texts.

    Returns:
        None for a usable 2xx response. Otherwise an error with MailChimp's own title and detail.
    """
    status = response.status
    if 200 <= status < 300:
        return None if response.body is not INVALID_BODY else Unknown(_UNEXPECTED, status=status)
    problem = _problem_document(response.body)
    texts = _texts(problem or {}, remove_key)
    if status == 403 and problem is not None and problem.get("type") == _NETWORK:
        return Blocked(status=status, **texts)
    if status == 403 and texts["title"] == _DISABLED:
        return Disabled(status=status, **texts)
    # A 403 without a problem document comes from the CDN and means “too many requests”
    # (errors page of MailChimp's documentation, read 2026-11).
    if status == 429 or (status == 403 and problem is None):
        return Throttled(status=status, retry_after=_retry_after(response), **texts)
    if problem is not None and 400 <= status < 500:
        return _ERROR_CLASSES.get(status, Refused)(status=status, **texts)
    texts["detail"] = texts["detail"] or _UNEXPECTED
    return Unknown(status=status, **texts)


def _problem_document(body: Any) -> dict[str, Any] | None:
    # `type` and `instance` may be missing or empty: https://github.com/ibericode/mailchimp-for-wordpress/issues/798
    if not isinstance(body, dict):
        return None
    if body.get("title") or body.get("detail"):
        return body
    if body.get("error"):  # the form of OAuth 2 (RFC 6749, section 5.2)
        return {"title": body["error"], "detail": body.get("error_description")}
    return None


def _texts(problem: dict[str, Any], remove_key: Callable[[str], str]) -> dict[str, Any]:
    errors = problem.get("errors")
    rows = [row for row in errors if isinstance(row, dict)] if isinstance(errors, list) else []

    def text(value: Any, limit: int) -> str:
        return _single_line(remove_key(value))[:limit] if isinstance(value, str) else ""

    return {
        "title": text(problem.get("title"), 200),
        "detail": text(problem.get("detail") or problem.get("ref_no"), 1000),
        "fields": tuple(
            (text(row.get("field"), 100), text(row.get("message"), 300))
            for row in rows[:_MAX_FIELD_ERRORS]
        ),
    }


def _single_line(text: str) -> str:
    """Replaces control characters, which could forge log lines, and what has no UTF-8 form."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", text).strip()


def _retry_after(response: RawResponse) -> int | None:
    """Seconds from the Retry-After header, which holds a number or an HTTP date."""
    text = response.header("Retry-After").strip()
    if not text:
        return None
    is_number = text.isascii() and text.isdigit()
    seconds = int(text[:_MAX_DIGITS]) if is_number else _seconds_until(text)
    return None if seconds is None else max(0, min(seconds, MAX_RETRY_AFTER))


def _seconds_until(http_date: str) -> int | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except (TypeError, ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int((aware - datetime.now(UTC)).total_seconds())
