"""Calls every endpoint; the client checks each answer against the published description."""

from datetime import UTC, datetime

import mailchimp_marketing
import pytest
import requests

from cxmc_ext.standin import DEMO_KEY, OTHER_KEY, StandinServer
from cxmc_ext.standin.api.endpoint import ENDPOINTS
from cxmc_ext.standin.seed_data import OTHER_ACCOUNT
from cxmc_ext.standin.service import engagement
from tests.standin import api_description
from tests.standin.client import NEW_LIST, StandinClient, ready_settings, segment_opts
from tests.support.paths import API_DESCRIPTION

# Needs a campaign that is being sent; test_sending calls it.
NOT_CALLED = {"POST /campaigns/<campaign_id>/actions/cancel-send"}
needs_description = pytest.mark.skipif(
    not API_DESCRIPTION.exists(),
    reason="no copy of MailChimp's API description beside the repository",
)


@needs_description
def test_every_endpoint_answers_as_described(standin: StandinServer) -> None:
    api_description.checked_operations.clear()
    client = StandinClient(standin, OTHER_KEY)
    _call_account_endpoints(client)
    list_id = _call_audience_endpoints(client)
    segment = _call_segment_endpoints(client, list_id)
    _call_webhook_endpoints(client, list_id)
    campaign = _call_campaign_endpoints(standin, client, list_id, segment)
    _call_report_endpoints(standin, client, campaign, list_id)
    assert len(api_description.checked_operations) == len(ENDPOINTS) - len(NOT_CALLED)


def _call_account_endpoints(client: StandinClient) -> None:
    for path in ("/ping", "/", "/lists", "/templates", "/campaigns", "/reports"):
        client.ok("GET", path)
    client.ok("GET", "/templates/40001/default-content")
    client.ok("POST", "/verified-domains", {"verification_email": "a@fresh.example"})
    client.ok("GET", "/verified-domains")
    code = client.server.state.accounts[OTHER_ACCOUNT].domains["fresh.example"].code
    client.ok("POST", "/verified-domains/fresh.example/actions/verify", {"code": code})


def _call_audience_endpoints(client: StandinClient) -> str:
    list_id = client.create_audience(4)
    audience = f"/lists/{list_id}"
    client.ok("GET", audience)
    owner = {"name": "Owner Name", "type": "text", "tag": "OWNER"}
    client.ok("POST", f"{audience}/merge-fields", owner)
    client.ok("GET", f"{audience}/merge-fields")
    for name in ("m", "n"):
        address = f"{name}@people.example"
        body = {"email_address": address, "status_if_new": "pending"}
        client.ok("PUT", f"{audience}/members/{address}", body)
    client.ok("PATCH", f"{audience}/members/m@people.example", {"status": "unsubscribed"})
    for path in ("/members", "/members/m@people.example"):
        client.ok("GET", audience + path)
    client.ok("DELETE", f"{audience}/members/m@people.example")
    client.ok("POST", f"{audience}/members/n@people.example/actions/delete-permanent")
    return list_id


def _call_segment_endpoints(client: StandinClient, list_id: str) -> int:
    segment = client.create_segment(list_id, ["p0@people.example"])
    segments = f"/lists/{list_id}/segments"
    change = {"members_to_add": ["p1@people.example"], "members_to_remove": ["p0@people.example"]}
    client.ok("POST", f"{segments}/{segment}", change)
    more = {"members_to_add": ["p2@people.example"], "members_to_remove": []}
    client.ok("POST", f"{segments}/{segment}", more)
    client.ok("PATCH", f"{segments}/{segment}", {"name": "other"})
    for path in ("", f"/{segment}", f"/{segment}/members"):
        client.ok("GET", segments + path)
    empty = client.create_segment(list_id, [], "empty")
    client.ok("DELETE", f"{segments}/{empty}")
    return segment


def _call_webhook_endpoints(client: StandinClient, list_id: str) -> None:
    url = f"{client.server.root}/"
    webhook = {"url": url, "events": {"unsubscribe": True}, "sources": {}}
    webhook_id = client.ok("POST", f"/lists/{list_id}/webhooks", webhook)["id"]
    client.ok("GET", f"/lists/{list_id}/webhooks")
    client.ok("GET", f"/lists/{list_id}/webhooks/{webhook_id}")
    client.ok("DELETE", f"/lists/{list_id}/webhooks/{webhook_id}")


