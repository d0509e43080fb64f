"""Which error each response means: surely not done, or unknown."""

import json
import logging
import socket
import time
from collections.abc import Callable

import pytest

from cxmc_ext.adapters.limiter import LocalLimiter
from cxmc_ext.adapters.mailchimp import http_session as module
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
from tests.support.mailchimp_clients import client_for
from tests.support.raw_server import ConnectionHandler, RawServer, http_response, reply_with

Raw = Callable[[ConnectionHandler], RawServer]

PROBLEM = {"type": "x", "title": "A Title", "status": 400, "detail": "Some detail.", "instance": ""}


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_PAUSES", (0.01, 0.02))


# The firewall of the network in front of the API (Akamai).
ACCESS_DENIED = (
    b"<HTML><TITLE>Access Denied</TITLE>You don't have permission to access<P>\n"
    b"Reference&#32;&#35;18&#46;1a2b3c4d\n</HTML>"
)


def problem(status: str, **more: object) -> bytes:
    return http_response(status, json.dumps(PROBLEM | more).encode(), "Connection: close")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (problem("400 Bad Request"), Refused),
        (problem("401 Unauthorized"), KeyRefused),
        (problem("403 Forbidden"), Forbidden),
        (problem("403 Forbidden", title="User Disabled"), Disabled),
        (problem("403 Forbidden", type="akamai_error_message", ref_no="18.1a"), Blocked),
        (http_response("403 Forbidden", ACCESS_DENIED), Blocked),
        (problem("404 Not Found"), NotFound),
        (problem("405 Method Not Allowed"), Refused),
        (problem("422 Unprocessable"), Refused),
        (problem("429 Too Many Requests"), Throttled),
        (http_response("429 Too Many Requests"), Throttled),
        (http_response("403 Forbidden"), Throttled),
        (http_response("403 Forbidden", b"<html>blocked</html>"), Throttled),
        (problem("500 Internal Server Error"), Unknown),
        (http_response("502 Bad Gateway", b"<html>timed out</html>"), Unknown),
        (problem("503 Service Unavailable", type="akamai_error_message"), Unknown),
        (http_response("401 Unauthorized", b"<html>log in to the hotel</html>"), Unknown),
        (http_response("404 Not Found", b"<html>nginx</html>"), Unknown),
        (http_response("400 Bad Request", b"[]"), Unknown),
        (http_response("200 OK", b"<html>welcome</html>"), Unknown),
        (http_response("200 OK", b'{"ok": tru'), Unknown),
        (http_response("200 OK", b"[" * 200_000), Unknown),
        (http_response("200 OK", b"{}"), Unknown),
        (http_response("301 Moved", b"", "Location: http://127.0.0.1:1/"), Unknown),
        (http_response("307 Moved", b"", "Location: http://127.0.0.1:1/"), Unknown),
    ],
    ids=lambda value: value[9:60].decode(errors="replace") if isinstance(value, bytes) else "",
)
def test_each_response_to_a_change_means_one_error(
    raw_server: Raw, reply: bytes, kind: type[MailChimpError]
) -> None:
    server = raw_server(reply_with(reply))
    with pytest.raises(MailChimpError) as caught:
        client_for(server.url).send("c1")
    assert type(caught.value) is kind
    assert len(server.requests) == 1


def test_a_204_is_success(raw_server: Raw) -> None:
    server = raw_server(reply_with(http_response("204 No Content")))
    client_for(server.url).send("c1")
    assert server.requests[0].startswith(b"POST /3.0/campaigns/c1/actions/send ")


def test_deleting_something_that_does_not_exist_succeeds(raw_server: Raw) -> None:
    server = raw_server(reply_with(problem("404 Not Found")))
    client_for(server.url).delete_campaign("c1")
    client_for(server.url).delete_segment("l1", 7)


def test_a_deletion_answered_with_a_page_is_unknown(raw_server: Raw) -> None:
    server = raw_server(reply_with(http_response("404 Not Found", b"<html>proxy</html>")))
    with pytest.raises(Unknown):
        client_for(server.url).delete_campaign("c1")


def test_an_unknown_member_is_none(raw_server: Raw) -> None:
    server = raw_server(reply_with(problem("404 Not Found")))
    assert client_for(server.url).member("l1", "abc") is None


