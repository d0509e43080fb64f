"""The website: every page answers, escapes, and lets a person play the recipient."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import requests

from cxmc_ext.standin import DEMO_KEY, VERIFIED_DOMAIN, StandinServer
from cxmc_ext.standin.models import subscriber_hash
from tests.standin.client import StandinClient, ready_settings

CANARY = "\"><img src=x onerror=alert(1)>'{{7*7}}"
P0 = subscriber_hash("p0@people.example")


class Tags(HTMLParser):
    """Counts what a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, attrs))


@pytest.fixture
def campaign(client: StandinClient) -> str:
    return client.sent(3)


def get(standin: StandinServer, path: str) -> requests.Response:
    answer = requests.get(standin.root + path, timeout=5)
    assert answer.status_code == 200, path
    return answer


def press(standin: StandinServer, path: str, **form: Any) -> requests.Response:
    answer = requests.post(standin.root + path, data=form, timeout=5)
    assert answer.status_code == 200, path
    return answer


def pages(standin: StandinServer) -> list[str]:
    fixed = [
        "/",
        "/campaigns/",
        "/scheduled",
        "/audiences/",
        "/templates/",
        "/domains",
        "/mailbox",
        "/faults",
    ]
    lists = [f"/audiences/{each.id}" for _, each in standin.state.audiences()]
    campaigns = [f"/campaigns/{each.id}" for _, each in standin.state.campaigns()]
    mails = [
        f"/{page}"
        for _, each in standin.state.campaigns()
        for member in each.recipients
        for page in (f"campaigns/{each.id}/mails/{member}", f"unsubscribe/{each.id}/{member}")
    ]
    return fixed + lists + campaigns + mails


def test_every_page_answers_under_a_strict_policy(standin: StandinServer, campaign: str) -> None:
    for path in pages(standin):
        answer = get(standin, path)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
        assert "MailChimp stand-in" in answer.text


def test_hostile_names_stay_text(standin: StandinServer, client: StandinClient) -> None:
    list_id = client.audience(0)
    standin.state.accounts[next(iter(standin.state.accounts))].lists[list_id].name = CANARY
    client.ok("POST", "/templates", {"name": CANARY, "html": "<p>x</p>"})
    row = {"email_address": "p0@people.example", "status": "subscribed",
           "merge_fields": {"FNAME": CANARY, "LNAME": CANARY}}  # fmt: skip
    client.ok("POST", f"/lists/{list_id}", {"members": [row]})
    settings = {"subject_line": CANARY, "title": CANARY, "from_name": CANARY}
    campaign = client.draft(list_id, **settings)
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    press(standin, f"/unsubscribe/{campaign}/{P0}", reason=CANARY)
    press(standin, "/faults", match=CANARY, kind="400")
    for path in pages(standin):
        for tag, attributes in Tags(get(standin, path).text).seen:
            assert dict(attributes).get("src") != "x", (path, tag)
            assert not [name for name, _ in attributes if name.startswith("on")], (path, tag)
    assert "{{7*7}}" in get(standin, f"/campaigns/{campaign}").text
    body = get(standin, f"/campaigns/{campaign}/mails/{P0}/body").text
    assert "<img src=x" not in body
    svg = get(standin, f"/thumbnails/{list(standin.state.templates())[-1][1].id}.svg")
    assert svg.headers["Content-Type"] == "image/svg+xml"


def test_the_keys_of_all_accounts_are_on_the_first_page(standin: StandinServer) -> None:
    text = get(standin, "/").text
    assert DEMO_KEY in text
    assert all(key in text for key in standin.state.keys)


