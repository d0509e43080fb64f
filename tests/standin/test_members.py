"""Members: adding, upserting, batches, statuses, erasing, merge fields."""

from typing import Any

import pytest

from cxmc_ext.standin import DEMO_LIST, StandinServer
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service import membership
from tests.standin.client import StandinClient

ADDRESS = "anna@people.example"
ERRORS = "email_address", "error_code"


@pytest.fixture
def list_id(client: StandinClient) -> str:
    return client.audience(0)


def put(client: StandinClient, list_id: str, address: str, **row: Any) -> Any:
    body = {"email_address": address, "status_if_new": "subscribed"} | row
    return client.ok("PUT", f"/lists/{list_id}/members/{subscriber_hash(address)}", body)


def leave(standin: StandinServer, list_id: str, address: str, status: str = "unsubscribed") -> None:
    """As the person would."""
    audience = next(each for _, each in standin.state.audiences() if each.id == list_id)
    member = audience.members[subscriber_hash(address)]
    membership.set_status(standin.state, audience, member, status, "user")


def test_the_id_is_the_hash_of_the_lowered_address(client: StandinClient, list_id: str) -> None:
    made = put(client, list_id, " Anna@People.EXAMPLE ")
    assert made["id"] == subscriber_hash(ADDRESS)
    assert client.ok("GET", f"/lists/{list_id}/members/{ADDRESS}")["id"] == made["id"]


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned"])
def test_status_if_new_leaves_an_existing_member_as_he_is(
    standin: StandinServer, client: StandinClient, list_id: str, status: str
) -> None:
    put(client, list_id, ADDRESS)
    leave(standin, list_id, ADDRESS, status)
    again = put(client, list_id, ADDRESS, merge_fields={"FNAME": "Anna"})
    assert (again["status"], again["merge_fields"]["FNAME"]) == (status, "Anna")
    assert standin.state.resubscribed == []


def test_who_left_by_himself_cannot_be_subscribed(
    standin: StandinServer, client: StandinClient, list_id: str
) -> None:
    put(client, list_id, ADDRESS)
    leave(standin, list_id, ADDRESS)
    body = {"email_address": ADDRESS, "status": "subscribed"}
    for method in ("PUT", "PATCH"):
        refused = client.problem(method, f"/lists/{list_id}/members/{ADDRESS}", body)
        assert refused[:2] == (400, "Member In Compliance State")
    batch = client.ok("POST", f"/lists/{list_id}", {"members": [body], "update_existing": True})
    assert "compliance state" in batch["errors"][0]["error"]


def test_a_withdrawal_by_api_can_be_undone_by_api_and_is_remembered(
    standin: StandinServer, client: StandinClient, list_id: str
) -> None:
    put(client, list_id, ADDRESS)
    client.ok("PATCH", f"/lists/{list_id}/members/{ADDRESS}", {"status": "unsubscribed"})
    rows = [{"email_address": ADDRESS, "status": "subscribed"}]
    kept = client.ok("POST", f"/lists/{list_id}", {"members": rows})
    assert kept["errors"][0]["error_code"] == "ERROR_CONTACT_EXISTS"
    assert standin.state.resubscribed == []
    client.ok("POST", f"/lists/{list_id}", {"members": rows, "update_existing": True})
    assert standin.state.resubscribed == [ADDRESS]


def test_a_known_address_cannot_be_posted_again(client: StandinClient, list_id: str) -> None:
    put(client, list_id, ADDRESS)
    body = {"email_address": ADDRESS.upper(), "status": "subscribed"}
    assert client.problem("POST", f"/lists/{list_id}/members", body)[:2] == (400, "Member Exists")


def test_archived_members_are_hidden_until_asked_for(client: StandinClient, list_id: str) -> None:
    put(client, list_id, ADDRESS)
    path = f"/lists/{list_id}/members"
    client.ok("DELETE", f"{path}/{ADDRESS}")
    assert client.ok("GET", path)["members"] == []
    (hidden,) = client.ok("GET", path, status="archived")["members"]
    assert hidden["status"] == "archived"
    assert client.problem("PATCH", f"{path}/{ADDRESS}", {"status": "subscribed"})[0] == 400
    assert put(client, list_id, ADDRESS)["status"] == "archived"
    assert put(client, list_id, ADDRESS, status="subscribed")["status"] == "subscribed"


def test_the_erased_never_come_back(client: StandinClient, list_id: str) -> None:
    put(client, list_id, ADDRESS)
    path = f"/lists/{list_id}/members/{ADDRESS}"
    client.ok("POST", f"{path}/actions/delete-permanent")
    assert client.problem("GET", path)[0] == 404
    body = {"email_address": ADDRESS, "status_if_new": "subscribed"}
    assert client.problem("PUT", path, body)[1] == "Forgotten Email Not Subscribed"
    error = client.subscribe(list_id, [ADDRESS])["errors"][0]["error"]
    assert "permanently deleted" in error


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("someone@example.com", "looks fake or invalid"),
        ("someone@mailinator.com", "looks fake or invalid"),
        ("no-at-sign.example", "valid email address"),
        ("two@@people.example", "valid email address"),
        ("", "valid email address"),
        ("busy.bee@people.example", "signed up to a lot of lists"),
    ],
)
def test_a_bad_row_costs_itself_only(
    client: StandinClient, list_id: str, address: str, words: str
) -> None:
    answer = client.subscribe(list_id, [address, ADDRESS])
    assert [each["email_address"] for each in answer["new_members"]] == [ADDRESS]
    (error,) = answer["errors"]
    assert (error["email_address"], error["error_code"]) == (address, "ERROR_GENERIC")
    assert words in error["error"]
    assert (answer["total_created"], answer["error_count"]) == (1, 1)


