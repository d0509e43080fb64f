"""The website: pages are safe, and recipients can react on them."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
import requests

from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY, VERIFIED_DOMAIN, StandinServer
from cxmc_ext.standin.models import subscriber_hash
from tests.standin.client import StandinClient, find_campaign
from tests.standin.pages import get, post

HOSTILE = "\"><img src=x onerror=alert(1)>'{{7*7}}"
P0 = subscriber_hash("p0@people.example")


class TagParser(HTMLParser):
    """Collects the tags that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, attrs))


@pytest.fixture
def campaign(client: StandinClient) -> str:
    return client.send_campaign(3)


def page_paths(standin: StandinServer) -> list[str]:
    paths = [
        "/",
        "/campaigns/",
        "/scheduled",
        "/audiences/",
        "/templates/",
        "/domains",
        "/mailbox",
        *(f"/mailbox/{number}" for number in range(len(standin.state.outbox.deliveries))),
        "/faults",
    ]
    lists = [f"/audiences/{audience.id}" for _, audience in standin.state.audiences()]
    members = [
        f"/audiences/{audience.id}/members/{member_id}"
        for _, audience in standin.state.audiences()
        for member_id in list(audience.members)[:3]
    ]
    campaigns = [f"/campaigns/{campaign.id}" for _, campaign in standin.state.campaigns()]
    mails = [
        f"/{page}"
        for _, campaign in standin.state.campaigns()
        for member in campaign.recipients
        for page in (
            f"campaigns/{campaign.id}/mails/{member}",
            f"unsubscribe/{campaign.id}/{member}",
        )
    ]
    return paths + lists + members + campaigns + mails


def test_every_page_has_a_strict_content_security_policy(
    standin: StandinServer, campaign: str
) -> None:
    for path in page_paths(standin):
        answer = get(standin, path)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
        assert "MailChimp stand-in" in answer.text


def test_hostile_names_are_escaped(standin: StandinServer, client: StandinClient) -> None:
    list_id = client.create_audience(0)
    standin.state.accounts[next(iter(standin.state.accounts))].lists[list_id].name = HOSTILE
    post(standin, "/templates/", account=DEMO_ACCOUNT, name=HOSTILE, html="<p>x</p>")
    row = {"email_address": "p0@people.example", "status": "subscribed",
           "merge_fields": {"FNAME": HOSTILE, "LNAME": HOSTILE}}  # fmt: skip
    client.ok("POST", f"/lists/{list_id}", {"members": [row]})
    settings = {"subject_line": HOSTILE, "title": HOSTILE, "from_name": HOSTILE}
    campaign = client.create_draft(list_id, **settings)
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    post(standin, f"/unsubscribe/{campaign}/{P0}", reason=HOSTILE)
    post(standin, "/faults", match=HOSTILE, kind="400")
    for path in page_paths(standin):
        for tag, attributes in TagParser(get(standin, path).text).seen:
            assert dict(attributes).get("src") != "x", (path, tag)
            assert not [name for name, _ in attributes if name.startswith("on")], (path, tag)
    assert "{{7*7}}" in get(standin, f"/campaigns/{campaign}").text
    body = get(standin, f"/campaigns/{campaign}/mails/{P0}/body").text
    assert "<img src=x" not in body
    svg = get(standin, f"/thumbnails/{list(standin.state.templates())[-1][1].id}.svg")
    assert svg.headers["Content-Type"] == "image/svg+xml"


def test_the_picture_of_a_template_shows_its_mail(standin: StandinServer) -> None:
    svg = get(standin, "/thumbnails/10002.svg").text
    for words in ("Vacature-update", "#1d4ed8", "Deze week nieuw in jouw regio:", "Bekijk alle"):
        assert words in svg, words
    assert "style=" not in svg


def test_every_mail_can_be_read_in_the_mailbox(
    standin: StandinServer, client: StandinClient, campaign: str
) -> None:
    mails = get(standin, "/mailbox").text
    assert mails.count('<a href="/mailbox/') == len(standin.state.outbox.deliveries) == 3
    assert "React as the recipient" in get(standin, "/mailbox/0").text
    assert "p0@people.example" in get(standin, "/mailbox/0/body").text
    assert requests.get(f"{standin.root}/mailbox/3", timeout=5).status_code == 404


def test_the_start_page_lists_all_api_keys(standin: StandinServer) -> None:
    text = get(standin, "/").text
    assert DEMO_KEY in text
    assert all(key in text for key in standin.state.keys)


