"""Segments, paging, projections and templates."""

import pytest

from cxmc_ext.standin import DEMO_LIST, StandinServer
from tests.standin.client import NEW_LIST, StandinClient


def test_a_tag_is_a_segment(client: StandinClient) -> None:
    list_id = client.create_audience(3)
    segment = client.create_segment(list_id, ["p0@people.example"], "Owner A")
    (listed,) = client.ok("GET", f"/lists/{list_id}/segments", type="static")["segments"]
    assert (listed["id"], listed["name"]) == (segment, "Owner A")
    tags = client.ok("GET", f"/lists/{list_id}/members/p0@people.example")["tags"]
    assert tags == [{"id": segment, "name": "Owner A"}]


def test_a_segment_name_is_unique(client: StandinClient) -> None:
    list_id = client.create_audience(0)
    client.create_segment(list_id, [], "cxmc-1")
    refused = client.problem("POST", f"/lists/{list_id}/segments", {"name": "CXMC-1"})
    assert refused == (400, "Bad Request", "Sorry, that tag already exists.")


def test_unknown_addresses_are_reported_and_adding_twice_is_harmless(client: StandinClient) -> None:
    list_id = client.create_audience(2)
    path = f"/lists/{list_id}/segments/{client.create_segment(list_id, [])}"
    body = {"members_to_add": ["p0@people.example", "unknown@where.example"]}
    for _ in range(2):
        answer = client.ok("POST", path, body)
        assert (answer["total_added"], answer["error_count"]) == (1, 1)
        assert answer["errors"][0]["email_addresses"] == ["unknown@where.example"]
    assert client.ok("GET", path)["member_count"] == 1
    gone = client.ok("POST", path, {"members_to_remove": ["p0@people.example"]})
    assert gone["total_removed"] == 1


def test_a_segment_accepts_500_addresses_at_a_time(client: StandinClient) -> None:
    list_id = client.create_audience(0)
    path = f"/lists/{list_id}/segments/{client.create_segment(list_id, [])}"
    body = {"members_to_add": [f"p{at}@people.example" for at in range(501)]}
    assert client.problem("POST", path, body)[0] == 400


def test_segment_counts_leave_out_unsubscribed_members(client: StandinClient) -> None:
    list_id = client.create_audience(3)
    everyone = [f"p{at}@people.example" for at in range(3)]
    path = f"/lists/{list_id}/segments/{client.create_segment(list_id, everyone)}"
    client.ok("PATCH", f"/lists/{list_id}/members/p0@people.example", {"status": "unsubscribed"})
    assert client.ok("GET", path)["member_count"] == 2
    assert len(client.ok("GET", f"{path}/members")["members"]) == 2
    wide = client.ok("GET", f"{path}/members", include_unsubscribed="true")
    assert (len(wide["members"]), wide["total_items"]) == (3, 2)


def test_an_empty_list_empties_a_segment_and_keeps_its_members(client: StandinClient) -> None:
    list_id = client.create_audience(2)
    path = f"/lists/{list_id}/segments/{client.create_segment(list_id, ['p0@people.example'])}"
    assert client.ok("PATCH", path, {"static_segment": []})["member_count"] == 0
    client.ok("DELETE", path)
    assert client.problem("GET", path)[0] == 404
    assert client.ok("GET", f"/lists/{list_id}/members")["total_items"] == 2


def test_an_unknown_filter_value_matches_nothing(client: StandinClient) -> None:
    list_id = client.create_audience(2)
    client.create_segment(list_id, [])
    assert client.ok("GET", f"/lists/{list_id}/segments", type="typo")["segments"] == []
    assert client.ok("GET", f"/lists/{list_id}/members", status="typo")["members"] == []


def test_a_page_has_10_rows_by_default_and_at_most_1000(client: StandinClient) -> None:
    list_id = client.create_audience(0)
    for start in range(0, 1500, 500):
        client.subscribe(list_id, [f"p{at}@people.example" for at in range(start, start + 500)])
    path = f"/lists/{list_id}/members"
    only = {"fields": "members.id,total_items"}
    assert len(client.ok("GET", path, **only)["members"]) == 10
    assert len(client.ok("GET", path, count=5000, **only)["members"]) == 1000
    last = client.ok("GET", path, count=1000, offset=1000, **only)
    assert (len(last["members"]), last["total_items"]) == (500, 1500)


