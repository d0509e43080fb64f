"""One account's requests session: deadlines, outcome classes, the limit, and never the key."""

import logging
import re
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from urllib3.exceptions import HTTPError

from cxmc_ext.adapters.json_log import EXTRA_FIELDS
from cxmc_ext.adapters.limiter import Limiter
from cxmc_ext.adapters.mailchimp.deadline import CallDeadline, DeadlineAdapter, call_deadline
from cxmc_ext.adapters.mailchimp.response_errors import RawResponse, error_for, parse_body
from cxmc_ext.config import Settings
from cxmc_ext.domain.errors import MailChimpError, NotFound, Refused, Unknown, Unreachable

CONNECT_SECONDS = 3.0
MAX_BYTES = 32 * 1024 * 1024
_LONGEST_WAIT = 10.0
RETRY_PAUSES = (0.2, 0.4)
"""Before the second and third try of a read; the slot is given back meanwhile."""
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """A 2xx answer; `body` is the parsed JSON, None where there was none."""

    status: int
    body: Any
    date: str


Parser = Callable[[ApiResponse], T]
Query = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class _Call:
    verb: str
    route: str
    url: str
    query: Query
    body: Any = None


class HttpSession:
    """Calls below one API root. Raises MailChimpError only, never chained to requests' own errors."""

    def __init__(
        self, root: str, key: str, account_row: int, settings: Settings, limiter: Limiter
    ) -> None:
        self._root = root
        self._row = account_row
        self._limiter = limiter
        self._seconds = settings.read_timeout
        self.batch_seconds = settings.batch_timeout
        self._session = _session(settings.max_connections)
        self._decoding = threading.Lock()
        self._authorise, self._scrub = _guarded(key)

    def get(self, route: str, *parts: str | int, parse: Parser[T], query: Query | None = None) -> T:
        """A read: an unusable answer is asked for again, twice at most and within the deadline."""
        call = _Call("GET", route, self._url(route, parts), query or {})
        end = time.monotonic() + self._seconds
        for pause in RETRY_PAUSES:
            try:
                return self._once(call, parse, end)
            except Unknown:
                if end - time.monotonic() <= pause:
                    raise
            time.sleep(pause)
        return self._once(call, parse, end)

    def request(
        self,
        verb: str,
        route: str,
        *parts: str | int,
        parse: Parser[T],
        body: Any = None,
        query: Query | None = None,
        seconds: int | None = None,
    ) -> T:
        """A mutation: goes out once, whatever happens."""
        call = _Call(verb, route, self._url(route, parts), query or {}, body)
        return self._once(call, parse, time.monotonic() + (seconds or self._seconds))

    def delete(self, route: str, *parts: str | int) -> None:
        """Removing what is gone already succeeds."""
        try:
            self.request("DELETE", route, *parts, parse=expect_no_content)
        except NotFound:
            return

    def _url(self, route: str, parts: tuple[str | int, ...]) -> str:
        words = [str(part) for part in parts]
        if any(not word.strip(".") for word in words):  # ".." would climb to another resource
            raise Refused("An id is missing.", title="Bad Request")
        return self._root + route.format(
            *(quote(word, safe="", errors="replace") for word in words)
        )

    def _once(self, call: _Call, read: Parser[T], end: float) -> T:
        started = time.monotonic()
        wait = min(_LONGEST_WAIT, (end - started) / 3)
        with self._limiter.slot(self._row, wait=wait, hold=end - started):
            reply = self._exchange(call, end)
        with self._decoding:  # threads take turns anyway; eight half-read pages are 12 MB
            result, trouble = self._settle(reply, read)
        _note(call, reply, trouble, time.monotonic() - started)
        if trouble is not None:
            raise trouble
        return result  # type: ignore[return-value]  # a result is there where no trouble is

    def _exchange(self, call: _Call, end: float) -> RawResponse | MailChimpError:
        """The answer with its body as it came. Returns errors instead of raising, so that none holds on
        to a request with the key.
        """
        with call_deadline(end) as current:
            try:
                with self._session.request(
                    call.verb,
                    call.url,
                    params=call.query,
                    json=call.body,
                    auth=self._authorise,
                    timeout=(min(CONNECT_SECONDS, current.remaining()), self._seconds),
                    stream=True,
                    allow_redirects=False,
                ) as response:
                    return RawResponse(response.status_code, response.headers, _capped(response))
            except (requests.RequestException, HTTPError, OSError) as error:
                return _lost(error, current)

    def _settle(
        self, reply: RawResponse | MailChimpError, read: Parser[T]
    ) -> tuple[T | None, MailChimpError | None]:
        if isinstance(reply, MailChimpError):
            return None, reply
        reply = replace(reply, body=parse_body(reply.body))
        refusal = error_for(reply, self._scrub)
        if refusal is not None:
            return None, refusal
        try:
            return read(ApiResponse(reply.status, reply.body, reply.header("Date"))), None
        except (LookupError, TypeError, ValueError, AttributeError):
            return None, Unknown("unexpected answer", status=reply.status)


def expect_no_content(answer: ApiResponse) -> None:
    """Reads the 204 of an action or a removal."""
    if answer.status != 204:
        raise ValueError("expected 204")


def _session(connections: int) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a netrc or proxy of the machine never sees or changes our header
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update(
        {"User-Agent": "cxmc-ext", "Accept": "application/json", "Accept-Encoding": "gzip"}
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, DeadlineAdapter(connections))
    return session


def _guarded(
    key: str,
) -> tuple[Callable[[requests.PreparedRequest], requests.PreparedRequest], Callable[[str], str]]:
    """Two functions that hold the key where no repr, vars() or dump of attributes shows it."""
    basic = b64encode(f"cxmc:{key}".encode()).decode()

    def authorise(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Basic {basic}"
        return request

    def scrub(text: str) -> str:
        return text.replace(key, "…").replace(basic, "…")

    return authorise, scrub


def _capped(response: requests.Response) -> bytearray | None:
    """The decoded body; None when it is larger than MAX_BYTES, whatever its size on the wire."""
    content = bytearray()
    for chunk in response.iter_content(65536):
        content += chunk
        if len(content) > MAX_BYTES:
            return None
    return content


def _lost(error: Exception, current: CallDeadline) -> MailChimpError:
    """Nothing was done only if the connection was being opened and no byte was written."""
    if current.request_sent is False:
        return Unreachable("no connection")
    late = isinstance(error, (requests.Timeout, TimeoutError)) or current.expired()
    return Unknown("no answer in time" if late else "connection lost")


def _note(
    call: _Call, reply: RawResponse | MailChimpError, trouble: MailChimpError | None, seconds: float
) -> None:
    """The route with its placeholders: paths and queries may tell who is mailed."""
    answer = reply if isinstance(reply, RawResponse) else RawResponse(0, {}, None)
    fields = {
        "verb": call.verb,
        "route": call.route,
        "status": answer.status,
        "outcome": "ok" if trouble is None else type(trouble).__name__,
        "ms": int(seconds * 1000),
        "request": re.sub(r"[^0-9A-Za-z-]", "", answer.header("X-Request-Id"))[:64] or "-",
    }
    _log.log(
        logging.DEBUG if trouble is None else logging.INFO,
        "%s %s %d %s %d ms request %s",
        *fields.values(),
        extra={EXTRA_FIELDS: fields},
    )
