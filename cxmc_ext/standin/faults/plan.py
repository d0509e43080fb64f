"""Faults on order: which call goes wrong, how, and how often. `spoil` is the only way they act."""

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Protocol

from flask import Response

from cxmc_ext.standin.models import Json
from cxmc_ext.standin.problems import TITLES, TYPE

FOREVER = 0
ALWAYS = re.compile("")
_WILD = {"**": ".*", "*": "[^/]+"}
AKAMAI = (
    '{"type":"akamai_error_message","title":"Service Unavailable","status":503,'
    '"ref_no":"Reference Number: 18.1a2b3c4d.1700000000.5e6f"}'
)
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


class Connection(Protocol):
    """The connection under a request, as the server lends it."""

    def reset(self) -> None: ...


Act = Callable[[], Response]


@dataclass(slots=True)
class Fault:
    """Goes off on the nth to the (nth + times - 1)th matching call; times 0 means for ever.

    `match` is "METHOD /path" below /3.0: * stands for one path part or any method, ** for the rest.
    """

    match: str
    kind: str
    nth: int = 1
    times: int = 1
    seconds: float = -1.0
    retry_after: int = 2
    size: int = 33 * 1024 * 1024
    detail: str = "Injected by the stand-in."
    account: str = ""
    """Only calls of the account with that id; "" = of every one."""
    id: int = 0
    seen: int = 0
    fired: int = 0
    pattern: re.Pattern[str] = field(default=ALWAYS, repr=False)

    def as_json(self) -> Json:
        return {name: value for name, value in asdict(self).items() if name != "pattern"}

    def matches(self, call: str, account: str) -> bool:
        return self.account in {"", account} and self.pattern.fullmatch(call) is not None

    def delay(self, default: float) -> float:
        return default if self.seconds < 0 else self.seconds