def test_fields_and_exclude_fields_select_parts_of_the_answer(client: StandinClient) -> None:
    shown = client.ok("GET", "/lists", fields="lists.id,lists.contact.city")
    assert shown == {"lists": [{"id": DEMO_LIST, "contact": {"city": "Amsterdam"}}]}
    thinned = client.ok("GET", "/lists", exclude_fields="lists._links,lists.contact.city,_links")
    assert "_links" not in thinned
    assert "city" not in thinned["lists"][0]["contact"]
    assert thinned["lists"][0]["contact"]["country"] == "NL"
    both = client.problem("GET", "/lists", fields="lists", exclude_fields="_links")
    assert both[0] == 400


@pytest.mark.parametrize(
    "params", [{"count": "-1"}, {"offset": "x"}, {"since_date_created": "soon"}]
)
def test_unreadable_parameters_are_refused(client: StandinClient, params: dict[str, str]) -> None:
    assert client.problem("GET", "/lists", **params)[:2] == (400, "Invalid Resource")


@pytest.mark.parametrize("part", ["name", "contact", "campaign_defaults", "email_type_option"])
def test_an_audience_needs_all_required_fields(client: StandinClient, part: str) -> None:
    body = {name: value for name, value in NEW_LIST.items() if name != part}
    assert client.problem("POST", "/lists", body)[:2] == (400, "Invalid Resource")


def test_templates_are_listed_by_type_and_content_type(client: StandinClient) -> None:
    own = client.ok("GET", "/templates", type="user", sort_field="name", count=1000)["templates"]
    assert [template["name"] for template in own if template["active"]] == [
        "Leeg sjabloon",
        "Nieuwsbrief november",
        "Support",
        "Vacature-update",
        "Zomeractie (nieuwe editor)",
    ]
    assert [template["name"] for template in own if not template["active"]] == ["Kerstkaart 2019"]
    new = client.ok("GET", "/templates", type="user", content_type="multichannel")["templates"]
    assert [template["id"] for template in new] == [10_004]
    assert (
        client.session.get(own[0]["thumbnail"], timeout=5).headers["Content-Type"]
        == "image/svg+xml"
    )


def test_default_content_has_the_editable_sections(client: StandinClient) -> None:
    assert set(client.ok("GET", "/templates/10005/default-content")["sections"]) == {
        "kop",
        "inhoud",
    }
    assert client.ok("GET", "/templates/10001/default-content")["sections"] == {}


def test_a_domain_is_verified_with_the_mailed_code(
    standin: StandinServer, client: StandinClient
) -> None:
    body = {"verification_email": "me@nieuw.example"}
    client.ok("POST", "/verified-domains", body)
    path = "/verified-domains/nieuw.example"
    assert client.problem("POST", f"{path}/actions/verify", {"code": "000000x"})[0] == 400
    (mail,) = standin.outbox.mails(kind="service")
    domain = standin.state.accounts[client.ok("GET", "/")["account_id"]].domains["nieuw.example"]
    assert (mail.address, domain.code in mail.html) == ("me@nieuw.example", True)
    assert client.ok("POST", f"{path}/actions/verify", {"code": domain.code})["verified"]
    free = client.problem("POST", "/verified-domains", {"verification_email": "me@gmail.com"})
    assert free[0] == 400


def test_a_code_expires_after_a_week(standin: StandinServer, client: StandinClient) -> None:
    standin.state.advance(8 * 86_400)
    path = "/verified-domains/nieuwedomein.example/actions/verify"
    assert client.problem("POST", path, {"code": "481516"})[0] == 400


@pytest.mark.parametrize("value", [17, True, ["x"], {"a": 1}])
def test_a_value_of_another_type_is_refused(client: StandinClient, value: object) -> None:
    list_id = client.create_audience()
    field = {"name": value, "type": "text"}
    for path, body, part in (
        ("/lists", NEW_LIST | {"name": value}, "name"),
        (f"/lists/{list_id}/merge-fields", field, "name"),
        ("/campaigns", {"type": "regular", "settings": {"title": value}}, "settings.title"),
        ("/campaigns", {"type": "regular", "recipients": {"list_id": value}}, "recipients.list_id"),
        (f"/lists/{list_id}", {"members": [], "update_existing": [value]}, "update_existing"),
    ):
        answer = client("POST", path, body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, part)