def test_demo_addresses_below_example_are_real_enough(client: StandinClient, list_id: str) -> None:
    assert client.subscribe(list_id, ["jan@staffing.example"])["error_count"] == 0


def test_a_batch_has_at_most_500_rows_and_no_double(client: StandinClient, list_id: str) -> None:
    rows = [{"email_address": f"p{at}@people.example", "status": "subscribed"} for at in range(501)]
    assert client.problem("POST", f"/lists/{list_id}", {"members": rows})[0] == 400
    double = {"members": rows[:2] + rows[:1]}
    assert client.problem("POST", f"/lists/{list_id}", double)[0] == 400
    kept = client.ok("POST", f"/lists/{list_id}", double, skip_duplicate_check="true")
    assert [each["email_address"] for each in kept["new_members"]] == [
        "p0@people.example",
        "p1@people.example",
    ]


def test_tags_of_a_batch_reach_existing_members_too(client: StandinClient, list_id: str) -> None:
    put(client, list_id, ADDRESS)
    row = {"email_address": ADDRESS, "status": "subscribed", "tags": ["cxmc-1"]}
    client.ok("POST", f"/lists/{list_id}", {"members": [row]})
    (segment,) = client.ok("GET", f"/lists/{list_id}/segments", type="static")["segments"]
    assert (segment["name"], segment["member_count"]) == ("cxmc-1", 1)


def test_a_required_field_stops_a_member_unless_skipped(
    client: StandinClient, list_id: str
) -> None:
    client.ok("PATCH", f"/lists/{list_id}/merge-fields/1", {"name": "First", "required": True})
    body = {"email_address": ADDRESS, "status_if_new": "subscribed"}
    path = f"/lists/{list_id}/members/{ADDRESS}"
    answer = client("PUT", path, body).json()
    assert answer["detail"] == "Your merge fields were invalid."
    assert answer["errors"] == [{"field": "FNAME", "message": "Please enter a value"}]
    client.ok("PUT", path, body, skip_merge_validation="true")


def test_merge_fields_have_tags_of_ten_capitals(client: StandinClient, list_id: str) -> None:
    path = f"/lists/{list_id}/merge-fields"
    made = client.ok("POST", path, {"name": "Owner Name", "type": "text", "tag": "OWNERNAME"})
    unnamed = client.ok("POST", path, {"name": "Owner Email", "type": "text"})
    assert (made["tag"], unnamed["tag"]) == ("OWNERNAME", "MMERGE6")
    for tag in ("LASTNAMEPREFIX", "lower", "OWNERNAME"):
        body = {"name": "x", "type": "text", "tag": tag}
        assert client.problem("POST", path, body)[0] == 400
    tags = [each["tag"] for each in client.ok("GET", path)["merge_fields"]]
    assert tags == ["FNAME", "LNAME", "ADDRESS", "PHONE", "OWNERNAME", "MMERGE6"]


def test_text_is_cut_at_255_bytes_and_unknown_tags_are_dropped(
    client: StandinClient, list_id: str
) -> None:
    values = {"FNAME": "é" * 200, "NOSUCH": "x"}
    shown = put(client, list_id, ADDRESS, merge_fields=values)["merge_fields"]
    assert shown["FNAME"] == "é" * 127
    assert "NOSUCH" not in shown


def test_changes_can_be_asked_for_since_a_moment(
    standin: StandinServer, client: StandinClient, list_id: str
) -> None:
    put(client, list_id, ADDRESS)
    standin.state.advance(60)
    put(client, list_id, "bram@people.example")
    path = f"/lists/{list_id}/members"
    first, second = client.ok("GET", path)["members"]
    since = client.ok("GET", path, since_last_changed=first["last_changed"])["members"]
    before = client.ok("GET", path, before_last_changed=first["last_changed"])["members"]
    assert [each["id"] for each in since] == [second["id"]]
    assert [each["id"] for each in before] == [first["id"]]


def test_with_a_lag_a_change_of_status_is_seen_late(
    standin: StandinServer, client: StandinClient, list_id: str
) -> None:
    put(client, list_id, ADDRESS)
    standin.state.advance(60)
    standin.state.switches.member_lag = 30
    leave(standin, list_id, ADDRESS)
    path = f"/lists/{list_id}/members/{ADDRESS}"
    assert client.ok("GET", path)["status"] == "subscribed"
    standin.state.advance(31)
    assert client.ok("GET", path)["status"] == "unsubscribed"


def test_list_figures_may_be_five_minutes_old(
    standin: StandinServer, client: StandinClient
) -> None:
    def count() -> int:
        stats: dict[str, int] = client.ok("GET", f"/lists/{DEMO_LIST}")["stats"]
        return stats["member_count"]

    before = count()
    client.subscribe(DEMO_LIST, [ADDRESS])
    assert count() == before
    standin.state.advance(301)
    assert count() == before + 1