def test_a_mail_is_shown_as_the_recipient_received_it(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.create_audience(0)
    row = {
        "email_address": "p0@people.example",
        "status": "subscribed",
        "merge_fields": {"FNAME": "Zoë"},
    }
    client.ok("POST", f"/lists/{list_id}", {"members": [row]})
    campaign = client.create_draft(list_id)
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    path = f"/campaigns/{campaign}/mails/{P0}"
    assert "Hello Zoë" in get(standin, path).text
    assert "<iframe sandbox " in get(standin, path).text
    body = get(standin, f"{path}/body")
    assert "Beste Zoë," in body.text
    assert f'href="/unsubscribe/{campaign}/{P0}"' in body.text
    assert "sandbox" in body.headers["Content-Security-Policy"]


def test_a_recipient_can_open_click_bounce_and_unsubscribe(
    standin: StandinServer, client: StandinClient, campaign: str
) -> None:
    url = next(iter(find_campaign(standin, campaign)[1].links))
    path = f"/campaigns/{campaign}/mails/{P0}"
    for form in (
        {"action": "open"},
        {"action": "click", "url": url},
        {"action": "soft"},
        {"action": "unsubscribe"},
        {"action": "complain"},
    ):
        post(standin, f"{path}/react", **form)
    report = client.ok("GET", f"/reports/{campaign}")
    figures = [report["opens"]["unique_opens"], report["clicks"]["clicks_total"],
               report["bounces"]["soft_bounces"], report["unsubscribed"],
               report["abuse_reports"]]  # fmt: skip
    assert figures == [1, 1, 1, 1, 1]
    assert "marked as spam" in get(standin, path).text
    unknown = requests.post(f"{standin.root}{path}/react", data={"action": "unknown"}, timeout=5)
    assert unknown.status_code == 400


def test_following_the_unsubscribe_link_changes_nothing_until_the_form_is_sent(
    standin: StandinServer, client: StandinClient, campaign: str
) -> None:
    path = f"/unsubscribe/{campaign}/{P0}"
    get(standin, path)
    assert client.ok("GET", f"/reports/{campaign}")["unsubscribed"] == 0
    assert "is unsubscribed" in post(standin, path, reason="busy").text
    assert (
        client.ok("GET", f"/reports/{campaign}/unsubscribed")["unsubscribes"][0]["reason"] == "busy"
    )


def test_open_in_mailchimp_leads_to_the_campaign(
    standin: StandinServer, client: StandinClient, campaign: str
) -> None:
    web_id = client.ok("GET", f"/campaigns/{campaign}")["web_id"]
    answer = get(standin, f"/campaigns/show/?id={web_id}")
    assert answer.url.endswith(f"/campaigns/{campaign}")
    missing = requests.get(f"{standin.root}/campaigns/show/?id=0", timeout=5)
    assert missing.status_code == 404


def test_send_now_moves_the_clock_past_the_scheduled_time(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign = client.create_draft(client.create_audience())
    quarter = (standin.state.clock.now() // 900 + 8) * 900
    body = {"schedule_time": f"{_iso(quarter)}"}
    client.ok("POST", f"/campaigns/{campaign}/actions/schedule", body)
    assert campaign in get(standin, "/scheduled").text
    post(standin, f"/campaigns/{campaign}/now")
    assert (client.status(campaign), len(standin.outbox)) == ("sent", 3)


def test_members_templates_and_domains_can_be_changed(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.create_audience(1)
    post(standin, f"/audiences/{list_id}/members/{P0}", status="cleaned")
    assert client.ok("GET", f"/lists/{list_id}/members/{P0}")["status"] == "cleaned"
    account = next(iter(standin.state.accounts))
    for action, field, value in (("delete", "active", False), ("restore", "active", True)):
        post(standin, f"/accounts/{account}/templates/10001", action=action)
        assert getattr(standin.state.accounts[account].templates["10001"], field) is value
    post(standin, f"/accounts/{account}/templates/10001", action="make_incomplete")
    assert not client.ok(
        "GET", f"/campaigns/{client.create_draft(first_list(client))}/send-checklist"
    )["is_ready"]
    post(standin, "/templates/", account=account, name="Fresh")
    names = [
        template["name"] for template in client.ok("GET", "/templates", type="user")["templates"]
    ]
    assert "Fresh" in names
    post(standin, f"/accounts/{account}/domains/{VERIFIED_DOMAIN}", action="unverify")
    listed = client.ok("GET", "/verified-domains")["domains"]
    domains = {domain["domain"]: domain["verified"] for domain in listed}
    assert domains[VERIFIED_DOMAIN] is False
    assert "481516" in get(standin, "/domains").text


def act(standin: StandinServer, **form: str) -> requests.Response:
    return post(standin, "/actions", **form)


def test_everything_people_do_at_mailchimp_has_a_form(
    standin: StandinServer, client: StandinClient, campaign: str
) -> None:
    list_id = find_campaign(standin, campaign)[1].list_id
    one = {"audience": list_id, "member": P0}
    act(standin, action="set_status", status="archived", **one)
    act(standin, action="set_status", status="unsubscribed", **one)
    form: dict[str, str] = {"action": "edit", "merge_fields.FNAME": "Zoë", **one}
    act(standin, **form)
    member = client.ok("GET", f"/lists/{list_id}/members/{P0}")
    assert (member["status"], member["merge_fields"]["FNAME"]) == ("unsubscribed", "Zoë")
    act(standin, action="change_address", address="new@people.example", **one)
    assert "new@people.example" in get(standin, f"/audiences/{list_id}").text
    act(standin, action="delete_member", audience=list_id, member="new@people.example")
    assert client.ok("GET", f"/lists/{list_id}/members")["total_items"] == 2
    act(standin, action="archive", campaign=campaign)
    assert client.status(campaign) == "archived"
    act(standin, action="delete_audience", audience=list_id)
    assert client.problem("GET", f"/lists/{list_id}")[0] == 404
    act(standin, action="create_audience", account=DEMO_ACCOUNT, name="Fresh audience")
    assert "Fresh audience" in get(standin, "/audiences/").text
    act(standin, action="set_deactivated", account=DEMO_ACCOUNT, deactivated="1")
    assert client.problem("GET", "/ping")[1] == "User Disabled"
    act(standin, action="set_deactivated", account=DEMO_ACCOUNT, deactivated="")
    client.ok("GET", "/ping")


def test_an_action_that_is_refused_says_why_and_leads_nowhere_else(
    standin: StandinServer, client: StandinClient, campaign: str
) -> None:
    form = {"action": "cancel", "campaign": campaign}
    answer = requests.post(f"{standin.root}/actions", data=form, timeout=5)
    assert (answer.status_code, "cancelled" in answer.text) == (400, True)
    away = act(standin, action="archive", campaign=campaign, then="//elsewhere.example/")
    assert away.url == f"{standin.root}/"


def first_list(client: StandinClient) -> str:
    return str(client.ok("GET", "/lists")["lists"][0]["id"])


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
