"""Members: adding, updating, batches, statuses, permanent deletion, merge fields."""

from typing import Any

import pytest

from cxmc_ext.standin import DEMO_LIST, StandinServer
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service import membership
from tests.standin.client import StandinClient, find_audience

ADDRESS = "anna@people.example"


@pytest.fixture
def list_id(client: StandinClient) -> str:
    return client.create_audience(0)


def put_member(client: StandinClient, list_id: str, address: str, **row: Any) -> Any:
    body = {"email_address": address, "status_if_new": "subscribed"} | row
    return client.ok("PUT", f"/lists/{list_id}/members/{subscriber_hash(address)}", body)


def end_subscription(
    standin: StandinServer, list_id: str, address: str, status: str = "unsubscribed"
) -> None:
    """As the person would do it."""
    audience = find_audience(standin, list_id)
    member = audience.members[subscriber_hash(address)]
    membership.set_status(standin.state, audience, member, status, "user")


def test_the_id_is_the_hash_of_the_lower_case_address(client: StandinClient, list_id: str) -> None:
    member = put_member(client, list_id, " Anna@People.EXAMPLE ")
    assert member["id"] == subscriber_hash(ADDRESS)
    assert client.ok("GET", f"/lists/{list_id}/members/{ADDRESS}")["id"] == member["id"]


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned"])
def test_status_if_new_does_not_change_an_existing_member(
    standin: StandinServer, client: StandinClient, list_id: str, status: str
) -> None:
    put_member(client, list_id, ADDRESS)
    end_subscription(standin, list_id, ADDRESS, status)
    again = put_member(client, list_id, ADDRESS, merge_fields={"FNAME": "Anna"})
    assert (again["status"], again["merge_fields"]["FNAME"]) == (status, "Anna")
    assert standin.state.resubscribed == []


def test_a_person_who_unsubscribed_cannot_be_subscribed_by_api(
    standin: StandinServer, client: StandinClient, list_id: str
) -> None:
    put_member(client, list_id, ADDRESS)
    end_subscription(standin, list_id, ADDRESS)
    body = {"email_address": ADDRESS, "status": "subscribed"}
    for method in ("PUT", "PATCH"):
        refused = client.problem(method, f"/lists/{list_id}/members/{ADDRESS}", body)
        assert refused[:2] == (400, "Member In Compliance State")
    batch = client.ok("POST", f"/lists/{list_id}", {"members": [body], "update_existing": True})
    assert "compliance state" in batch["errors"][0]["error"]


def test_an_unsubscribe_by_api_can_be_undone_by_api_and_is_recorded(
    standin: StandinServer, client: StandinClient, list_id: str
) -> None:
    put_member(client, list_id, ADDRESS)
    client.ok("PATCH", f"/lists/{list_id}/members/{ADDRESS}", {"status": "unsubscribed"})
    rows = [{"email_address": ADDRESS, "status": "subscribed"}]
    kept = client.ok("POST", f"/lists/{list_id}", {"members": rows})
    assert kept["errors"][0]["error_code"] == "ERROR_CONTACT_EXISTS"
    assert standin.state.resubscribed == []
    client.ok("POST", f"/lists/{list_id}", {"members": rows, "update_existing": True})
    assert standin.state.resubscribed == [ADDRESS]


def test_archived_members_are_listed_only_if_asked_for(client: StandinClient, list_id: str) -> None:
    put_member(client, list_id, ADDRESS)
    path = f"/lists/{list_id}/members"
    client.ok("DELETE", f"{path}/{ADDRESS}")
    assert client.ok("GET", path)["members"] == []
    (hidden,) = client.ok("GET", path, status="archived")["members"]
    assert hidden["status"] == "archived"
    assert client.problem("PATCH", f"{path}/{ADDRESS}", {"status": "subscribed"})[0] == 400
    assert put_member(client, list_id, ADDRESS)["status"] == "archived"
    assert put_member(client, list_id, ADDRESS, status="subscribed")["status"] == "subscribed"


def test_permanently_deleted_addresses_cannot_be_added_again(
    client: StandinClient, list_id: str
) -> None:
    put_member(client, list_id, ADDRESS)
    path = f"/lists/{list_id}/members/{ADDRESS}"
    client.ok("POST", f"{path}/actions/delete-permanent")
    assert client.problem("GET", path)[0] == 404
    body = {"email_address": ADDRESS, "status_if_new": "subscribed"}
    assert client.problem("PUT", path, body)[1] == "Forgotten Email Not Subscribed"
    error = client.subscribe(list_id, [ADDRESS])["errors"][0]["error"]
    assert "permanently deleted" in error


@pytest.mark.parametrize(
    ("address", "error_text"),
    [
        ("someone@example.com", "looks fake or invalid"),
        ("someone@mailinator.com", "looks fake or invalid"),
        ("no-at-sign.example", "valid email address"),
        ("two@@people.example", "valid email address"),
        ("", "valid email address"),
        ("busy.bee@people.example", "signed up to a lot of lists"),
    ],
)
def test_a_bad_row_does_not_affect_the_other_rows(
    client: StandinClient, list_id: str, address: str, error_text: str
) -> None:
    answer = client.subscribe(list_id, [address, ADDRESS])
    assert [member["email_address"] for member in answer["new_members"]] == [ADDRESS]
    (error,) = answer["errors"]
    assert (error["email_address"], error["error_code"]) == (address, "ERROR_GENERIC")
    assert error_text in error["error"]
    assert (answer["total_created"], answer["error_count"]) == (1, 1)