def _call_campaign_endpoints(
    standin: StandinServer, client: StandinClient, list_id: str, segment: int
) -> str:
    settings = ready_settings() | {"reply_to": "me@anderbureau.example"}
    recipients = {"list_id": list_id, "segment_opts": segment_opts(segment)}
    body = {"type": "regular", "recipients": recipients, "settings": settings}
    campaign_id: str = client.ok("POST", "/campaigns", body)["id"]
    campaign = f"/campaigns/{campaign_id}"
    client.ok("PUT", f"{campaign}/content", {"template": {"id": 40_001}})
    client.ok("PATCH", campaign, {"settings": {"preview_text": "Hello"}})
    for path in ("", "/content", "/send-checklist"):
        client.ok("GET", campaign + path)
    test_mail = {"test_emails": ["a@b.example"], "send_type": "html"}
    client.ok("POST", f"{campaign}/actions/test", test_mail)
    quarter = (standin.state.clock.now() // 900 + 2) * 900
    schedule_time = datetime.fromtimestamp(quarter, UTC).isoformat()
    client.ok("POST", f"{campaign}/actions/schedule", {"schedule_time": schedule_time})
    client.ok("POST", f"{campaign}/actions/unschedule")
    standin.state.switches.send_seconds = 30
    client.ok("POST", f"{campaign}/actions/send")
    client.ok("GET", campaign)
    standin.state.advance(3000)
    copy_id = client.ok("POST", f"{campaign}/actions/replicate")["id"]
    client.ok("DELETE", f"/campaigns/{copy_id}")
    return campaign_id


def _call_report_endpoints(
    standin: StandinServer, client: StandinClient, campaign_id: str, list_id: str
) -> None:
    state = standin.state
    account, campaign = state.find_campaign(campaign_id) or pytest.fail("no such campaign")
    first, second = campaign.recipients
    for member_id in (first, second):
        engagement.record_open(campaign, member_id, state.clock.now())
        engagement.record_click(campaign, member_id, next(iter(campaign.links)), state.clock.now())
    engagement.record_bounce(state, account, campaign, second, "soft", 1)
    engagement.record_unsubscribe(state, account, campaign, second, "", 1)
    engagement.record_complaint(state, account, campaign, first, state.clock.now())
    client.ok("GET", "/reports")
    for path in (
        "",
        "/email-activity",
        "/sent-to",
        "/unsubscribed",
        "/abuse-reports",
        "/click-details",
    ):
        client.ok("GET", f"/reports/{campaign_id}{path}")
    client.ok("GET", f"/lists/{list_id}/abuse-reports")
    link = client.ok("GET", f"/reports/{campaign_id}/click-details")["urls_clicked"][0]["id"]
    client.ok("GET", f"/reports/{campaign_id}/click-details/{link}/members")
    client.ok("DELETE", f"/lists/{list_id}")
    client.ok("GET", f"/reports/{campaign_id}")


def test_the_official_client_works(standin: StandinServer) -> None:
    official = mailchimp_marketing.Client()
    official.set_config({"api_key": DEMO_KEY})
    official.api_client.host = standin.url
    for group in vars(official).values():
        if hasattr(group, "api_client"):
            group.api_client.host = standin.url
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
    assert [row["email_address"] for row in activity["emails"]] == ["a@people.example"]
    assert standin.outbox.addresses() == ["a@people.example"]


def test_unknown_paths_and_wrong_methods_are_refused(standin: StandinServer) -> None:
    client = StandinClient(standin)
    assert client.problem("GET", "/nothing/here")[:2] == (404, "Resource Not Found")
    assert client.problem("DELETE", "/ping")[:2] == (405, "Method Not Allowed")
    assert client.problem("GET", "/lists/0123456789")[:2] == (404, "Resource Not Found")


def test_broken_json_has_its_own_title(standin: StandinServer) -> None:
    answer = requests.post(f"{standin.url}/campaigns", "{no", auth=("x", DEMO_KEY), timeout=5)
    assert (answer.status_code, answer.json()["title"]) == (400, "JSON Parse Exception")
