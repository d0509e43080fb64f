"""Listings and counts that lag behind what was written, by the stand-in's own clock."""

from cxmc_ext.standin import StandinServer
from tests.standin.client import StandinClient

OLD, NEW = "p0@people.example", "new@people.example"


def test_listings_and_counts_lag_behind_by_the_clock(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.create_audience(3)
    standin.state.switches.change(
        {"segment_lag": 30.0, "count_lag": 60.0, "checklist_lag": 90.0, "lag_shows": 1}
    )
    segment = client.create_segment(list_id, [f"p{at}@people.example" for at in range(3)])
    campaign = client.create_draft(list_id, segment)

    def shown() -> tuple[int, int, int, str]:
        path = f"/lists/{list_id}/segments/{segment}"
        items = client.ok("GET", f"/campaigns/{campaign}/send-checklist")["items"]
        (text,) = [item["details"] for item in items if item["heading"] == "Recipients"]
        return (
            len(client.ok("GET", f"{path}/members")["members"]),
            client.ok("GET", path)["member_count"],
            client.ok("GET", f"/campaigns/{campaign}")["recipients"]["recipient_count"],
            text[0],
        )

    assert shown() == (1, 1, 1, "1")
    standin.state.advance(31)
    assert shown() == (3, 1, 1, "1")
    standin.state.advance(30)
    assert shown() == (3, 3, 3, "1")
    standin.state.advance(30)
    assert shown() == (3, 3, 3, "3")
    body = {"members_to_remove": [OLD], "members_to_add": []}
    client.ok("POST", f"/lists/{list_id}/segments/{segment}", body)
    assert shown() == (3, 3, 3, "3")
    standin.state.advance(31)
    assert shown() == (2, 3, 3, "3")


def test_an_empty_checklist_that_lags_refuses_to_send_but_sending_uses_the_true_members(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.create_audience(3)
    standin.state.switches.change({"checklist_lag": 30.0, "segment_lag": 1000.0})
    segment = client.create_segment(list_id, ["p0@people.example", "p1@people.example"])
    campaign = client.create_draft(list_id, segment)
    assert client.problem("POST", f"/campaigns/{campaign}/actions/send")[0] == 400
    standin.state.advance(31)
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    assert len(standin.outbox) == 2


def test_new_audiences_and_segments_are_listed_late(
    standin: StandinServer, client: StandinClient
) -> None:
    standin.state.switches.change({"audience_listing_lag": 30.0, "segment_listing_lag": 60.0})
    before = client.ok("GET", "/lists")["total_items"]
    list_id = client.create_audience(1)
    client.create_segment(list_id, [OLD])
    assert client.ok("GET", "/lists")["total_items"] == before
    client.ok("GET", f"/lists/{list_id}")
    standin.state.advance(31)
    assert client.ok("GET", "/lists")["total_items"] == before + 1
    assert client.ok("GET", f"/lists/{list_id}/segments")["segments"] == []
    standin.state.advance(31)
    assert len(client.ok("GET", f"/lists/{list_id}/segments")["segments"]) == 1


def test_the_numbers_of_an_audience_lag_behind(
    standin: StandinServer, client: StandinClient
) -> None:
    standin.state.switches.stats_lag = 0
    list_id = client.create_audience(2)
    assert client.ok("GET", f"/lists/{list_id}")["stats"]["member_count"] == 2
    standin.state.switches.stats_lag = 100
    client.subscribe(list_id, [NEW])
    assert client.ok("GET", f"/lists/{list_id}")["stats"]["member_count"] == 2
    standin.state.advance(101)
    assert client.ok("GET", f"/lists/{list_id}")["stats"]["member_count"] == 3
