"""How MailChimp's JSON is parsed, and which shapes are refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxmc_ext.adapters.mailchimp import parsing
from cxmc_ext.adapters.mailchimp.http_session import ApiResponse
from cxmc_ext.adapters.mailchimp.json_fields import format_time, parse_time

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
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["yesterday", 5, [], {}, "2026-13-02T03:04:05+00:00", "x" * 25])
def test_an_invalid_time_is_refused(text: Any) -> None:
    with pytest.raises(WRONG):
        parse_time(text)


@given(st.integers(0, 4_000_000_000))
def test_times_agree_with_the_standard_library(seconds: int) -> None:
    text = format_time(seconds)
    assert parse_time(text) == seconds == int(datetime.fromisoformat(text).timestamp())
    assert datetime.fromtimestamp(seconds, UTC).isoformat() == text


PARSERS = {
    "account": (parsing.account, {"account_id": "a"}),
    "audiences": (parsing.audiences, {"lists": []}),
    "audience": (parsing.single(parsing.audience), {"id": "l1"}),
    "template": (parsing.collection("t", parsing.template), {"t": [{"id": 3}]}),
    "domain": (parsing.collection("d", parsing.domain), {"d": [{"domain": "a.example"}]}),
    "member": (
        parsing.collection("m", parsing.member),
        {"m": [{"id": "h", "email_address": "a@b.example", "status": "cleaned"}]},
    ),
    "member batch": (parsing.single(parsing.member_batch), {"total_created": 0, "errors": []}),
    "segment batch": (parsing.single(parsing.segment_batch), {"total_added": 0, "errors": []}),
    "segment": (parsing.single(parsing.segment), {"id": 7}),
    "campaign": (parsing.single(parsing.campaign), {"id": "c", "status": "save"}),
    "html": (parsing.single(parsing.html), {}),
    "checklist": (parsing.single(parsing.checklist), {"is_ready": True, "items": []}),
    "report": (parsing.single(parsing.report), {"id": "c"}),
    "activity": (parsing.activity, {"emails": [], "total_items": 1}),
    "unsubscribes": (parsing.unsubscribes, {"unsubscribes": []}),
    "link": (parsing.collection("l", parsing.link), {"l": [{"url": "https://a.example"}]}),
    "ignored body": (parsing.ignore_body, {}),
}


@pytest.mark.parametrize("name", PARSERS)
def test_the_smallest_valid_object_is_parsed(name: str) -> None:
    parse, smallest = PARSERS[name]
    parse(ApiResponse(200, smallest, ""))


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("body", [None, [], "text", 7, True])
def test_a_value_of_another_type_is_refused(name: str, body: Any) -> None:
    with pytest.raises(WRONG):
        PARSERS[name][0](ApiResponse(200, body, ""))


def _broken_variants(body: Any) -> list[Any]:
    """The body with one value at a time missing, null, or of another type."""
    if isinstance(body, list):
        return [[row] for row in (*_broken_variants(body[0]), None, 7)] if body else [{}, None]
    variants: list[Any] = []
    for name, value in body.items():
        variants.append({key: body[key] for key in body if key != name})
        nested = _broken_variants(value) if isinstance(value, list) else []
        variants += [body | {name: broken} for broken in (*nested, None, {"x": 1})]
    return variants


@pytest.mark.parametrize("name", PARSERS)
def test_every_value_of_the_smallest_object_is_required(name: str) -> None:
    parse, smallest = PARSERS[name]
    for body in _broken_variants(smallest):
        with pytest.raises(WRONG):
            parse(ApiResponse(200, body, ""))


def test_a_segment_without_effect_is_none() -> None:
    for options in ({}, {"segment_opts": {}}, {"segment_opts": {"match": "any"}}):
        body = {"id": "c", "status": "save", "recipients": {"list_id": "l", **options}}
        assert parsing.campaign(body).segment_id is None


def test_a_campaign_list_with_an_id_as_text_is_refused() -> None:
    body = {
        "id": "c",
        "status": "save",
        "recipients": {"segment_opts": {"saved_segment_id": "7"}},
    }
    with pytest.raises(TypeError):
        parsing.campaign(body)


def test_the_servers_time_comes_from_the_date_header() -> None:
    account = parsing.account(
        ApiResponse(200, {"account_id": "a"}, "Mon, 23 Nov 2026 07:00:00 GMT")
    )
    assert account.server_time == 1795417200
    assert parsing.account(ApiResponse(200, {"account_id": "a"}, "noon")).server_time is None


@pytest.mark.parametrize("nothing", ["", None, 7, ["x"]])
def test_a_row_without_a_person_is_counted_and_skipped(nothing: Any) -> None:
    rows = [
        {"email_id": nothing, "email_address": nothing, "activity": []},
        {"email_id": nothing, "email_address": "a@b.example"},
        {"email_id": "h", "email_address": nothing},
        {},
    ]
    page = parsing.activity(ApiResponse(200, {"emails": rows, "total_items": 4}, ""))
    assert ([row.hash for row in page.rows], page.row_count) == (["a@b.example", "h"], 4)
    unsubscribes = parsing.unsubscribes(ApiResponse(200, {"unsubscribes": rows}, ""))
    assert [(row.hash, row.at) for row in unsubscribes] == [("a@b.example", None), ("h", None)]


def test_an_event_without_action_or_time_is_skipped() -> None:
    at = "2026-01-02T03:04:05+00:00"
    events = [
        {"action": "open", "timestamp": at},
        {"action": "click", "timestamp": at},
        {"action": "open", "timestamp": ""},
        {"action": "forward", "timestamp": at},
        {"timestamp": at},
        {"action": None, "timestamp": None},
        {},
    ]
    row = {"email_id": "h", "activity": events}
    page = parsing.activity(ApiResponse(200, {"emails": [row], "total_items": 1}, ""))
    assert page.rows[0].events == (("open", 1767323045, ""), ("click", 1767323045, ""))
