"""The kinds of faults: errors instead of, before or after the real work, broken bodies, cut connections."""

import gzip
import json
from collections.abc import Callable, Iterator

from flask import Response

from cxmc_ext.standin.faults.fault import Connection, Fault
from cxmc_ext.standin.problems import TITLES, TYPE, user_disabled

# Does the real work of the call and returns its answer.
Act = Callable[[], Response]
# Waits a number of seconds, or less when the server stops.
Pause = Callable[[float], object]
FaultKind = Callable[[Fault, Connection, Act, Pause], Response]

CHUNK = 65_536
HTML = "text/html"
PROBLEM_JSON = "application/problem+json"
# The answer of the network in front of the API, with an invented reference number:
# https://mailchimp.com/developer/marketing/docs/errors/
AKAMAI = (
    '{"type":"akamai_error_message","title":"Service Unavailable","status":503,'
    '"ref_no":"Reference Number: 18.1a2b3c4d.1700000000.5e6f"}'
)
AKAMAI_BLOCK = AKAMAI.replace("Service Unavailable", "Forbidden").replace("503", "403")
# What the same network answers to addresses and contents that its firewall blocks.
ACCESS_DENIED = (
    "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \n"
    'You don\'t have permission to access "http&#58;&#47;&#47;us21&#46;api&#46;mailchimp&#46;com" on '
    "this server.<P>\nReference&#32;&#35;18&#46;1a2b3c4d&#46;1700000000&#46;5e6f\n</BODY>\n</HTML>\n"
)
ERROR_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def apply_fault(fault: Fault, connection: Connection, act: Act, pause: Pause) -> Response:
    """Answers a call that is subject to a fault.

    Args:
        fault: The fault that is due.
        connection: The connection of the call.
        act: Does the real work; called once or not at all, depending on the kind.
        pause: Waits, and returns early when the server stops.
    """
    return KINDS[fault.kind](fault, connection, act, pause)


def problem_response(status: int, detail: str) -> Response:
    document = {
        "title": TITLES.get(status, "Bad Request"),
        "type": TYPE,
        "status": status,
        "detail": detail,
        "instance": "",
    }
    return Response(json.dumps(document), status, content_type=PROBLEM_JSON)


def _replace_call(status: int, body: str = "", content_type: str = "application/json") -> FaultKind:
    """Does nothing and answers with this body."""
    return lambda *_: Response(body, status, content_type=content_type)


def _problem_instead(status: int) -> FaultKind:
    return lambda fault, *_: problem_response(status, fault.detail)


def _problem_after(status: int) -> FaultKind:
    """Does the work, then reports an error."""

    def kind(fault: Fault, _: Connection, act: Act, __: Pause) -> Response:
        act()
        return problem_response(status, fault.detail)

    return kind


def _replace_body(body: str, content_type: str = "application/json") -> FaultKind:
    """Does the work, then answers 200 with another body."""

    def kind(_: Fault, __: Connection, act: Act, ___: Pause) -> Response:
        act()
        return Response(body, 200, content_type=content_type)

    return kind


def _retry_after(fault: Fault, *_: object) -> Response:
    answer = problem_response(429, fault.detail)
    answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def _reset_before(_: Fault, connection: Connection, __: Act, ___: Pause) -> Response:
    connection.reset()
    return Response(status=500)


def _reset_after(_: Fault, connection: Connection, act: Act, __: Pause) -> Response:
    answer = act()
    connection.reset()
    return answer


def _delayed(fault: Fault, connection: Connection, act: Act, pause: Pause) -> Response:
    """The connection is cut first, the work is done later."""
    connection.reset()
    pause(fault.delay(0.8))
    return act()


def _timeout_after(fault: Fault, _: Connection, act: Act, pause: Pause) -> Response:
    answer = act()
    pause(fault.delay(150.0))
    return answer


def _timeout_before(fault: Fault, _: Connection, __: Act, pause: Pause) -> Response:
    """Nothing is done, and no answer comes."""
    pause(fault.delay(150.0))
    return problem_response(500, fault.detail)


def _user_disabled(*_: object) -> Response:
    body = json.dumps(user_disabled().as_json())
    return Response(body, 403, content_type=PROBLEM_JSON)


def _slow(fault: Fault, _: Connection, act: Act, pause: Pause) -> Response:
    pause(fault.delay(0.2))
    return act()


def _drip(fault: Fault, _: Connection, act: Act, pause: Pause) -> Response:
    """The true answer, one byte at a time."""
    answer = act()
    body = answer.get_data()

    def single_bytes() -> Iterator[bytes]:
        for byte in body:
            pause(fault.delay(0.5))
            yield bytes((byte,))

    response = Response(single_bytes(), answer.status_code, headers=answer.headers)
    response.content_length = len(body)
    return response


def _truncated(_: Fault, __: Connection, act: Act, ___: Pause) -> Response:
    """Half of the body, under the length of the whole."""
    body = act().get_data() or b"{}"
    half = body[: len(body) // 2]
    response = Response(iter([half]), 200, content_type="application/json")
    response.content_length = len(body)
    return response


def _big_body(fault: Fault, _: Connection, act: Act, __: Pause) -> Response:
    act()
    blanks = b" " * CHUNK
    chunks = (blanks for _ in range(fault.size // CHUNK + 1))
    return Response(chunks, 200, content_type="application/json")


def _gzip_bomb(fault: Fault, _: Connection, act: Act, __: Pause) -> Response:
    act()
    packed = gzip.compress(b" " * fault.size, 9)
    response = Response(packed, content_type="application/json")
    response.headers["Content-Encoding"] = "gzip"
    return response


# “before” and “instead” fail without doing the work; “after” kinds and replaced bodies do it first.
KINDS: dict[str, FaultKind] = {
    "reset_before": _reset_before,
    "reset_after": _reset_after,
    "delayed": _delayed,
    "timeout_after": _timeout_after,
    "timeout_before": _timeout_before,
    "slow": _slow,
    "429": _problem_instead(429),
    "429_retry_after": _retry_after,
    "403_akamai": _replace_call(403, AKAMAI_BLOCK),
    "403_akamai_html": _replace_call(403, ACCESS_DENIED, HTML),
    "403_user_disabled": _user_disabled,
    "bare_403": _replace_call(403, content_type=HTML),
    "bare_429": _replace_call(429, content_type=HTML),
    "500_before": _problem_instead(500),
    "500_after": _problem_after(500),
    "502_html": _replace_call(502, ERROR_PAGE.format("502 Bad Gateway"), HTML),
    "503_akamai": _replace_call(503, AKAMAI),
    "503_html": _replace_call(503, ERROR_PAGE.format("Request Blocked"), HTML),
    "504_after": _problem_after(504),
    "400": _problem_instead(400),
    "401": _problem_instead(401),
    "403": _problem_instead(403),
    "404": _problem_instead(404),
    "drip": _drip,
    "truncated": _truncated,
    "malformed": _replace_body('{"id": "abc", '),
    "html_200": _replace_body(ERROR_PAGE.format("Welcome"), HTML),
    "wrong_shape": _replace_body('[{"id": null}]'),
    "empty_200": _replace_body(""),
    "big_body": _big_body,
    "gzip_bomb": _gzip_bomb,
}
