"""A long walk over every endpoint; the client holds each answer against the published description."""

from datetime import UTC, datetime

import mailchimp_marketing
import pytest
import requests

from cxmc_ext.standin import DEMO_KEY, OTHER_KEY, StandinServer
from cxmc_ext.standin.seed_data import OTHER_ACCOUNT
from cxmc_ext.standin.service import engagement
from tests.standin import api_description
from tests.standin.client import NEW_LIST, StandinClient, ready_settings, segment_opts

described = pytest.mark.skipif(
    not api_description.API_DESCRIPTION.exists(),
    reason="no copy of MailChimp's API description beside the repository",
)


@described
def test_every_answer_of_a_long_walk_is_as_described(standin: StandinServer) -> None:
    api_description.checked_operations.clear()
    client = StandinClient(standin, OTHER_KEY)
    _account(client)
    list_id = _audience(client)
    segment = _segments(client, list_id)
    _webhooks(client, list_id)
    campaign = _campaign(standin, client, list_id, segment)
    _report(standin, client, campaign, list_id)
    assert len(api_description.checked_operations) > 60


def _account(client: StandinClient) -> None:
    for path in ("/ping", "/", "/lists", "/templates", "/campaigns", "/reports"):
        client.ok("GET", path)
    client.ok("POST", "/verified-domains", {"verification_email": "a@fresh.example"})
    for path in ("/verified-domains", "/verified-domains/fresh.example"):
        client.ok("GET", path)
    code = client.server.state.accounts[OTHER_ACCOUNT].domains["fresh.example"].code
    client.ok("POST", "/verified-domains/fresh.example/actions/verify", {"code": code})
    client.ok("DELETE", "/verified-domains/fresh.example")
    made = client.ok("POST", "/templates", {"name": "T", "html": "<p mc:edit='a'>x</p>"})["id"]
    client.ok("PATCH", f"/templates/{made}", {"name": "U", "html": "<p>y</p>"})
    for path in (f"/templates/{made}", f"/templates/{made}/default-content"):
        client.ok("GET", path)
    client.ok("DELETE", f"/templates/{made}")


def _audience(client: StandinClient) -> str:
    list_id = client.audience(4)
    base = f"/lists/{list_id}"
    client.ok("GET", base)
    client.ok("PATCH", base, NEW_LIST)
    field = client.ok(
        "POST", f"{base}/merge-fields", {"name": "Owner Name", "type": "text", "tag": "OWNER"}
    )
    one = f"{base}/merge-fields/{field['merge_id']}"
    client.ok("PATCH", one, {"name": "Owner", "default_value": "x"})
    client.ok("GET", one)
    client.ok("GET", f"{base}/merge-fields")
    client.ok("DELETE", one)
    new = {"email_address": "n@people.example", "status": "pending"}
    client.ok("POST", f"{base}/members", new)
    put = {"email_address": "m@people.example", "status_if_new": "subscribed"}
    client.ok("PUT", f"{base}/members/m@people.example", put)
    client.ok("PATCH", f"{base}/members/m@people.example", {"status": "unsubscribed"})
    client.ok(
        "POST",
        f"{base}/members/m@people.example/tags",
        {"tags": [{"name": "t", "status": "active"}]},
    )
    for path in ("/members", "/members/m@people.example", "/members/m@people.example/tags"):
        client.ok("GET", base + path)
    client.ok("DELETE", f"{base}/members/m@people.example")
    client.ok("POST", f"{base}/members/n@people.example/actions/delete-permanent")
    return list_id


def _segments(client: StandinClient, list_id: str) -> int:
    segment = client.segment(list_id, ["p0@people.example"])
    base = f"/lists/{list_id}/segments"
    change = {"members_to_add": ["p1@people.example"], "members_to_remove": ["p0@people.example"]}
    client.ok("POST", f"{base}/{segment}", change)
    client.ok("POST", f"{base}/{segment}/members", {"email_address": "p2@people.example"})
    client.ok("PATCH", f"{base}/{segment}", {"name": "other"})
    for path in ("", f"/{segment}", f"/{segment}/members"):
        client.ok("GET", base + path)
    client.ok("GET", f"/lists/{list_id}/tag-search", name="oth")
    other = client.segment(list_id, [], "empty")
    client.ok("DELETE", f"{base}/{other}")
    return segment


def _webhooks(client: StandinClient, list_id: str) -> None:
    base = f"/lists/{list_id}/webhooks"
    url = f"{client.server.root}/"
    hook = client.ok("POST", base, {"url": url, "events": {"unsubscribe": True}, "sources": {}})[
        "id"
    ]
    client.ok("PATCH", f"{base}/{hook}", {"sources": {"api": False}})
    client.ok("GET", base)
    client.ok("GET", f"{base}/{hook}")
    client.ok("DELETE", f"{base}/{hook}")