def test_addresses_below_example_are_accepted(client: StandinClient, list_id: str) -> None:
    assert client.subscribe(list_id, ["jan@staffing.example"])["error_count"] == 0


def test_a_batch_has_at_most_500_rows_and_no_duplicates(
    client: StandinClient, list_id: str
) -> None:
    rows = [{"email_address": f"p{at}@people.example", "status": "subscribed"} for at in range(501)]
    assert client.problem("POST", f"/lists/{list_id}", {"members": rows})[0] == 400
    duplicates = {"members": rows[:2] + rows[:1]}
    assert client.problem("POST", f"/lists/{list_id}", duplicates)[0] == 400
    kept = client.ok("POST", f"/lists/{list_id}", duplicates, skip_duplicate_check="true")
    assert [member["email_address"] for member in kept["new_members"]] == [
        "p0@people.example",
        "p1@people.example",
    ]


def test_tags_of_a_batch_reach_existing_members_too(client: StandinClient, list_id: str) -> None:
    put_member(client, list_id, ADDRESS)
    row = {"email_address": ADDRESS, "status": "subscribed", "tags": ["cxmc-1"]}
    client.ok("POST", f"/lists/{list_id}", {"members": [row]})
    (segment,) = client.ok("GET", f"/lists/{list_id}/segments", type="static")["segments"]
    assert (segment["name"], segment["member_count"]) == ("cxmc-1", 1)


def test_a_required_merge_field_needs_a_value_unless_validation_is_skipped(
    standin: StandinServer, client: StandinClient, list_id: str
) -> None:
    find_audience(standin, list_id).merge_fields[0].required = True
    body = {"email_address": ADDRESS, "status_if_new": "subscribed"}
    path = f"/lists/{list_id}/members/{ADDRESS}"
    answer = client("PUT", path, body).json()
    assert answer["detail"] == "Your merge fields were invalid."
    assert answer["errors"] == [{"field": "FNAME", "message": "Please enter a value"}]
    client.ok("PUT", path, body, skip_merge_validation="true")


def test_merge_tags_have_at_most_ten_capitals(client: StandinClient, list_id: str) -> None:
    path = f"/lists/{list_id}/merge-fields"
    named = client.ok("POST", path, {"name": "Owner Name", "type": "text", "tag": "OWNERNAME"})
    unnamed = client.ok("POST", path, {"name": "Owner Email", "type": "text"})
    assert (named["tag"], unnamed["tag"]) == ("OWNERNAME", "MMERGE6")
    for tag in ("LASTNAMEPREFIX", "lower", "OWNERNAME"):
        body = {"name": "x", "type": "text", "tag": tag}
        assert client.problem("POST", path, body)[0] == 400
    tags = [field["tag"] for field in client.ok("GET", path)["merge_fields"]]
    assert tags == ["FNAME", "LNAME", "ADDRESS", "PHONE", "OWNERNAME", "MMERGE6"]


def test_text_is_truncated_at_255_bytes_and_unknown_tags_are_ignored(
    client: StandinClient, list_id: str
) -> None:
    values = {"FNAME": "é" * 200, "NOSUCH": "x"}
    shown = put_member(client, list_id, ADDRESS, merge_fields=values)["merge_fields"]
    assert shown["FNAME"] == "é" * 127
    assert "NOSUCH" not in shown


def test_members_can_be_listed_by_the_time_of_their_last_change(
    standin: StandinServer, client: StandinClient, list_id: str
) -> None:
    put_member(client, list_id, ADDRESS)
    standin.state.advance(60)
    put_member(client, list_id, "bram@people.example")
    path = f"/lists/{list_id}/members"
    first, second = client.ok("GET", path)["members"]
    since = client.ok("GET", path, since_last_changed=first["last_changed"])["members"]
    before = client.ok("GET", path, before_last_changed=first["last_changed"])["members"]
    assert [member["id"] for member in since] == [second["id"]]
    assert [member["id"] for member in before] == [first["id"]]


def test_with_member_lag_a_new_status_is_visible_later(
    standin: StandinServer, client: StandinClient, list_id: str
) -> None:
    put_member(client, list_id, ADDRESS)
    standin.state.advance(60)
    standin.state.switches.member_lag = 30
    end_subscription(standin, list_id, ADDRESS)
    path = f"/lists/{list_id}/members/{ADDRESS}"
    assert client.ok("GET", path)["status"] == "subscribed"
    standin.state.advance(31)
    assert client.ok("GET", path)["status"] == "unsubscribed"


def test_numbers_of_an_audience_may_be_five_minutes_old(
    standin: StandinServer, client: StandinClient
) -> None:
    def count() -> int:
        stats: dict[str, int] = client.ok("GET", f"/lists/{DEMO_LIST}")["stats"]
        return stats["member_count"]

    count_before = count()
    client.subscribe(DEMO_LIST, [ADDRESS])
    assert count() == count_before
    standin.state.advance(301)
    assert count() == count_before + 1
