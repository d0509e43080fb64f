"""What people do at MailChimp, and what the API shows of it."""

from typing import Any

import pytest
import requests

from cxmc_ext.standin import DEMO_ACCOUNT, OTHER_KEY, StandinServer
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.problems import Problem
from tests.standin.client import StandinClient, find_audience

P0, P1 = (subscriber_hash(f"p{at}@people.example") for at in range(2))
OLD, NEW = "p0@people.example", "new@people.example"


@pytest.fixture
def pro(standin: StandinServer) -> StandinClient:
    """A client of an account that can cancel campaigns."""
    return StandinClient(standin, OTHER_KEY)


def start_sending(standin: StandinServer, pro: StandinClient, people: int = 10) -> str:
    """Starts sending a campaign; four in ten mails are delivered at once."""
    standin.state.switches.change({"send_seconds": 60.0, "delivered_at_once": 0.4})
    list_id = pro.create_audience(people)
    campaign = pro.create_draft(list_id, template=40_001, reply_to="me@anderbureau.example")
    pro.ok("POST", f"/campaigns/{campaign}/actions/send")
    return campaign


def emails(client: StandinClient, campaign: str) -> Any:
    return client.ok("GET", f"/reports/{campaign}/email-activity")["emails"]


def test_a_campaign_is_delivered_in_parts(standin: StandinServer, pro: StandinClient) -> None:
    campaign = start_sending(standin, pro)
    shown = pro.ok("GET", f"/campaigns/{campaign}")
    assert (shown["status"], shown["emails_sent"]) == ("sending", 4)
    assert shown["recipients"]["recipient_count"] == 10
    assert len(standin.outbox) == 4
    standin.state.advance(61)
    shown = pro.ok("GET", f"/campaigns/{campaign}")
    assert (shown["status"], shown["emails_sent"]) == ("sent", 10)
    assert len(standin.outbox) == len(set(standin.outbox.addresses())) == 10


def test_a_campaign_cancelled_half_way_keeps_the_report_of_what_was_delivered(
    standin: StandinServer, pro: StandinClient
) -> None:
    campaign = start_sending(standin, pro)
    standin.state.switches.cancel_seconds = 30
    pro.ok("POST", f"/campaigns/{campaign}/actions/cancel-send")
    shown = pro.ok("GET", f"/campaigns/{campaign}")
    assert (shown["status"], shown["delivery_status"]["emails_canceled"]) == ("canceling", 6)
    standin.actions.open(campaign, P0)
    standin.actions.unsubscribe(campaign, P1)
    standin.state.advance(120)
    assert pro.status(campaign) == "canceled"
    report = pro.ok("GET", f"/reports/{campaign}")
    assert (report["emails_sent"], report["unsubscribed"]) == (4, 1)
    assert report["opens"]["opens_total"] == 1
    assert len(emails(pro, campaign)) == len(standin.outbox) == 4
    (row,) = pro.ok("GET", f"/reports/{campaign}/unsubscribed")["unsubscribes"]
    assert row["email_id"] == P1
    assert pro.problem("POST", f"/campaigns/{campaign}/actions/cancel-send")[0] == 400


@pytest.mark.parametrize("listed", [True, False])
def test_an_archived_campaign_keeps_its_report(
    standin: StandinServer, client: StandinClient, listed: bool
) -> None:
    standin.state.switches.reports_list_ended = listed
    campaign = client.send_campaign()
    standin.actions.archive(campaign)
    assert client.status(campaign) == "archived"
    assert client.ok("GET", f"/reports/{campaign}")["emails_sent"] == len(emails(client, campaign))
    assert len(client.ok("GET", "/reports")["reports"]) == listed
    standin.actions.archive(campaign)
    assert client.status(campaign) == "sent"


