"""Webhooks: validated at creation, sent form-encoded and signed, limited by event and source."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from cxmc_ext.standin import StandinServer
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service import engagement, membership
from tests.standin.client import StandinClient, find_audience, find_campaign
from tests.support.waiting import wait_until

ADDRESS = "p0@people.example"


class Receiver(HTTPServer):
    """Remembers the calls it gets, and answers them with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: list[tuple[dict[str, str], bytes, str]] = []
        self.user_agents: list[str] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def wait_for_posts(self, count: int) -> list[dict[str, str]]:
        """The form fields of all calls so far, once there are that many."""
        wait_until(lambda: len(self.posts) >= count)
        return [form for form, _, _ in self.posts]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_GET(self) -> None:
        self.server.user_agents.append(self.headers["User-Agent"])
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
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def list_id(client: StandinClient) -> str:
    return client.create_audience(2)


def create_webhook(client: StandinClient, list_id: str, url: str, **body: Any) -> Any:
    sources = {"user": True, "admin": True, "api": False}
    return client.ok("POST", f"/lists/{list_id}/webhooks", {"url": url, "sources": sources} | body)


def unsubscribe(standin: StandinServer, list_id: str, address: str = ADDRESS) -> None:
    audience = find_audience(standin, list_id)
    member = audience.members[subscriber_hash(address)]
    membership.set_status(standin.state, audience, member, "unsubscribed", "user")


def test_an_unsubscribe_is_sent_and_signed(
    standin: StandinServer, client: StandinClient, receiver: Receiver, list_id: str
) -> None:
    secret = create_webhook(client, list_id, receiver.url)["signing_secret"]
    unsubscribe(standin, list_id)
    (form,) = receiver.wait_for_posts(1)
    assert (form["type"], form["data[email]"], form["data[list_id]"]) == (
        "unsubscribe",
        ADDRESS,
        list_id,
    )
    assert (form["data[action]"], form["data[reason]"]) == ("unsub", "manual")
    assert form["data[merges][EMAIL]"] == ADDRESS
    _, body, signature = receiver.posts[0]
    moment, digest = (part.partition("=")[2] for part in signature.split(","))
    expected = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert digest == expected
    assert receiver.user_agents == ["MailChimp.com WebHook Validator"]


@pytest.mark.parametrize(
    ("status", "type_"), [("cleaned", "cleaned"), ("unsubscribed", "unsubscribe")]
)
def test_a_spam_complaint_is_sent_with_its_reason(
    standin: StandinServer, client: StandinClient, receiver: Receiver, status: str, type_: str
) -> None:
    standin.state.switches.change({"complaint_status": status})
    campaign_id = client.send_campaign(1)
    account, campaign = find_campaign(standin, campaign_id)
    create_webhook(client, campaign.list_id, receiver.url)
    now = standin.state.clock.now()
    (member_id,) = campaign.recipients
    engagement.record_complaint(standin.state, account, campaign, member_id, now)
    (form,) = receiver.wait_for_posts(1)
    assert (form["type"], form["data[reason]"]) == (type_, "abuse")
    assert (form["data[email]"], form["data[campaign_id]"]) == (ADDRESS, campaign_id)


def test_changes_by_api_are_not_sent_without_the_api_source(
    standin: StandinServer, client: StandinClient, receiver: Receiver, list_id: str
) -> None:
    create_webhook(client, list_id, receiver.url)
    client.ok("PATCH", f"/lists/{list_id}/members/p1@people.example", {"status": "unsubscribed"})
    unsubscribe(standin, list_id)
    assert [form["data[email]"] for form in receiver.wait_for_posts(1)] == [ADDRESS]


def test_only_requested_events_are_sent(
    standin: StandinServer, client: StandinClient, receiver: Receiver, list_id: str
) -> None:
    events = {"unsubscribe": False, "subscribe": False, "campaign": True}
    create_webhook(client, list_id, receiver.url, events=events)
    unsubscribe(standin, list_id)
    campaign = client.create_draft(list_id)
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    (form,) = receiver.wait_for_posts(1)
    assert (form["type"], form["data[id]"], form["data[status]"]) == ("campaign", campaign, "sent")


def test_a_url_that_does_not_answer_200_is_refused(
    client: StandinClient, receiver: Receiver, list_id: str
) -> None:
    path = f"/lists/{list_id}/webhooks"
    for url in ("", f"{receiver.url}/elsewhere", "http://127.0.0.1:9/hook", "ftp://where.example/"):
        assert client.problem("POST", path, {"url": url})[0] == 400
    assert client.ok("GET", path)["webhooks"] == []


def test_a_url_has_one_webhook_and_its_secret_is_shown_once(
    client: StandinClient, receiver: Receiver, list_id: str
) -> None:
    webhook = create_webhook(client, list_id, receiver.url)
    path = f"/lists/{list_id}/webhooks"
    assert "multiple WebHooks" in client.problem("POST", path, {"url": receiver.url})[2]
    (shown,) = client.ok("GET", path)["webhooks"]
    assert shown["id"] == webhook["id"]
    assert "signing_secret" not in shown
    assert shown["signing_enabled"]


def test_a_deleted_webhook_is_called_no_more(
    standin: StandinServer, client: StandinClient, receiver: Receiver, list_id: str
) -> None:
    webhook_id = create_webhook(client, list_id, receiver.url)["id"]
    path = f"/lists/{list_id}/webhooks/{webhook_id}"
    assert client.ok("GET", path)["url"] == receiver.url
    client.ok("DELETE", path)
    assert client.problem("DELETE", path)[0] == 404
    unsubscribe(standin, list_id)
    assert standin.state.webhooks.waiting.empty()
    assert receiver.posts == []


def test_a_failed_call_is_retried_and_status_410_disables_the_webhook(
    standin: StandinServer, client: StandinClient, receiver: Receiver, list_id: str
) -> None:
    create_webhook(client, list_id, receiver.url)
    receiver.status = 500
    unsubscribe(standin, list_id)
    assert len(receiver.wait_for_posts(2)) >= 2
    receiver.status = 410
    unsubscribe(standin, list_id, "p1@people.example")
    (webhook,) = find_audience(standin, list_id).webhooks.values()
    wait_until(lambda: not webhook.enabled)
