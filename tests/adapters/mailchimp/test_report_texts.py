"""Texts and numbers of a report that cannot be stored as they are."""

from typing import Any

import pytest

from cxmc_ext.adapters.mailchimp import report_parsing
from cxmc_ext.adapters.mailchimp.http_session import ApiResponse
from cxmc_ext.adapters.mailchimp.json_fields import MAX_NUMBER, MAX_URL, storable_json
from cxmc_ext.domain.mailchimp import ActivityRow

AT = "2026-01-02T03:04:05+00:00"
URL = "https://a.example/"


def rows_of(*rows: Any) -> tuple[ActivityRow, ...]:
    body = {"emails": [*rows], "total_items": len(rows)}
    return report_parsing.activity(ApiResponse(200, body, "")).rows


def click(url: str, address: str = "a@b.example") -> dict[str, Any]:
    events = [{"action": "click", "timestamp": AT, "url": url}]
    return {"email_id": "a" * 32, "email_address": address, "activity": events}


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        (f"{URL}\0x", f"{URL}x"),
        (f"{URL}\ud800", URL),
        (URL + "x" * MAX_URL, (URL + "x" * MAX_URL)[:MAX_URL]),
    ],
    ids=["NUL", "half a character", "too long"],
)
def test_a_url_is_stored_as_far_as_it_can_be(url: str, stored: str) -> None:
    (row,) = rows_of(click(url))
    assert [at_url for _, _, at_url in row.events] == [stored]


@pytest.mark.parametrize("odd", ["a\0@b.example", "a\ud800@b.example", "ä@b.example", "x" * 300])
def test_an_odd_address_is_read_alike_on_any_page(odd: str) -> None:
    """Pages without anything odd are read in a faster way."""
    plain, row = click(URL), click(URL, odd)
    assert rows_of(plain, row) == rows_of(plain, row, 7)


@pytest.mark.parametrize("number", [0, -7, MAX_NUMBER, 0.25, -1e-9])
def test_a_number_of_a_report_is_kept(number: float) -> None:
    assert storable_json({"n": [number]}, "report") == {"n": [number]}


@pytest.mark.parametrize("odd", [MAX_NUMBER + 1, float("nan"), float("-inf"), {1, 2}])
def test_what_no_database_can_store_is_dropped(odd: object) -> None:
    assert storable_json({"n": odd}, "report") == {"n": None}