def test_a_status_that_nobody_knows_can_be_shown(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign = client.send_campaign()
    standin.actions.show_status(campaign, "under_review")
    path = f"{standin.url}/campaigns/{campaign}"
    answer = requests.get(path, auth=client.session.auth, timeout=5)
    assert answer.json()["status"] == "under_review"
    standin.actions.show_status(campaign, "")
    assert client.status(campaign) == "sent"


@pytest.mark.parametrize("keeps_id", [False, True])
def test_an_address_is_changed_on_the_profile_form(
    standin: StandinServer, client: StandinClient, keeps_id: bool
) -> None:
    standin.state.switches.address_change_keeps_id = keeps_id
    campaign = client.send_campaign()
    list_id = client.ok("GET", f"/campaigns/{campaign}")["recipients"]["list_id"]
    standin.state.advance(100)
    before = client.ok("GET", f"/lists/{list_id}/members/{P0}")
    standin.actions.change_address(list_id, OLD, NEW)
    member = client.ok("GET", f"/lists/{list_id}/members/{subscriber_hash(NEW)}")
    assert member["id"] == (P0 if keeps_id else subscriber_hash(NEW))
    assert (member["email_address"], member["status"]) == (NEW, "subscribed")
    assert member["last_changed"] > before["last_changed"]
    assert client.problem("GET", f"/lists/{list_id}/members/{OLD}")[0] == 404
    assert client.ok("GET", f"/lists/{list_id}/members")["total_items"] == 3
    standin.actions.unsubscribe(campaign, OLD)
    assert client.ok("GET", f"/lists/{list_id}/members/{NEW}")["status"] == "unsubscribed"


@pytest.mark.parametrize("keeps_id", [False, True])
def test_an_old_address_can_be_subscribed_again(
    standin: StandinServer, client: StandinClient, keeps_id: bool
) -> None:
    standin.state.switches.address_change_keeps_id = keeps_id
    list_id = client.create_audience()
    segment = client.create_segment(list_id, [OLD])
    standin.actions.change_address(list_id, OLD, NEW)
    assert client.subscribe(list_id, [OLD])["total_created"] == 1
    assert client.subscribe(list_id, [NEW])["errors"][0]["error_code"] == "ERROR_CONTACT_EXISTS"
    assert client.ok("GET", f"/lists/{list_id}/members")["total_items"] == 4
    (member,) = client.ok("GET", f"/lists/{list_id}/segments/{segment}/members")["members"]
    assert member["email_address"] == NEW
    assert client.ok("GET", f"/lists/{list_id}/members/{OLD}")["email_address"] == OLD


def test_reports_can_follow_an_address_change(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign = client.send_campaign()
    list_id = client.ok("GET", f"/campaigns/{campaign}")["recipients"]["list_id"]
    standin.actions.change_address(list_id, OLD, NEW)
    assert emails(client, campaign)[0]["email_address"] == OLD
    standin.state.switches.reports_follow_address_change = True
    row = emails(client, campaign)[0]
    assert (row["email_address"], row["email_id"]) == (NEW, subscriber_hash(NEW))


def test_the_api_changes_an_address_unless_it_is_taken(client: StandinClient) -> None:
    list_id = client.create_audience()
    path = f"/lists/{list_id}/members"
    assert client.problem("PATCH", f"{path}/{P0}", {"email_address": "p1@people.example"})[1] == (
        "Member Exists"
    )
    changed = client.ok("PATCH", f"{path}/{P0}", {"email_address": NEW})
    assert changed["id"] == subscriber_hash(NEW)


@pytest.mark.parametrize(
    ("choice", "expected"), [("kept", OLD), ("anonymized", "forgotten"), ("removed", None)]
)
def test_a_permanently_deleted_member_in_a_report(
    standin: StandinServer, client: StandinClient, choice: str, expected: str | None
) -> None:
    campaign = client.send_campaign()
    list_id = client.ok("GET", f"/campaigns/{campaign}")["recipients"]["list_id"]
    standin.state.switches.change({"forgotten_in_reports": choice})
    standin.actions.delete_member(list_id, OLD)
    rows = [row for row in emails(client, campaign) if row["email_address"][:2] not in ("p1", "p2")]
    assert len(rows) == (0 if expected is None else 1)
    assert all(str(expected) in row["email_address"] for row in rows)
    assert client.subscribe(list_id, [OLD])["error_count"] == 1


def test_an_audience_is_deleted_and_created_empty(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign = client.send_campaign()
    list_id = client.ok("GET", f"/campaigns/{campaign}")["recipients"]["list_id"]
    name = find_audience(standin, list_id).name
    standin.actions.delete_audience(list_id)
    assert client.problem("GET", f"/lists/{list_id}")[0] == 404
    assert len(emails(client, campaign)) == 3
    new_id = standin.actions.create_audience(DEMO_ACCOUNT, name)
    assert client.ok("GET", f"/lists/{new_id}/members")["members"] == []


def test_a_deactivated_account_is_refused(standin: StandinServer, client: StandinClient) -> None:
    standin.actions.set_deactivated(DEMO_ACCOUNT)
    assert client.problem("GET", "/lists")[:2] == (403, "User Disabled")
    standin.actions.set_deactivated(DEMO_ACCOUNT, False)
    client.ok("GET", "/lists")


def test_an_edit_by_hand_moves_last_changed(standin: StandinServer, client: StandinClient) -> None:
    list_id = client.create_audience(1)
    path = f"/lists/{list_id}/members/{P0}"
    standin.actions.set_status(list_id, OLD, "unsubscribed")
    before = client.ok("GET", path)
    standin.state.advance(60)
    standin.actions.edit(list_id, OLD, {"FNAME": "Zoë"})
    after = client.ok("GET", path)
    assert after["last_changed"] > before["last_changed"]
    assert (after["status"], after["merge_fields"]["FNAME"]) == ("unsubscribed", "Zoë")


@pytest.mark.parametrize(
    ("choice", "by", "expected"),
    [
        ("by_origin", "api", "subscribed"),
        ("by_origin", "user", "refused"),
        ("accepted", "user", "subscribed"),
        ("ignored", "user", "unsubscribed"),
        ("ignored", "api", "unsubscribed"),
        ("refused", "api", "refused"),
    ],
)
def test_subscribed_after_unsubscribed(
    standin: StandinServer, client: StandinClient, choice: str, by: str, expected: str
) -> None:
    standin.state.switches.change({"resubscribe": choice})
    list_id = client.create_audience(1)
    standin.actions.set_status(list_id, OLD, "unsubscribed", by)
    answer = client("PATCH", f"/lists/{list_id}/members/{P0}", {"status": "subscribed"})
    shown = answer.json()
    is_refused = shown.get("title") == "Member In Compliance State"
    assert ("refused" if is_refused else shown["status"]) == expected


def test_archiving_hides_that_the_person_unsubscribed(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.create_audience(1)
    path = f"/lists/{list_id}/members/{P0}"
    standin.actions.set_status(list_id, OLD, "unsubscribed")
    client.ok("DELETE", path)
    assert client.ok("GET", f"/lists/{list_id}/members")["members"] == []
    assert find_audience(standin, list_id).members[P0].previous_status == "unsubscribed"
    assert client.ok("PUT", path, {"email_address": OLD})["status"] == "archived"
    body = {"email_address": OLD, "status": "subscribed"}
    assert client.ok("PUT", path, body)["status"] == "subscribed"
    assert standin.state.resubscribed == [OLD]


def test_actions_run_over_http(standin: StandinServer, client: StandinClient) -> None:
    campaign = client.send_campaign()
    url = f"{standin.root}/__actions"
    body = {"action": "complain", "campaign": campaign, "member": OLD}
    assert requests.post(url, json=body, timeout=5).status_code == 200
    assert client.ok("GET", f"/reports/{campaign}")["abuse_reports"] == 1
    for wrong in (
        {"action": "run"},
        {"action": "complain"},
        {**body, "member": "nobody@people.example"},
        {"action": "cancel", "campaign": campaign},
        {"action": "delete_audience", "audience": "typo"},
    ):
        assert requests.post(url, json=wrong, timeout=5).status_code == 400


def test_nothing_happens_in_a_campaign_that_was_not_sent(
    standin: StandinServer, client: StandinClient
) -> None:
    draft = client.create_draft(client.create_audience())
    with pytest.raises(LookupError):
        standin.actions.open(draft, OLD)
    with pytest.raises(LookupError):
        standin.actions.archive(draft)
    with pytest.raises(Problem):
        standin.actions.cancel(draft)


def test_a_campaign_is_sent_by_hand_to_a_whole_audience(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.create_audience(3)
    standin.state.switches.change({"send_seconds": 60.0})
    campaign = standin.actions.send_by_hand(list_id, "Zomerbrief", "Zomer", at=1_700_000_000)
    standin.actions.send_by_hand(list_id, "Welkom", type="automation-email")
    listed = client.ok("GET", "/campaigns", type="regular", status="sent")["campaigns"]
    assert [row["id"] for row in listed] == [campaign]
    assert listed[0]["settings"]["title"] == "Zomerbrief"
    assert listed[0]["send_time"].startswith("2023-11-14")
    standin.actions.bounce(campaign, P0)
    standin.actions.open(campaign, P1)
    rows = client.ok("GET", f"/reports/{campaign}/sent-to")["sent_to"]
    assert [(row["status"], row["open_count"]) for row in rows] == [
        ("hard", 0), ("sent", 1), ("sent", 0),
    ]  # fmt: skip