def test_mailchimps_own_text_is_kept(raw_server: Raw) -> None:
    reply = problem(
        "400 Bad Request",
        title="Invalid Resource",
        detail="Your merge fields\r\nwere invalid.",
        errors=[{"field": "RADIO", "message": "Please enter a value"}, "odd", {"field": 3}],
    )
    with pytest.raises(Refused) as caught:
        client_for(raw_server(reply_with(reply)).url).send("c1")
    assert caught.value.title == "Invalid Resource"
    assert caught.value.detail == "Your merge fields were invalid."
    assert caught.value.fields == (("RADIO", "Please enter a value"), ("", ""))
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("86400", 300), ("-5", None), ("soon", None), ("²", None), ("", None)],
)
def test_retry_after_is_read_and_bounded(raw_server: Raw, header: str, seconds: int | None) -> None:
    reply = http_response("429 Too Many Requests", b"", f"Retry-After: {header}")
    with pytest.raises(Throttled) as caught:
        client_for(raw_server(reply_with(reply)).url).send("c1")
    assert caught.value.retry_after == seconds


def test_retry_after_may_be_a_date(raw_server: Raw) -> None:
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 20))
    reply = http_response("429 Too Many Requests", b"", f"Retry-After: {date}")
    with pytest.raises(Throttled) as caught:
        client_for(raw_server(reply_with(reply)).url).send("c1")
    assert caught.value.retry_after in range(15, 21)


def test_a_read_is_retried_after_unusable_responses(raw_server: Raw) -> None:
    good = http_response("200 OK", b'{"html": "<p>hi</p>"}', "Connection: close")
    server = raw_server(
        reply_with(http_response("500 Oops"), http_response("200 OK", b"<html>"), good)
    )
    assert client_for(server.url).campaign_html("c1") == "<p>hi</p>"
    assert len(server.requests) == 3


def test_a_read_gives_up_after_three_attempts(raw_server: Raw) -> None:
    server = raw_server(reply_with(http_response("500 Oops")))
    with pytest.raises(Unknown):
        client_for(server.url).campaign_html("c1")
    assert len(server.requests) == 3


def test_a_refused_read_is_not_retried(raw_server: Raw) -> None:
    server = raw_server(reply_with(problem("404 Not Found")))
    with pytest.raises(NotFound):
        client_for(server.url).campaign("c1")
    assert len(server.requests) == 1


def test_a_connection_serves_many_calls(raw_server: Raw) -> None:
    def respond_twice(connection: socket.socket) -> None:
        connection.sendall(http_response("200 OK", b'{"html": "a"}'))
        connection.recv(65536)
        connection.sendall(http_response("200 OK", b'{"html": "b"}'))

    server = raw_server(respond_twice)
    client = client_for(server.url)
    assert [client.campaign_html("c1"), client.campaign_html("c1")] == ["a", "b"]
    assert len(server.requests) == 1


def test_the_log_names_the_route_and_the_request_id_but_no_person(
    raw_server: Raw, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="cxmc_ext")
    server = raw_server(
        reply_with(http_response("204 No Content", b"", "X-Request-Id: ab-12\x1b[31m"))
    )
    client_for(server.url).send("c1")
    line = caplog.messages[-1]
    assert line.startswith("POST /campaigns/{}/actions/send 204 ok ")
    assert line.endswith("request ab-1231m")


def test_an_id_that_would_address_another_resource_is_not_sent(raw_server: Raw) -> None:
    server = raw_server(reply_with(http_response("204 No Content")))
    for bad in ("", ".", ".."):
        with pytest.raises(Refused):
            client_for(server.url).verify_domain(bad, "123")
    assert server.requests == []


def test_parts_of_a_path_are_quoted(raw_server: Raw) -> None:
    server = raw_server(reply_with(http_response("200 OK", b"{}")))
    client_for(server.url).verify_domain("a/b?c#d e", "123")
    assert server.requests[0].startswith(
        b"POST /3.0/verified-domains/a%2Fb%3Fc%23d%20e/actions/verify "
    )


def test_cookies_are_not_kept(raw_server: Raw) -> None:
    server = raw_server(
        reply_with(http_response("204 No Content", b"", "Set-Cookie: a=b", "Connection: close"))
    )
    client = client_for(server.url)
    client.send("c1")
    client.send("c1")
    assert b"cookie" not in server.requests[1].lower()


def test_without_a_free_slot_a_call_is_throttled_and_not_sent(raw_server: Raw) -> None:
    server = raw_server(reply_with(http_response("204 No Content")))
    limiter = LocalLimiter(1)
    client = client_for(server.url, limiter=limiter)
    with limiter.slot(1), pytest.raises(Throttled):
        client.send("c1")
    assert server.requests == []
    client.send("c1")