def _campaign(standin: StandinServer, client: StandinClient, list_id: str, segment: int) -> str:
    settings = ready_settings() | {"reply_to": "me@anderbureau.example"}
    recipients = {"list_id": list_id, "segment_opts": segment_opts(segment)}
    body = {"type": "regular", "recipients": recipients, "settings": settings}
    campaign: str = client.ok("POST", "/campaigns", body)["id"]
    one = f"/campaigns/{campaign}"
    client.ok("PUT", f"{one}/content", {"template": {"id": 40_001}})
    client.ok("PATCH", one, {"settings": {"preview_text": "Hello"}})
    for path in ("", "/content", "/send-checklist"):
        client.ok("GET", one + path)
    client.ok("POST", f"{one}/actions/test", {"test_emails": ["a@b.example"], "send_type": "html"})
    quarter = (standin.state.clock.now() // 900 + 2) * 900
    when = datetime.fromtimestamp(quarter, UTC).isoformat()
    client.ok("POST", f"{one}/actions/schedule", {"schedule_time": when})
    client.ok("POST", f"{one}/actions/unschedule")
    standin.state.switches.send_seconds = 30
    client.ok("POST", f"{one}/actions/send")
    client.ok("GET", one)
    standin.state.advance(3000)
    copy = client.ok("POST", f"{one}/actions/replicate")["id"]
    client.ok("DELETE", f"/campaigns/{copy}")
    return campaign


def _report(standin: StandinServer, client: StandinClient, campaign: str, list_id: str) -> None:
    _, found = standin.state.find_campaign(campaign) or pytest.fail("no such campaign")
    account = standin.state.accounts[OTHER_ACCOUNT]
    for each, outcome in zip(found.recipients, ("open", "leave"), strict=True):
        engagement.record_open(found, each, standin.state.clock.now())
        engagement.record_click(found, each, next(iter(found.links)), standin.state.clock.now())
        if outcome == "leave":
            engagement.record_bounce(standin.state, account, found, each, "soft", 1)
            engagement.record_unsubscribe(standin.state, account, found, each, "", 1)
    client.ok("GET", "/reports")
    parts = ("", "/email-activity", "/unsubscribed", "/sent-to", "/click-details", "/open-details",
             "/domain-performance")  # fmt: skip
    for part in parts:
        client.ok("GET", f"/reports/{campaign}{part}")
    link = client.ok("GET", f"/reports/{campaign}/click-details")["urls_clicked"][0]["id"]
    client.ok("GET", f"/reports/{campaign}/click-details/{link}")
    client.ok("GET", f"/reports/{campaign}/click-details/{link}/members")
    for part in ("email-activity", "open-details", "sent-to", "unsubscribed"):
        client.ok("GET", f"/reports/{campaign}/{part}/{each}")
    client.ok(
        "POST", f"/campaigns/{campaign}/actions/create-resend", {"shortcut_type": "to_non_openers"}
    )
    client.ok("DELETE", f"/lists/{list_id}")
    client.ok("GET", f"/reports/{campaign}")


def test_the_official_client_needs_no_special_case(standin: StandinServer) -> None:
    official = mailchimp_marketing.Client()
    official.set_config({"api_key": DEMO_KEY})
    official.api_client.host = standin.url
    for name in vars(official).values():
        if hasattr(name, "api_client"):
            name.api_client.host = standin.url
    assert official.ping.get() == {"health_status": "Everything's Chimpy!"}
    assert official.root.get_root()["role"] == "owner"
    list_id = official.lists.create_list(NEW_LIST)["id"]
    rows = [{"email_address": "a@people.example", "status": "subscribed"}]
    assert official.lists.batch_list_members(list_id, {"members": rows})["total_created"] == 1
    templates = official.templates.list(type="user", count=1000)["templates"]
    body = {"type": "regular", "recipients": {"list_id": list_id}, "settings": ready_settings()}
    campaign = official.campaigns.create(body)["id"]
    content = {"template": {"id": templates[0]["id"]}}
    assert "*|FNAME|*" in official.campaigns.set_content(campaign, content)["html"]
    assert official.campaigns.get_send_checklist(campaign)["is_ready"]
    assert official.campaigns.send(campaign).status_code == 204
    assert official.reports.get_campaign_report(campaign)["emails_sent"] == 1
    activity = official.reports.get_email_activity_for_campaign(campaign)
    assert [each["email_address"] for each in activity["emails"]] == ["a@people.example"]
    assert standin.outbox.addresses() == ["a@people.example"]


def test_unknown_paths_and_wrong_methods_answer_as_problems(standin: StandinServer) -> None:
    client = StandinClient(standin)
    assert client.problem("GET", "/nothing/here")[:2] == (404, "Resource Not Found")
    assert client.problem("DELETE", "/ping")[:2] == (405, "Method Not Allowed")
    assert client.problem("GET", "/lists/0123456789")[:2] == (404, "Resource Not Found")


def test_broken_json_is_named(standin: StandinServer) -> None:
    answer = requests.post(f"{standin.url}/campaigns", "{no", auth=("x", DEMO_KEY), timeout=5)
    assert (answer.status_code, answer.json()["title"]) == (400, "JSON Parse Exception")
