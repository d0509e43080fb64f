"""Campaigns: recipients, checklist, sending, deleting, cancelling."""

import pytest

from cxmc_ext.standin import DEMO_ACCOUNT, OTHER_KEY, UNVERIFIED_DOMAIN, StandinServer
from tests.standin.client import StandinClient, segment_opts

NOT_READY = (400, "Bad Request", "Your Campaign is not ready to send.")


def test_only_the_members_of_the_segment_get_the_mail(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.create_audience(5)
    segment = client.create_segment(
        list_id, ["p1@people.example", "P3@people.example", "no@where.example"]
    )
    campaign = client.create_draft(list_id, segment)
    shown = client.ok("GET", f"/campaigns/{campaign}")
    assert shown["recipients"]["recipient_count"] == 2
    assert (shown["send_time"], shown["emails_sent"]) == ("", 0)
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    assert standin.outbox.addresses(campaign) == ["p1@people.example", "p3@people.example"]
    assert client.status(campaign) == "sent"


@pytest.mark.parametrize(
    "change",
    [
        {"match": None},
        {"match": "some"},
        {"conditions": [{"field": "static_segment", "op": "static_is"}]},
        {"conditions": "all of them"},
        {"conditions": None, "saved_segment_id": "{id}"},
        {"value": "text"},
    ],
    ids=["no match", "odd match", "half a condition", "no list", "text id", "text value"],
)
def test_options_without_effect_address_the_whole_audience(
    client: StandinClient, change: dict
) -> None:  # type: ignore[type-arg]
    list_id = client.create_audience(5)
    segment = client.create_segment(list_id, ["p1@people.example"])
    options = segment_opts(segment)
    if "value" in change:
        options["conditions"][0]["value"] = str(segment)
    options = {name: value for name, value in (options | change).items() if value is not None}
    recipients = {"list_id": list_id, "segment_opts": options}
    shown = client.ok("POST", "/campaigns", {"type": "regular", "recipients": recipients})
    assert shown["recipients"]["recipient_count"] == 5


def test_a_saved_segment_with_match_is_enough(client: StandinClient) -> None:
    list_id = client.create_audience(5)
    segment = client.create_segment(list_id, ["p1@people.example"])
    options = {"saved_segment_id": segment, "match": "any"}
    recipients = {"list_id": list_id, "segment_opts": options}
    shown = client.ok("POST", "/campaigns", {"type": "regular", "recipients": recipients})
    assert shown["recipients"]["recipient_count"] == 1


def test_recipients_set_later_do_not_replace_the_first_ones(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.create_audience(5)
    campaign = client.create_draft(list_id)
    segment = client.create_segment(list_id, ["p1@people.example"])
    later = {"recipients": {"list_id": list_id, "segment_opts": segment_opts(segment)}}
    shown = client.ok("PATCH", f"/campaigns/{campaign}", later)
    assert shown["recipients"]["segment_opts"]["saved_segment_id"] == segment
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    assert len(standin.outbox) == 5


def test_without_the_snapshot_bug_recipients_can_be_changed(
    standin: StandinServer, client: StandinClient
) -> None:
    standin.state.switches.snapshot_bug = False
    list_id = client.create_audience(5)
    campaign = client.create_draft(list_id)
    segment = client.create_segment(list_id, ["p1@people.example"])
    later = {"recipients": {"list_id": list_id, "segment_opts": segment_opts(segment)}}
    shown = client.ok("PATCH", f"/campaigns/{campaign}", later)
    assert shown["recipients"]["recipient_count"] == 1


def test_a_deleted_segment_addresses_nobody(client: StandinClient) -> None:
    list_id = client.create_audience(5)
    segment = client.create_segment(list_id, ["p1@people.example"])
    campaign = client.create_draft(list_id, segment)
    client.ok("DELETE", f"/lists/{list_id}/segments/{segment}")
    assert client.problem("POST", f"/campaigns/{campaign}/actions/send") == NOT_READY


def test_people_who_unsubscribed_before_sending_get_no_mail(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.create_audience(3)
    campaign = client.create_draft(list_id)
    client.ok("PATCH", f"/lists/{list_id}/members/p0@people.example", {"status": "unsubscribed"})
    client.ok("DELETE", f"/lists/{list_id}/members/p1@people.example")
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    assert standin.outbox.addresses() == ["p2@people.example"]


def test_a_campaign_is_sent_once(standin: StandinServer, client: StandinClient) -> None:
    campaign = client.send_campaign()
    status, title, _ = client.problem("POST", f"/campaigns/{campaign}/actions/send")
    assert (status, title, len(standin.outbox)) == (400, "Bad Request", 3)


def test_with_permissive_send_a_campaign_is_delivered_again(
    standin: StandinServer, client: StandinClient
) -> None:
    standin.state.switches.permissive_send = True
    campaign = client.send_campaign()
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    assert len(standin.outbox) == 6


def test_a_campaign_being_sent_cannot_be_deleted_and_has_no_report(
    standin: StandinServer, client: StandinClient
) -> None:
    standin.state.switches.send_seconds = 60
    campaign = client.send_campaign()
    assert client.status(campaign) == "sending"
    assert client.ok("GET", "/reports")["total_items"] == 0
    assert client.ok("GET", f"/reports/{campaign}/email-activity")["emails"] == []
    assert client.problem("DELETE", f"/campaigns/{campaign}")[:2] == (405, "Method Not Allowed")
    standin.state.advance(61)
    assert client.status(campaign) == "sent"
    assert client.ok("GET", "/reports")["total_items"] == 1


@pytest.mark.parametrize(
    ("settings", "template", "item"),
    [
        ({"subject_line": " "}, 10_001, 503),
        ({"from_name": ""}, 10_001, 504),
        ({"reply_to": ""}, 10_001, 505),
        ({"reply_to": f"me@{UNVERIFIED_DOMAIN}"}, 10_001, 505),
        ({"reply_to": "me@unknown.example"}, 10_001, 505),
        ({}, 0, 506),
        ({}, "10001", 506),
        ({}, 10_005, 507),
    ],
    ids=[
        "subject",
        "from name",
        "reply to",
        "unverified",
        "unknown",
        "no content",
        "text id",
        "empty",
    ],
)
def test_a_missing_part_prevents_sending(
    client: StandinClient,
    settings: dict,
    template: object,
    item: int,  # type: ignore[type-arg]
) -> None:
    campaign = client.create_draft(client.create_audience(), 0, template, **settings)
    checklist = client.ok("GET", f"/campaigns/{campaign}/send-checklist")
    errors = [entry["id"] for entry in checklist["items"] if entry["type"] == "error"]
    assert (checklist["is_ready"], errors) == (False, [item])
    assert client.problem("POST", f"/campaigns/{campaign}/actions/send") == NOT_READY


def test_a_template_deleted_meanwhile_prevents_sending(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign = client.create_draft(client.create_audience())
    standin.state.accounts[DEMO_ACCOUNT].templates["10001"].active = False
    items = client.ok("GET", f"/campaigns/{campaign}/send-checklist")["items"]
    assert [item["heading"] for item in items if item["type"] == "error"] == ["Template"]
    gone = client.problem("PUT", f"/campaigns/{campaign}/content", {"template": {"id": 10001}})
    assert gone[0] == 404


def test_a_free_mail_sender_is_only_a_warning(client: StandinClient) -> None:
    campaign = client.create_draft(client.create_audience(), reply_to="robin@gmail.com")
    checklist = client.ok("GET", f"/campaigns/{campaign}/send-checklist")
    assert checklist["is_ready"]
    assert "warning" in [item["type"] for item in checklist["items"]]


def test_an_empty_segment_is_not_ready(client: StandinClient) -> None:
    list_id = client.create_audience()
    campaign = client.create_draft(list_id, client.create_segment(list_id, []))
    assert client.problem("POST", f"/campaigns/{campaign}/actions/send") == NOT_READY


def test_sections_complete_an_incomplete_template(client: StandinClient) -> None:
    campaign = client.create_draft(client.create_audience(), template=0)
    sections = {"kop": "<h1>Hoi</h1>", "inhoud": "<p>Tekst</p>", "unknown": "lost"}
    body = {"template": {"id": 10_005, "sections": sections}}
    html = client.ok("PUT", f"/campaigns/{campaign}/content", body)["html"]
    assert "<h1>Hoi</h1>" in html
    assert "lost" not in html
    assert client.ok("GET", f"/campaigns/{campaign}/send-checklist")["is_ready"]


def test_a_new_builder_template_gives_a_placeholder(client: StandinClient) -> None:
    campaign = client.create_draft(client.create_audience(), template=10_004)
    assert client.ok("GET", f"/campaigns/{campaign}")["settings"]["template_id"] == 10_004
    assert "design your email" in client.ok("GET", f"/campaigns/{campaign}/content")["html"]


def test_drafts_can_be_changed_and_sent_ones_cannot(client: StandinClient) -> None:
    campaign = client.create_draft(client.create_audience())
    change = {"settings": {"subject_line": "New"}}
    shown = client.ok("PATCH", f"/campaigns/{campaign}", change)
    assert (shown["settings"]["subject_line"], shown["settings"]["title"]) == ("New", "autumn")
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    assert client.problem("PATCH", f"/campaigns/{campaign}", change)[:2] == (400, "Invalid Action")
    body = {"template": {"id": 10_002}}
    assert client.problem("PUT", f"/campaigns/{campaign}/content", body)[0] == 400


def test_replicating_creates_a_new_draft(client: StandinClient) -> None:
    campaign = client.send_campaign()
    copy = client.ok("POST", f"/campaigns/{campaign}/actions/replicate")
    assert (copy["status"], copy["emails_sent"], copy["recipients"]["recipient_count"]) == (
        "save",
        0,
        3,
    )
    assert copy["id"] != campaign


def test_only_pro_accounts_can_cancel_a_campaign_being_sent(
    standin: StandinServer, client: StandinClient
) -> None:
    standin.state.switches.send_seconds = 60
    campaign = client.send_campaign()
    path = f"/campaigns/{campaign}/actions/cancel-send"
    assert client.problem("POST", path)[:2] == (403, "Forbidden")
    pro = StandinClient(standin, OTHER_KEY)
    (template,) = pro.ok("GET", "/templates", type="user")["templates"]
    campaign = pro.create_draft(
        pro.create_audience(), template=template["id"], reply_to="me@anderbureau.example"
    )
    path = f"/campaigns/{campaign}/actions/cancel-send"
    assert pro.problem("POST", path)[0] == 400
    pro.ok("POST", f"/campaigns/{campaign}/actions/send")
    pro.ok("POST", path)
    assert pro.status(campaign) == "canceled"


def test_test_mails_are_not_campaign_mails(standin: StandinServer, client: StandinClient) -> None:
    campaign = client.create_draft(client.create_audience())
    body = {"test_emails": ["me@acme.example"], "send_type": "html"}
    client.ok("POST", f"/campaigns/{campaign}/actions/test", body)
    assert len(standin.outbox) == 0
    assert [mail.address for mail in standin.outbox.mails(kind="test")] == ["me@acme.example"]


def test_a_campaign_can_be_found_by_creation_time(
    standin: StandinServer, client: StandinClient
) -> None:
    first = client.create_draft(client.create_audience(), title="one")
    standin.state.advance(10)
    second = client.create_draft(client.create_audience(), title="two")
    created = client.ok("GET", f"/campaigns/{first}")["create_time"]
    since = client.ok("GET", "/campaigns", since_create_time=created)["campaigns"]
    before = client.ok("GET", "/campaigns", before_create_time=created)["campaigns"]
    newest = client.ok("GET", "/campaigns", sort_field="create_time", sort_dir="DESC")["campaigns"]
    assert [row["id"] for row in since] == [second]
    assert [row["id"] for row in before] == [first]
    assert [row["id"] for row in newest] == [second, first]


def test_a_listing_may_lag_behind(standin: StandinServer, client: StandinClient) -> None:
    standin.state.switches.listing_lag = 10
    campaign = client.create_draft(client.create_audience())
    assert client.ok("GET", "/campaigns")["campaigns"] == []
    standin.state.advance(11)
    assert [row["id"] for row in client.ok("GET", "/campaigns")["campaigns"]] == [campaign]
