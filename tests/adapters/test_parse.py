"""Times and shapes: what is read, and what is refused as not what was asked for."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxmc_ext.adapters import parse
from cxmc_ext.adapters.http import ApiResponse

WRONG = (LookupError, TypeError, ValueError, AttributeError)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        (None, None),
        ("1970-01-01T00:00:01+00:00", 1),
        ("2026-01-02T03:04:05+00:00", 1767323045),
        ("2026-01-02T03:04:05Z", 1767323045),
        ("2026-01-02T05:04:05+02:00", 1767323045),
        ("2026-01-02T03:04:05.678+00:00", 1767323045),
        ("2026-01-02 03:04:05", 1767323045),
    ],
)
def test_a_time_is_read_as_utc_seconds(text: str | None, seconds: int | None) -> None:
    assert parse.parse_time(text) == seconds


@pytest.mark.parametrize("text", ["yesterday", 5, [], {}, "2026-13-02T03:04:05+00:00", "x" * 25])
def test_what_is_no_time_is_refused(text: Any) -> None:
    with pytest.raises(WRONG):
        parse.parse_time(text)


@given(st.integers(0, 4_000_000_000))
def test_the_quick_reading_of_times_agrees_with_the_library(seconds: int) -> None:
    text = parse.format_time(seconds)
    assert parse.parse_time(text) == seconds == int(datetime.fromisoformat(text).timestamp())
    assert datetime.fromtimestamp(seconds, UTC).isoformat() == text


READERS = {
    "account": (parse.account, {"account_id": "a"}),
    "audiences": (parse.audiences, {"lists": []}),
    "audience": (parse.single(parse.audience), {"id": "l1"}),
    "template": (parse.collection("t", parse.template), {"t": [{"id": 3}]}),
    "domain": (parse.collection("d", parse.domain), {"d": [{"domain": "a.example"}]}),
    "member": (
        parse.collection("m", parse.member),
        {"m": [{"id": "h", "email_address": "a@b.example", "status": "cleaned"}]},
    ),
    "subscribed": (parse.single(parse.member_batch), {"total_created": 0, "errors": []}),
    "tagged": (parse.single(parse.segment_batch), {"total_added": 0, "errors": []}),
    "segment": (parse.single(parse.segment), {"id": 7}),
    "campaign": (parse.single(parse.campaign), {"id": "c", "status": "save"}),
    "html": (parse.single(parse.html), {}),
    "checklist": (parse.single(parse.checklist), {"is_ready": True, "items": []}),
    "report": (parse.single(parse.report), {"id": "c"}),
    "activity": (parse.activity, {"emails": [], "total_items": 1}),
    "leavers": (parse.unsubscribes, {"unsubscribes": []}),
    "link": (parse.collection("l", parse.link), {"l": [{"url": "https://a.example"}]}),
    "done": (parse.ignore_body, {}),
}


@pytest.mark.parametrize("name", READERS)
def test_the_least_that_is_enough_is_read(name: str) -> None:
    read, least = READERS[name]
    read(ApiResponse(200, least, ""))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("body", [None, [], "text", 7, True])
def test_another_kind_of_value_is_refused(name: str, body: Any) -> None:
    with pytest.raises(WRONG):
        READERS[name][0](ApiResponse(200, body, ""))


def _spoilt(body: Any) -> list[Any]:
    """The body with one value at a time missing, null, or of another kind."""
    if isinstance(body, list):
        return [[spoilt] for spoilt in (*_spoilt(body[0]), None, 7)] if body else [{}, None]
    found: list[Any] = []
    for name, value in body.items():
        found.append({key: body[key] for key in body if key != name})
        wrong = _spoilt(value) if isinstance(value, list) else []
        found += [body | {name: spoilt} for spoilt in (*wrong, None, {"x": 1})]
    return found


@pytest.mark.parametrize("name", READERS)
def test_any_value_missing_from_the_least_is_refused(name: str) -> None:
    read, least = READERS[name]
    for body in _spoilt(least):
        with pytest.raises(WRONG):
            read(ApiResponse(200, body, ""))


def test_a_segment_that_did_not_take_effect_is_none() -> None:
    for options in ({}, {"segment_opts": {}}, {"segment_opts": {"match": "any"}}):
        body = {"id": "c", "status": "save", "recipients": {"list_id": "l", **options}}
        assert parse.campaign(body).segment_id is None


def test_a_campaign_list_with_an_id_as_text_is_refused() -> None:
    body = {
        "id": "c",
        "status": "save",
        "recipients": {"segment_opts": {"saved_segment_id": "7"}},
    }
    with pytest.raises(TypeError):
        parse.campaign(body)


def test_the_servers_time_comes_from_the_date_header() -> None:
    seen = parse.account(ApiResponse(200, {"account_id": "a"}, "Mon, 23 Nov 2026 07:00:00 GMT"))
    assert seen.server_time == 1795417200
    assert parse.account(ApiResponse(200, {"account_id": "a"}, "noon")).server_time is None


@pytest.mark.parametrize("nothing", ["", None, 7, ["x"]])
def test_a_row_that_names_nobody_is_counted_and_stops_nothing(nothing: Any) -> None:
    rows = [
        {"email_id": nothing, "email_address": nothing, "activity": []},
        {"email_id": nothing, "email_address": "a@b.example"},
        {"email_id": "h", "email_address": nothing},
        {},
    ]
    page = parse.activity(ApiResponse(200, {"emails": rows, "total_items": 4}, ""))
    assert ([row.hash for row in page.rows], page.row_count) == (["a@b.example", "h"], 4)
    left = parse.unsubscribes(ApiResponse(200, {"unsubscribes": rows}, ""))
    assert [(leaver.hash, leaver.at) for leaver in left] == [("a@b.example", None), ("h", None)]


def test_an_event_without_word_or_time_is_none() -> None:
    at = "2026-01-02T03:04:05+00:00"
    told = [
        {"action": "open", "timestamp": at},
        {"action": "click", "timestamp": at},
        {"action": "open", "timestamp": ""},
        {"action": "forward", "timestamp": at},
        {"timestamp": at},
        {"action": None, "timestamp": None},
        {},
    ]
    row = {"email_id": "h", "activity": told}
    page = parse.activity(ApiResponse(200, {"emails": [row], "total_items": 1}, ""))
    assert page.rows[0].events == (("open", 1767323045, ""), ("click", 1767323045, ""))