def test_a_mail_is_shown_as_its_recipient_got_it(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.audience(0)
    row = {
        "email_address": "p0@people.example",
        "status": "subscribed",
        "merge_fields": {"FNAME": "Zoë"},
    }
    client.ok("POST", f"/lists/{list_id}", {"members": [row]})
    campaign = client.draft(list_id)
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    path = f"/campaigns/{campaign}/mails/{P0}"
    assert "Hello Zoë" in get(standin, path).text
    assert "<iframe sandbox " in get(standin, path).text
    body = get(standin, f"{path}/body")
    assert "Beste Zoë," in body.text
    assert f'href="/unsubscribe/{campaign}/{P0}"' in body.text
    assert "sandbox" in body.headers["Content-Security-Policy"]


def test_a_person_can_open_click_bounce_and_leave(
    standin: StandinServer, client: StandinClient, campaign: str
) -> None:
    _, found = standin.state.find_campaign(campaign) or pytest.fail("gone")
    url = next(iter(found.links))
    path = f"/campaigns/{campaign}/mails/{P0}"
    for form in (
        {"action": "open"},
        {"action": "click", "url": url},
        {"action": "soft"},
        {"action": "unsubscribe"},
    ):
        press(standin, f"{path}/react", **form)
    report = client.ok("GET", f"/reports/{campaign}")
    figures = [report["opens"]["unique_opens"], report["clicks"]["clicks_total"],
               report["bounces"]["soft_bounces"], report["unsubscribed"]]  # fmt: skip
    assert figures == [1, 1, 1, 1]
    odd = requests.post(f"{standin.root}{path}/react", data={"action": "odd"}, timeout=5)
    assert odd.status_code == 400


def test_the_unsubscribe_link_changes_nothing_until_pressed(
    standin: StandinServer, client: StandinClient, campaign: str
) -> None:
    path = f"/unsubscribe/{campaign}/{P0}"
    get(standin, path)
    assert client.ok("GET", f"/reports/{campaign}")["unsubscribed"] == 0
    assert "is unsubscribed" in press(standin, path, reason="busy").text
    assert (
        client.ok("GET", f"/reports/{campaign}/unsubscribed")["unsubscribes"][0]["reason"] == "busy"
    )


def test_the_address_the_product_links_to_leads_to_the_campaign(
    standin: StandinServer, client: StandinClient, campaign: str
) -> None:
    web_id = client.ok("GET", f"/campaigns/{campaign}")["web_id"]
    answer = get(standin, f"/campaigns/show/?id={web_id}")
    assert answer.url.endswith(f"/campaigns/{campaign}")
    missing = requests.get(f"{standin.root}/campaigns/show/?id=0", timeout=5)
    assert missing.status_code == 404


def test_send_now_lets_a_planned_time_pass(standin: StandinServer, client: StandinClient) -> None:
    campaign = client.draft(client.audience())
    quarter = (standin.state.clock.now() // 900 + 8) * 900
    body = {"schedule_time": f"{_iso(quarter)}"}
    client.ok("POST", f"/campaigns/{campaign}/actions/schedule", body)
    assert campaign in get(standin, "/scheduled").text
    press(standin, f"/campaigns/{campaign}/now")
    assert (client.status(campaign), len(standin.outbox)) == ("sent", 3)


def test_members_templates_and_domains_can_be_changed(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.audience(1)
    press(standin, f"/audiences/{list_id}/members/{P0}", status="cleaned")
    assert client.ok("GET", f"/lists/{list_id}/members/{P0}")["status"] == "cleaned"
    account = next(iter(standin.state.accounts))
    for action, field, value in (("delete", "active", False), ("restore", "active", True)):
        press(standin, f"/accounts/{account}/templates/10001", action=action)
        assert client.ok("GET", "/templates/10001")[field] is value
    press(standin, f"/accounts/{account}/templates/10001", action="spoil")
    assert not client.ok("GET", f"/campaigns/{client.draft(first_list(client))}/send-checklist")[
        "is_ready"
    ]
    press(standin, "/templates/", account=account, name="Fresh")
    names = [each["name"] for each in client.ok("GET", "/templates", type="user")["templates"]]
    assert "Fresh" in names
    press(standin, f"/accounts/{account}/domains/{VERIFIED_DOMAIN}", action="unverify")
    assert not client.ok("GET", f"/verified-domains/{VERIFIED_DOMAIN}")["verified"]
    assert "481516" in get(standin, "/domains").text


def first_list(client: StandinClient) -> str:
    return str(client.ok("GET", "/lists")["lists"][0]["id"])


def test_switches_and_faults_can_be_set(standin: StandinServer) -> None:
    press(standin, "/switches", permissive_send="on", title_limit="80", send_seconds="x")
    switches = standin.state.switches
    assert (switches.permissive_send, switches.snapshot_bug, switches.title_limit) == (
        True,
        False,
        80,
    )
    assert switches.send_seconds == 0.0
    press(standin, "/faults", match="GET /ping", kind="400", nth="1", times="0")
    assert [each.times for each in standin.state.faults.faults] == [0]
    press(standin, "/faults/clear")
    assert standin.state.faults.faults == []
    url = f"{standin.root}/__switches"
    assert requests.post(url, json={"slots": 3}, timeout=5).json()["slots"] == 3
    assert requests.post(url, json={"typo": 3}, timeout=5).status_code == 400


def test_the_journal_can_be_read_over_http_and_reset(
    standin: StandinServer, client: StandinClient
) -> None:
    first, second = client.sent(2), client.sent(1)
    url = f"{standin.root}/__journal"
    mails = requests.get(url, params={"campaign": first}, timeout=5).json()["mails"]
    assert [each["address"] for each in mails] == ["p0@people.example", "p1@people.example"]
    assert mails[0]["from"] == ready_settings()["reply_to"]
    assert "<html" in mails[0]["html"]
    short = requests.get(url, params={"campaign": second, "html": 0}, timeout=5).json()
    assert (short["total"], "html" in short["mails"][0]) == (1, False)
    requests.post(f"{standin.root}/__reset", timeout=5)
    assert requests.get(url, timeout=5).json()["total"] == 0
    assert client.ok("GET", "/campaigns")["total_items"] == 0


def test_everything_outlives_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "standin.json"
    with StandinServer(data=data) as server:
        client = StandinClient(server)
        campaign = client.sent(3)
        press(server, f"/campaigns/{campaign}/mails/{P0}/react", action="open")
        server.state.advance(100)
        before = client.ok("GET", f"/reports/{campaign}")
        offset = server.state.clock.offset
    with StandinServer(data=data) as server:
        client = StandinClient(server)
        assert client.ok("GET", f"/reports/{campaign}") == before
        assert len(server.outbox.mails(campaign)) == 3
        assert server.state.clock.offset == offset
        assert client.sent(1) != campaign
    assert [each.name for each in tmp_path.iterdir()] == ["standin.json"]


def test_the_command_serves_and_saves(tmp_path: Path) -> None:
    data = tmp_path / "standin.json"
    command = [
        sys.executable,
        "-m",
        "cxmc_ext.standin",
        "--port",
        "0",
        "--fast",
        "--data",
        str(data),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        root = process.stdout.readline().split()[-1].rstrip("/")
        auth = ("x", DEMO_KEY)
        answer = requests.post(
            f"{root}/3.0/templates", json={"name": "T", "html": "x"}, auth=auth, timeout=5
        )
        assert answer.ok
        process.terminate()
        process.wait(timeout=10)
        process.stdout.read()
    assert '"name": "T"' in data.read_text(encoding="utf-8")


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