class FaultPlan:
    """The orders in force; the first that is due wins, all that match count the call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 1
        self.faults: list[Fault] = []
        self.log: list[tuple[str, str]] = []

    def add(self, match: str, kind: str, **options: float | int | str) -> Fault:
        """Raise ValueError for an unknown kind or option."""
        if kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {kind}")
        unknown = set(options) - {each.name for each in fields(Fault)}
        if unknown:
            raise ValueError(f"unknown option: {', '.join(sorted(unknown))}")
        fault = Fault(match, kind, **options)  # type: ignore[arg-type]
        fault.pattern = _pattern(match)
        with self._lock:
            fault.id, self._next = self._next, self._next + 1
            self.faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self.faults, self.log = [], []

    def take_due(self, call: str, account: str = "") -> Fault | None:
        with self._lock:
            matching = [each for each in self.faults if each.matches(call, account)]
            for each in matching:
                each.seen += 1
            chosen = next((each for each in matching if _is_due(each)), None)
            if chosen:
                chosen.fired += 1
                self.log.append((call, chosen.kind))
            return chosen


def apply_fault(
    fault: Fault, wire: Connection, act: Act, pause: Callable[[float], object]
) -> Response:
    """Answer a call under this fault; `act` does the real work, at most once."""
    return KINDS[fault.kind](fault, wire, act, pause)


Kind = Callable[[Fault, Connection, Act, Callable[[float], object]], Response]


def _is_due(fault: Fault) -> bool:
    last = fault.nth + fault.times - 1 if fault.times else fault.seen
    return fault.nth <= fault.seen <= last


def _pattern(match: str) -> re.Pattern[str]:
    method, _, path = match.partition(" ")
    parts = re.split(r"(\*\*|\*)", path or "**")
    body = "".join(_WILD.get(part, re.escape(part)) for part in parts)
    return re.compile(f"{'[A-Z]+' if method == '*' else re.escape(method)} {body}")


def problem_response(status: int, detail: str) -> Response:
    document = {"type": TYPE, "status": status, "detail": detail, "instance": ""}
    titled = {"title": TITLES.get(status, "Bad Request")} | document
    return Response(json.dumps(titled), status, content_type="application/problem+json")


def _instead(status: int, body: str = "", content_type: str = "application/json") -> Kind:
    return lambda *_: Response(body, status, content_type=content_type)


def _problem(status: int) -> Kind:
    return lambda fault, *_: problem_response(status, fault.detail)


def _retry_after(fault: Fault, *_: object) -> Response:
    answer = problem_response(429, fault.detail)
    answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def _reset_before(_: Fault, wire: Connection, __: Act, ___: object) -> Response:
    wire.reset()
    return Response(status=500)


def _reset_after(_: Fault, wire: Connection, act: Act, __: object) -> Response:
    answer = act()
    wire.reset()
    return answer


def _delayed(
    fault: Fault, wire: Connection, act: Act, pause: Callable[[float], object]
) -> Response:
    wire.reset()
    pause(fault.delay(0.8))
    return act()


def _timeout(fault: Fault, _: Connection, act: Act, pause: Callable[[float], object]) -> Response:
    answer = act()
    pause(fault.delay(150.0))
    return answer


def _slow(fault: Fault, _: Connection, act: Act, pause: Callable[[float], object]) -> Response:
    pause(fault.delay(0.2))
    return act()


def _after(status: int) -> Kind:
    def kind(fault: Fault, _: Connection, act: Act, __: object) -> Response:
        act()
        return problem_response(status, fault.detail)

    return kind


def _drip(fault: Fault, _: Connection, act: Act, pause: Callable[[float], object]) -> Response:
    """The true answer, one byte at a time."""
    answer = act()
    body = answer.get_data()

    def bytes_one_by_one() -> Iterator[bytes]:
        for byte in body:
            pause(fault.delay(0.5))
            yield bytes((byte,))

    dripping = Response(bytes_one_by_one(), answer.status_code, headers=answer.headers)
    dripping.content_length = len(body)
    return dripping


def _truncated(_: Fault, __: Connection, act: Act, ___: object) -> Response:
    answer = act()
    body = answer.get_data() or b"{}"
    half = Response(iter([body[: len(body) // 2]]), 200, content_type="application/json")
    half.content_length = len(body)
    return half


def _replaced(body: str, content_type: str = "application/json") -> Kind:
    def kind(_: Fault, __: Connection, act: Act, ___: object) -> Response:
        act()
        return Response(body, 200, content_type=content_type)

    return kind


def _big(fault: Fault, _: Connection, act: Act, __: object) -> Response:
    act()
    chunk = b" " * 65536
    pieces = (chunk for _ in range(fault.size // len(chunk) + 1))
    return Response(pieces, 200, content_type="application/json")


def _bomb(fault: Fault, _: Connection, act: Act, __: object) -> Response:
    act()
    answer = Response(gzip.compress(b" " * fault.size, 9), content_type="application/json")
    answer.headers["Content-Encoding"] = "gzip"
    return answer


HTML = "text/html"
KINDS: dict[str, Kind] = {
    "reset_before": _reset_before,
    "reset_after": _reset_after,
    "delayed": _delayed,
    "timeout_after": _timeout,
    "slow": _slow,
    "429": _problem(429),
    "429_retry_after": _retry_after,
    "bare_403": _instead(403, content_type=HTML),
    "bare_429": _instead(429, content_type=HTML),
    "500_before": _problem(500),
    "500_after": _after(500),
    "502_html": _instead(502, PAGE.format("502 Bad Gateway"), HTML),
    "503_akamai": _instead(503, AKAMAI),
    "503_html": _instead(503, PAGE.format("Request Blocked"), HTML),
    "504_after": _after(504),
    "400": _problem(400),
    "401": _problem(401),
    "403": _problem(403),
    "404": _problem(404),
    "drip": _drip,
    "truncated": _truncated,
    "malformed": _replaced('{"id": "abc", '),
    "html_200": _replaced(PAGE.format("Welcome"), HTML),
    "wrong_shape": _replaced('[{"id": null}]'),
    "empty_200": _replaced(""),
    "big_body": _big,
    "gzip_bomb": _bomb,
}
