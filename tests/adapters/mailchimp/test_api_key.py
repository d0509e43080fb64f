"""The API key: where it may be sent, and that no object, error or log shows it."""

import logging
import re
import socket
import traceback
from base64 import b64encode
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
import responses

from cxmc_ext.adapters.mailchimp.client import MailChimpClient
from cxmc_ext.domain.errors import KeyRefused, MailChimpError
from tests.support.mailchimp_clients import KEY, client_for
from tests.support.raw_server import ConnectionHandler, RawServer, http_response, reply_with

H = "0123456789abcdef0123456789abcdef"
HOSTILE = [
    "",
    H,
    f"{H}-",
    f"{H}-evil.com/#",
    f"{H}-127.0.0.1:8080/",
    f"{H}-user@evil.com/",
    f"{H}-169.254.169.254/latest/#",
    f"{H}-[::1]/",
    f"{H}-evil.com\\",
    f"{H}-us1\n",
    f"{H}-us1\r\nX: y",
    f"\n{H}-us1",
    f"{H}-us1 ",
    f"{H}-\uff55\uff53\uff11",
    f"{H}-us\u0661",
    f"{H}-us1\u3002evil",
    f"{H}-us1.",
    f"{H}-us1.evil.com",
    f"{H}-us1-us2",
    f"{H}-us1234",
    f"{H}-US1",
    f"{H}-us",
    f"{H.upper()}-us1",
    f"{H[:31]}-us1",
    f"{H}0-us1",
    "x-us1",
]


@pytest.mark.parametrize("key", HOSTILE)
def test_a_text_that_is_not_a_key_opens_no_socket_and_is_not_repeated(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _forbidden)
    monkeypatch.setattr(socket, "socket", _forbidden)
    with pytest.raises(KeyRefused) as caught:
        client_for(key=key)
    assert not key or key not in str(caught.value)


def requested_url(client: MailChimpClient) -> str:
    with responses.RequestsMock() as mock:
        mock.add("POST", re.compile(".*"), status=204)
        client.send("c1")
        return str(mock.calls[0].request.url)


def test_the_host_is_that_of_the_datacenter_over_tls() -> None:
    expected = "https://us21.api.mailchimp.com/3.0/campaigns/c1/actions/send"
    assert requested_url(client_for(key=KEY)) == expected


@pytest.mark.parametrize("root", ["http://127.0.0.1:5001", "http://127.0.0.1:5001/3.0"])
def test_the_root_in_the_settings_wins_with_or_without_its_version(root: str) -> None:
    expected = "http://127.0.0.1:5001/3.0/campaigns/c1/actions/send"
    assert requested_url(client_for(root, key="any-thing")) == expected


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "a\x00"])
def test_a_key_with_control_characters_is_not_even_sent_to_a_stand_in(key: str) -> None:
    with pytest.raises(KeyRefused):
        client_for("http://127.0.0.1:5001", key=key)


def test_the_key_is_sent_in_the_authorization_header_only(
    raw_server: Callable[[ConnectionHandler], RawServer],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server = raw_server(reply_with(http_response("204 No Content")))
    client_for(server.url).send("c1")
    head = server.requests[0].decode()
    header = re.search(r"^Authorization: (.*)\r$", head, re.M)
    assert header is not None
    assert header[1] == "Basic " + b64encode(f"cxmc:{KEY}".encode()).decode()
    assert KEY not in head
    assert head.count(header[1]) == 1


ECHO = f'{{"title": "{KEY}", "detail": "key {KEY} is bad", "errors": [{{"message": "{KEY}"}}]}}'.encode()


@pytest.mark.parametrize(
    "reply",
    [
        http_response("401 Unauthorized", ECHO),
        http_response("500 Oops", ECHO),
        http_response("200 OK", b"<html>"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
        b"",
        b"gibberish\r\n\r\n",
    ],
)
def test_no_error_log_or_frame_shows_the_key(
    reply: bytes,
    raw_server: Callable[[ConnectionHandler], RawServer],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_for(raw_server(reply_with(reply)).url)
    with pytest.raises(MailChimpError) as caught:
        client.send("c1")
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text + _frames(caught.value)
    shown += repr(client) + repr(vars(client)) + repr(vars(client._http))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    for secret in (KEY, b64encode(f"cxmc:{KEY}".encode()).decode()):
        assert secret not in shown


def _frames(error: BaseException) -> str:
    """Every local of every frame below the test, as a crash reporter would show them."""
    shown = []
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if _is_product(frame):
            shown += [repr(value) for value in frame.f_locals.values()]
    return "".join(shown)


def _is_product(frame: FrameType) -> bool:
    return "/tests/" not in frame.f_code.co_filename


def _forbidden(*_args: object, **_kwargs: object) -> None:
    raise AssertionError("a socket was opened")
