"""Webhooks: tried at creation, posted form-encoded and signed, limited by event and source."""

import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from cxmc_ext.standin import StandinServer
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service import membership
from tests.standin.client import StandinClient

ADDRESS = "p0@people.example"


class Listener(HTTPServer):
    """Remembers what it was sent; answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: list[tuple[dict[str, str], bytes, str]] = []
        self.agents: list[str] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def waited(self, posts: int, seconds: float = 30) -> list[dict[str, str]]:
        end = time.monotonic() + seconds
        while len(self.posts) < posts and time.monotonic() < end:
            time.sleep(0.02)
        return [form for form, _, _ in self.posts]


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.agents.append(self.headers["User-Agent"])
        self.send_response(200 if self.path == "/hook" else 302)
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.server.posts.append((form, body, self.headers["X-Mailchimp-Signature"]))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def list_id(client: StandinClient) -> str:
    return client.audience(2)


def hook(client: StandinClient, list_id: str, url: str, **body: Any) -> Any:
    sources = {"user": True, "admin": True, "api": False}
    return client.ok("POST", f"/lists/{list_id}/webhooks", {"url": url, "sources": sources} | body)


def leave(standin: StandinServer, list_id: str, address: str = ADDRESS) -> None:
    audience = next(each for _, each in standin.state.audiences() if each.id == list_id)
    member = audience.members[subscriber_hash(address)]
    membership.set_status(standin.state, audience, member, "unsubscribed", "user")


def test_an_opt_out_is_posted_and_signed(
    standin: StandinServer, client: StandinClient, listener: Listener, list_id: str
) -> None:
    secret = hook(client, list_id, listener.url)["signing_secret"]
    leave(standin, list_id)
    (form,) = listener.waited(1)
    assert (form["type"], form["data[email]"], form["data[list_id]"]) == (
        "unsubscribe",
        ADDRESS,
        list_id,
    )
    assert (form["data[action]"], form["data[reason]"]) == ("unsub", "manual")
    assert form["data[merges][EMAIL]"] == ADDRESS
    _, body, signature = listener.posts[0]
    moment, digest = (part.partition("=")[2] for part in signature.split(","))
    expected = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert digest == expected
    assert listener.agents == ["MailChimp.com WebHook Validator"]


def test_own_writes_do_not_echo_without_the_api_source(
    standin: StandinServer, client: StandinClient, listener: Listener, list_id: str
) -> None:
    hook(client, list_id, listener.url)
    client.ok("PATCH", f"/lists/{list_id}/members/p1@people.example", {"status": "unsubscribed"})
    leave(standin, list_id)
    assert [form["data[email]"] for form in listener.waited(1)] == [ADDRESS]


def test_only_wanted_events_are_posted(
    standin: StandinServer, client: StandinClient, listener: Listener, list_id: str
) -> None:
    events = {"unsubscribe": False, "subscribe": False, "campaign": True}
    hook(client, list_id, listener.url, events=events)
    leave(standin, list_id)
    campaign = client.draft(list_id)
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    (form,) = listener.waited(1)
    assert (form["type"], form["data[id]"], form["data[status]"]) == ("campaign", campaign, "sent")


def test_an_address_that_does_not_answer_200_is_refused(
    client: StandinClient, listener: Listener, list_id: str
) -> None:
    path = f"/lists/{list_id}/webhooks"
    for url in ("", f"{listener.url}/elsewhere", "http://127.0.0.1:9/hook", "ftp://where.example/"):
        assert client.problem("POST", path, {"url": url})[0] == 400
    assert client.ok("GET", path)["webhooks"] == []


def test_one_address_gets_one_hook_and_the_secret_is_shown_once(
    client: StandinClient, listener: Listener, list_id: str
) -> None:
    made = hook(client, list_id, listener.url)
    path = f"/lists/{list_id}/webhooks"
    assert "multiple WebHooks" in client.problem("POST", path, {"url": listener.url})[2]
    shown = client.ok("GET", f"{path}/{made['id']}")
    assert "signing_secret" not in shown
    assert shown["signing_enabled"]


def test_an_error_is_retried_and_gone_ends_the_hook(
    standin: StandinServer, client: StandinClient, listener: Listener, list_id: str
) -> None:
    hook(client, list_id, listener.url)
    listener.status = 500
    leave(standin, list_id)
    assert len(listener.waited(2)) >= 2
    listener.status = 410
    leave(standin, list_id, "p1@people.example")
    listener.waited(len(listener.posts) + 1)
    audience = next(each for _, each in standin.state.audiences() if each.id == list_id)
    end = time.monotonic() + 30
    while any(each.enabled for each in audience.webhooks.values()) and time.monotonic() < end:
        time.sleep(0.02)
    assert [each.enabled for each in audience.webhooks.values()] == [False]
