"""The HTTP session of one account: deadline, concurrency limit, error classes, and no key in sight."""

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from urllib3.exceptions import HTTPError

from cxmc_ext.adapters.json_log import EXTRA_FIELDS
from cxmc_ext.adapters.limiter import Limiter
from cxmc_ext.adapters.mailchimp.credentials import key_functions
from cxmc_ext.adapters.mailchimp.deadline import CallDeadline, DeadlineAdapter, call_deadline
from cxmc_ext.adapters.mailchimp.response_errors import RawResponse, error_for, parse_body
from cxmc_ext.config import Settings
from cxmc_ext.domain.dropped_values import collect_dropped_values
from cxmc_ext.domain.errors import (
    KeyRefused,
    LoginRefused,
    MailChimpError,
    NotFound,
    Refused,
    Unknown,
    Unreachable,
)
from cxmc_ext.domain.rules.api_key import token_of

CONNECT_SECONDS = 3.0
# Larger bodies are treated as unusable. A page of 1,000 recipients has about 250 kB.
MAX_BYTES = 32 * 1024 * 1024
# Seconds before the second and third attempt of a read; the slot is free meanwhile.
RETRY_PAUSES = (0.2, 0.4)
_MAX_SLOT_WAIT = 10.0
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """A successful response (2xx); `body` is the parsed JSON, None for an empty body."""

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
    form: Mapping[str, str] | None = field(default=None, repr=False)


class HttpSession:
    """Makes the calls of one account.

    Raises only `MailChimpError`, never chained to an error of requests: that one would carry the
    request, and with it the key.

    Args:
        root: Root of the API, such as "https://us21.api.mailchimp.com/3.0".
        key: The API key, sent with HTTP Basic authentication, or a login, whose token is sent as a bearer
            token.
        account_row: `Account.id`, names the account for the limiter.
        settings: Timeouts in seconds and the number of connections.
        limiter: Limits concurrent calls per account.
        authorization: Replaces the header made from `key`; "" sends none.
    """

    def __init__(
        self,
        root: str,
        key: str,
        account_row: int,
        settings: Settings,
        limiter: Limiter,
        authorization: str | None = None,
    ) -> None:
        self._root = root
        self._account_row = account_row
        self._limiter = limiter
        self._seconds = settings.read_timeout
        self.batch_seconds = settings.batch_timeout
        self._session = _create_session(settings.max_connections)
        self._parsing = threading.Lock()
        self._is_login = token_of(key) is not None
        self._authenticate, self._remove_key = key_functions(key, authorization)

    def get(self, route: str, *ids: str | int, parse: Parser[T], query: Query | None = None) -> T:
        """Reads something. An unusable response is retried twice, within one deadline.

        Args:
            route: Path with a {} for each id, such as "/lists/{}/members".
            ids: What the placeholders stand for; quoted here.
            parse: Turns the response into the result; a LookupError, TypeError, ValueError or
                AttributeError means that the response is unusable.
            query: The query string.

        Raises:
            MailChimpError: The read failed.
        """
        call = _Call("GET", route, self._url(route, ids), query or {})
        end = time.monotonic() + self._seconds
        for pause in RETRY_PAUSES:
            try:
                return self._call_once(call, parse, end)
            except Unknown:
                if end - time.monotonic() <= pause:
                    raise
            time.sleep(pause)
        return self._call_once(call, parse, end)

    def request(
        self,
        verb: str,
        route: str,
        *ids: str | int,
        parse: Parser[T],
        body: Any = None,
        form: Mapping[str, str] | None = None,
        query: Query | None = None,
        seconds: int | None = None,
    ) -> T:
        """Changes something. The request is sent once, whatever happens.

        Args:
            verb: POST, PUT, PATCH or DELETE.
            route: Path with a {} for each id.
            ids: What the placeholders stand for; quoted here.
            parse: Turns the response into the result, see `get`.
            body: Sent as JSON.
            form: Sent like a web form, in place of `body`.
            query: The query string.
            seconds: Deadline of the call; CXMC_READ_TIMEOUT if None.

        Raises:
            Unknown: The change may or may not have happened.
            MailChimpError: Any other subclass: the change did not happen.
        """
        call = _Call(verb, route, self._url(route, ids), query or {}, body, form)
        return self._call_once(call, parse, time.monotonic() + (seconds or self._seconds))

    def delete(self, route: str, *ids: str | int) -> None:
        """Deletes something. Succeeds if it does not exist (404)."""
        try:
            self.request("DELETE", route, *ids, parse=expect_no_content)
        except NotFound:
            return

    def _url(self, route: str, ids: tuple[str | int, ...]) -> str:
        parts = [str(part) for part in ids]
        if any(not part.strip(".") for part in parts):  # ".." would address another resource
            raise Refused("An id is missing.", title="Bad Request")
        return self._root + route.format(
            *(quote(part, safe="", errors="replace") for part in parts)
        )

    def _call_once(self, call: _Call, parse: Parser[T], end: float) -> T:
        started = time.monotonic()
        wait = min(_MAX_SLOT_WAIT, (end - started) / 3)
        with self._limiter.slot(self._account_row, wait=wait, hold=end - started):
            reply = self._exchange(call, end)
        # Parsing is serialized: threads share the GIL anyway, and eight half-parsed pages cost 1 to
        # 3 MB more (first sync of 100,000 recipients, measured 2026-11). See docs/performance.md.
        with self._parsing, collect_dropped_values() as dropped:
            result, error = self._result(reply, parse)
        if dropped:
            _log_dropped_values(call, dropped)
        _log_call(call, reply, error, time.monotonic() - started)
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # set when there is no error

    def _exchange(self, call: _Call, end: float) -> RawResponse | MailChimpError:
        """Sends the request and reads the whole body.

        Returns the error instead of raising it, so that its traceback holds no request.
        """
        with call_deadline(end) as deadline:
            try:
                with self._session.request(
                    call.verb,
                    call.url,
                    params=call.query,
                    json=call.body,
                    data=call.form,
                    auth=self._authenticate,
                    timeout=(min(CONNECT_SECONDS, deadline.remaining()), self._seconds),
                    stream=True,
                    allow_redirects=False,
                ) as response:
                    return RawResponse(response.status_code, response.headers, _read_body(response))
            except (requests.RequestException, HTTPError, OSError) as error:
                return _connection_error(error, deadline)

    def _result(
        self, reply: RawResponse | MailChimpError, parse: Parser[T]
    ) -> tuple[T | None, MailChimpError | None]:
        if isinstance(reply, MailChimpError):
            return None, reply
        reply = replace(reply, body=parse_body(reply.body))
        error = error_for(reply, self._remove_key)
        if isinstance(error, KeyRefused) and self._is_login:
            error = LoginRefused(error.detail, title=error.title, status=error.status)
        if error is not None:
            return None, error
        try:
            return parse(ApiResponse(reply.status, reply.body, reply.header("Date"))), None
        except (LookupError, TypeError, ValueError, AttributeError):
            return None, Unknown("unexpected answer", status=reply.status)


