"""Connections that fail, send slowly or send too much: deadline, size limit, and the resulting error."""

import contextlib
import gzip
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cxmc_ext.adapters.limiter import LocalLimiter
from cxmc_ext.adapters.mailchimp import http_session as module
from cxmc_ext.adapters.mailchimp.client import MailChimpClient
from cxmc_ext.adapters.mailchimp.http_session import HttpSession
from cxmc_ext.domain.errors import (
    Unknown,
    Unreachable,
)
from cxmc_ext.domain.mailchimp import NewMember
from tests.support.mailchimp_clients import KEY, client_for, settings_for
from tests.support.ports import free_port
from tests.support.raw_server import (
    ConnectionHandler,
    RawServer,
    http_response,
    reply_with,
)
from tests.support.waiting import wait_until

Raw = Callable[[ConnectionHandler], RawServer]
# Seconds a deadline of one second may take on a busy machine; without it a call takes much longer.
SOON = 5.0


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_PAUSES", (0.01, 0.02))


def test_a_closed_port_is_unreachable_and_nothing_was_done() -> None:
    with pytest.raises(Unreachable):
        client_for(f"http://127.0.0.1:{free_port()}").send("c1")


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    http = HttpSession("https://nothing.invalid/3.0", KEY, 1, settings_for(), LocalLimiter(8))
    with pytest.raises(Unreachable):
        MailChimpClient(http).send("c1")


def test_an_untrusted_certificate_is_unreachable_before_a_byte_is_sent(
    tmp_path: Path,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    received: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            received.append(tls.recv(65536))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(Unreachable):
            client_for(f"https://127.0.0.1:{listener.getsockname()[1]}").send("c1")
        thread.join()
    assert received == []


def self_signed(folder: Path) -> Path:
    """Writes a self-signed certificate for 127.0.0.1 and its key into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return file


def reset(connection: socket.socket) -> None:
    """Closes with RST, which discards pending data."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_reset_after_the_request_is_unknown(raw_server: Raw) -> None:
    server = raw_server(reset)
    with pytest.raises(Unknown):
        client_for(server.url).send("c1")
    assert len(server.requests) == 1


def test_a_close_without_an_answer_is_unknown(raw_server: Raw) -> None:
    server = raw_server(lambda connection: None)
    with pytest.raises(Unknown):
        client_for(server.url).send("c1")
    assert len(server.requests) == 1


def test_a_body_cut_short_is_unknown(raw_server: Raw) -> None:
    cut = b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": 1, "name": "x", "member_count": 0}'
    server = raw_server(reply_with(cut))
    with pytest.raises(Unknown):
        client_for(server.url).create_segment("l1", "x", [])
    assert len(server.requests) == 1


def drip_feed(start: bytes, drip: bytes) -> ConnectionHandler:
    def handle(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(200):
            connection.sendall(drip)
            time.sleep(0.1)

    return handle


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "drip"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", b" "),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-", b"A"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"", b""),
    ],
    ids=["body", "headers", "one header", "chunks", "silence"],
)
def test_one_deadline_bounds_a_call_however_slowly_bytes_arrive(
    raw_server: Raw, start: bytes, drip: bytes
) -> None:
    server = raw_server(drip_feed(start, drip))
    client = client_for(server.url, CXMC_READ_TIMEOUT=1)
    began = time.monotonic()
    with pytest.raises(Unknown, match="no answer in time"):
        client.send("c1")
    assert 0.95 < time.monotonic() - began < SOON, (
        "with a timeout per read it would take 20 seconds"
    )
    with pytest.raises(Unknown, match="no answer in time"):
        client.campaign("c1")
    wait_until(lambda: len(server.requests) >= 2)
    assert len(server.requests) == 2, "a timed-out read must not be repeated"


def test_a_request_that_the_server_does_not_read_is_bounded_too(raw_server: Raw) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
        rows = [
            NewMember(f"person{n}@cedarstaffing.example", {"X": "x" * 20_000}) for n in range(500)
        ]
        client = client_for(f"http://127.0.0.1:{listener.getsockname()[1]}", CXMC_BATCH_TIMEOUT=1)
        began = time.monotonic()
        with pytest.raises(Unknown):
            client.subscribe_members("l1", rows)
        assert time.monotonic() - began < SOON, "without a deadline it would last for ever"


def test_a_body_over_the_limit_is_not_read_to_its_end(
    raw_server: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 100_000)
    body = json.dumps({"html": "x" * 200_000}).encode()
    server = raw_server(reply_with(http_response("200 OK", body, "Connection: close")))
    with pytest.raises(Unknown):
        client_for(server.url).campaign_html("c1")


def test_a_small_body_that_decompresses_too_large_is_refused(
    raw_server: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1_000_000)
    bomb = gzip.compress(json.dumps({"html": "x" * 20_000_000}).encode())
    assert len(bomb) < 100_000
    server = raw_server(
        reply_with(http_response("200 OK", bomb, "Content-Encoding: gzip", "Connection: close"))
    )
    with pytest.raises(Unknown):
        client_for(server.url).campaign_html("c1")


def test_a_compressed_body_is_read(raw_server: Raw) -> None:
    body = gzip.compress(b'{"html": "hi"}')
    server = raw_server(reply_with(http_response("200 OK", body, "Content-Encoding: gzip")))
    assert client_for(server.url).campaign_html("c1") == "hi"
    assert b"accept-encoding: gzip\r\n" in server.requests[0].lower()
