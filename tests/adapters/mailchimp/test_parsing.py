"""How MailChimp's JSON is parsed, and which shapes are refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxmc_ext.adapters.mailchimp import parsing, report_parsing
from cxmc_ext.adapters.mailchimp.answers import collection, ignore_body, single, whole_collection
from cxmc_ext.adapters.mailchimp.http_session import ApiResponse
from cxmc_ext.adapters.mailchimp.json_fields import (
    EARLIEST,
    LATEST,
    MAX_TEXT,
    format_time,
    parse_time,
    required_text,
)
from cxmc_ext.domain.dropped_values import collect_dropped_values

WRONG = (LookupError, TypeError, ValueError, AttributeError)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        (None, None),
        ("2000-01-01T00:00:00+00:00", 946684800),
        ("2099-12-31T23:59:59+00:00", 4102444799),
        ("2026-01-02T03:04:05+00:00", 1767323045),
        ("2026-01-02T03:04:05Z", 1767323045),
        ("2026-01-02T05:04:05+02:00", 1767323045),
        ("2026-01-02T03:04:05.678+00:00", 1767323045),
        ("2026-01-02 03:04:05", 1767323045),
    ],
)
def test_a_time_is_read_as_utc_seconds(text: str | None, seconds: int | None) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "yesterday", 5, [], {}, "2026-13-02T03:04:05+00:00", "x" * 25, "0001-01-01T00:00:00+00:00",
        "1999-12-31T23:59:59+00:00", "2100-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00",
    ],
)  # fmt: skip
def test_an_invalid_time_is_refused(text: Any) -> None:
    with pytest.raises(WRONG):
        parse_time(text)


@given(st.integers(EARLIEST, LATEST - 1))
def test_times_agree_with_the_standard_library(seconds: int) -> None:
    text = format_time(seconds)
    assert parse_time(text) == seconds == int(datetime.fromisoformat(text).timestamp())
    assert datetime.fromtimestamp(seconds, UTC).isoformat() == text


PARSERS = {
    "account": (parsing.account, {"account_id": "a"}),
    "audiences": (parsing.audiences, {"lists": []}),
    "audience": (single(parsing.audience), {"id": "l1"}),
    "template": (collection("t", parsing.template), {"t": [{"id": 3}]}),
    "domain": (collection("d", parsing.domain), {"d": [{"domain": "a.example"}]}),
    "member": (
        collection("m", parsing.member),
        {"m": [{"id": "h", "email_address": "a@b.example", "status": "cleaned"}]},
    ),
    "member batch": (single(parsing.member_batch), {"total_created": 0, "errors": []}),
    "segment batch": (single(parsing.segment_batch), {"total_added": 0, "errors": []}),
    "segment": (single(parsing.segment), {"id": 7}),
    "campaign": (single(parsing.campaign), {"id": "c", "status": "save"}),
    "html": (single(parsing.html), {}),
    "checklist": (single(parsing.checklist), {"is_ready": True, "items": []}),
    "report": (single(report_parsing.report), {"id": "c"}),
    "activity": (report_parsing.activity, {"emails": [], "total_items": 1}),
    "unsubscribes": (report_parsing.unsubscribes, {"unsubscribes": []}),
    "link": (collection("l", report_parsing.link), {"l": [{"url": "https://a.example"}]}),
    "ignored body": (ignore_body, {}),
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


# Fields that may be missing although the smallest object of the test has them.
_OPTIONAL = {"total_items", "total_created", "total_added"}


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("broken", ["missing", None, {"x": 1}, "", -1])
def test_an_answer_without_what_decisions_depend_on_is_refused(name: str, broken: Any) -> None:
    parse, smallest = PARSERS[name]
    for field in set(smallest) - _OPTIONAL:
        body = {key: value for key, value in smallest.items() if key != field}
        if broken != "missing":
            body[field] = broken
        if (field, broken) == ("status", ""):
            continue  # a text like any other status that is not known
        with pytest.raises(WRONG):
            parse(ApiResponse(200, body, ""))


@pytest.mark.parametrize("broken", [{}, None, 7, "row", [], {"id": None}, {"id": -1}])
def test_one_row_that_cannot_be_used_costs_one_row(broken: Any) -> None:
    good = {"id": 3, "name": "A"}
    with collect_dropped_values() as dropped:
        page = collection("t", parsing.template)(ApiResponse(200, {"t": [broken, good]}, ""))
    assert [template.id for template in page if template] == [3]
    assert (page.row_count, dropped["t"]) == (2, 1)


def test_a_page_on_which_nobody_may_be_missing_is_refused_as_a_whole() -> None:
    rows = [{"id": "h", "email_address": "a@b.example", "status": "subscribed"}, {"id": "h"}]
    with pytest.raises(WRONG):
        whole_collection("m", parsing.member)(ApiResponse(200, {"m": rows}, ""))


@pytest.mark.parametrize("status", [None, 7, {}, "", "\0"])
def test_a_status_that_cannot_be_read_is_never_subscribed(status: Any) -> None:
    member = parsing.member({"id": "h", "email_address": "a@b.example", "status": status})
    assert member.status == ""


def test_a_segment_without_effect_is_none() -> None:
    for options in ({}, {"segment_opts": {}}, {"segment_opts": {"match": "any"}}):
        body = {"id": "c", "status": "save", "recipients": {"list_id": "l", **options}}
        assert parsing.campaign(body).segment_id is None


@pytest.mark.parametrize(
    "recipients",
    [
        {"segment_opts": {"saved_segment_id": "7"}},
        {"segment_opts": {"saved_segment_id": 2**63}},
        {"segment_opts": "all"},
        {"recipient_count": -1},
        {"recipient_count": 1.5},
        {"list_id": ["l"]},
        "everybody",
    ],
)
def test_a_target_that_cannot_be_read_is_not_taken_for_no_target(recipients: Any) -> None:
    campaign = parsing.campaign({"id": "c", "status": "save", "recipients": recipients})
    assert not campaign.is_target_known


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
    page = report_parsing.activity(ApiResponse(200, {"emails": rows, "total_items": 4}, ""))
    assert ([row.hash for row in page.rows], page.row_count) == (["a@b.example", "h"], 4)
    unsubscribes = report_parsing.unsubscribes(ApiResponse(200, {"unsubscribes": rows}, ""))
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
    page = report_parsing.activity(ApiResponse(200, {"emails": [row], "total_items": 1}, ""))
    assert page.rows[0].events == (("open", 1767323045, ""), ("click", 1767323045, ""))


ISO = "2026-01-02T03:04:05+00:00"
LONE_SURROGATE = "\ud800"
ODD_NUMBERS = (-1, 2**31, 2**63, 1e308, float("nan"), float("inf"), True, "7", [], {}, "<b>7</b>")


@pytest.mark.parametrize("odd", ODD_NUMBERS)
def test_an_odd_total_costs_that_total_and_is_counted(odd: Any) -> None:
    row = {"id": "c", "emails_sent": odd, "unsubscribed": 1, "opens": {"opens_total": odd}}
    with collect_dropped_values() as dropped:
        summary = report_parsing.report_summary(row)
    assert (summary.emails_sent, summary.opens, summary.unsubscribed) == (None, None, 1)
    assert dropped["emails_sent"]
    assert dropped["opens_total"]


@pytest.mark.parametrize("odd", [None, 5, ["a@b.example"], {}])
def test_an_odd_address_of_a_refused_row_is_counted(odd: Any) -> None:
    errors = [{"error": "invalid", "email_addresses": [odd, "c@d.example"]}]
    with collect_dropped_values() as dropped:
        result = parsing.segment_batch({"total_added": 0, "errors": errors})
    assert [error.address for error in result.errors] == ["c@d.example"]
    assert dropped == {"email_addresses": 1}


@pytest.mark.parametrize("odd", ["", "\0", "x" * (MAX_TEXT + 1), None, 7, ["a"]])
def test_a_required_text_is_a_text_that_is_neither_empty_nor_too_long(odd: Any) -> None:
    with pytest.raises(WRONG):
        required_text(odd)


@pytest.mark.parametrize("odd", ["not a date", 5, [], "9999-12-31T23:59:59+00:00", "\0", 2**63])
def test_an_event_with_an_odd_time_costs_that_event_and_is_counted(odd: Any) -> None:
    events = [{"action": "open", "timestamp": odd}, {"action": "open", "timestamp": ISO}]
    body = {"emails": [{"email_id": "a" * 32, "activity": events}], "total_items": 1}
    with collect_dropped_values() as dropped:
        page = report_parsing.activity(ApiResponse(200, body, ""))
    assert page.rows[0].events == (("open", 1767323045, ""),)
    assert dropped == {"timestamp": 1}


@pytest.mark.parametrize("odd", [7, [], {}, None, True, float("nan")])
def test_a_click_on_something_that_is_no_url_is_still_a_click(odd: Any) -> None:
    events = [{"action": "click", "timestamp": ISO, "url": odd}]
    body = {"emails": [{"email_id": "a" * 32, "activity": events}], "total_items": 1}
    (row,) = report_parsing.activity(ApiResponse(200, body, "")).rows
    assert row.events == (("click", 1767323045, ""),)


@pytest.mark.parametrize("letter", ["x", "é", "漢", "😀"])
def test_a_url_is_cut_to_what_an_index_can_hold(letter: str) -> None:
    events = [{"action": "click", "timestamp": ISO, "url": "https://a.example/" + letter * 5000}]
    body = {"emails": [{"email_id": "a" * 32, "activity": events}], "total_items": 1}
    (row,) = report_parsing.activity(ApiResponse(200, body, "")).rows
    assert 1990 < len(row.events[0][2].encode()) <= 2000


@pytest.mark.parametrize("odd", ["x", "not a date", "é" * 20, "A" * 32, "<b>" + "0" * 29])
def test_people_with_the_same_odd_id_stay_different_people(odd: str) -> None:
    rows = [{"email_id": odd, "email_address": f"p{n}@b.example"} for n in range(2)]
    page = report_parsing.activity(ApiResponse(200, {"emails": rows, "total_items": 2}, ""))
    assert [row.hash for row in page.rows] == ["p0@b.example", "p1@b.example"]


@pytest.mark.parametrize("text", ["a\0b", f"a{LONE_SURROGATE}b", f"{LONE_SURROGATE}a\0b\udfff"])
def test_what_no_database_can_hold_is_left_out_of_a_text(text: str) -> None:
    assert (
        parsing.campaign({"id": "c", "status": "save", "settings": {"title": text}}).title == "ab"
    )


@pytest.mark.parametrize("depth", [3, 200])
def test_a_stored_answer_is_finite_text_and_not_too_deep(depth: int) -> None:
    nested: Any = float("nan")
    for _ in range(depth):
        nested = {"a\0": [nested, LONE_SURROGATE, 2**70, "x" * 5000]}
    body = report_parsing.report_summary({"id": "c", "nested": nested}).body
    stored = json.dumps(body, allow_nan=False)
    assert "\\u0000" not in stored
    assert "\\ud800" not in stored
    assert len(stored) < 50_000