def expect_no_content(response: ApiResponse) -> None:
    """Parses the response of an action or a deletion, 204 without a body."""
    if response.status != 204:
        raise ValueError("expected 204")


def _create_session(connections: int) -> requests.Session:
    session = requests.Session()
    # Otherwise requests would replace our Authorization header by one from ~/.netrc, and use the
    # proxy variables of the environment.
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update(
        {"User-Agent": "cxmc-ext", "Accept": "application/json", "Accept-Encoding": "gzip"}
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, DeadlineAdapter(connections))
    return session


def _read_body(response: requests.Response) -> bytearray | None:
    """The decompressed body, or None if it exceeds MAX_BYTES (however small it was compressed)."""
    content = bytearray()
    for chunk in response.iter_content(65536):
        content += chunk
        if len(content) > MAX_BYTES:
            return None
    return content


def _connection_error(error: Exception, deadline: CallDeadline) -> MailChimpError:
    """Only a failure before the first byte was written proves that nothing happened."""
    if deadline.request_sent is False:
        return Unreachable("no connection")
    timed_out = isinstance(error, (requests.Timeout, TimeoutError)) or deadline.expired()
    return Unknown("no answer in time" if timed_out else "connection lost")


def _log_dropped_values(call: _Call, dropped: Counter[str]) -> None:
    """Logs the names of fields whose values could not be used, not the values."""
    names = ", ".join(f"{name} ({count})" for name, count in dropped.most_common(5))
    _log.warning("%s %s: values that cannot be used: %s", call.verb, call.route, names)


def _log_call(
    call: _Call, reply: RawResponse | MailChimpError, error: MailChimpError | None, seconds: float
) -> None:
    """Logs the route with its placeholders: URLs and queries may contain addresses."""
    response = reply if isinstance(reply, RawResponse) else RawResponse(0, {}, None)
    fields = {
        "verb": call.verb,
        "route": call.route,
        "status": response.status,
        "outcome": "ok" if error is None else type(error).__name__,
        "ms": int(seconds * 1000),
        "request": re.sub(r"[^0-9A-Za-z-]", "", response.header("X-Request-Id"))[:64] or "-",
    }
    _log.log(
        logging.DEBUG if error is None else logging.INFO,
        "%s %s %d %s %d ms request %s",
        *fields.values(),
        extra={EXTRA_FIELDS: fields},
    )
