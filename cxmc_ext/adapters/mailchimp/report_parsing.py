"""Turns MailChimp's JSON about reports into values of the domain: totals, events, unsubscribes, links.

An event or row that cannot be used is dropped and counted; the others are kept.
"""

import re
from datetime import datetime
from typing import Any

from cxmc_ext.adapters.mailchimp.http_session import ApiResponse
from cxmc_ext.adapters.mailchimp.json_fields import (
    ADDRESS_LENGTH,
    DAY,
    EARLIEST,
    EPOCH,
    LATEST,
    MAX_URL,
    Row,
    count_field,
    id_field,
    object_field,
    objects_of,
    optional_count,
    parse_time,
    required_id,
    required_list,
    required_text,
    rows_field,
    storable_json,
    text_field,
    time_field,
    url_field,
)
from cxmc_ext.domain.dropped_values import count_dropped_value
from cxmc_ext.domain.failed_addresses import HARD_BOUNCE
from cxmc_ext.domain.mailchimp import (
    ActivityPage,
    ActivityRow,
    Page,
    RawEvent,
    Report,
    ReportSummary,
    Unsubscribe,
)
from cxmc_ext.domain.rules.addresses import is_member_id
from cxmc_ext.domain.rules.texts import cut_to_bytes

# A page has up to 40,000 events: with this map they share three strings.
_ACTIONS: dict[Any, str] = {name: name for name in ("open", "click", "bounce")}
_SPACED_IDS = re.compile(r"(?:[0-9a-f]{32} )*", re.ASCII)


def report_summary(row: Row) -> ReportSummary:
    """Parses the totals of one campaign; None for a total that cannot be read."""
    opens, clicks = object_field(row, "opens"), object_field(row, "clicks")
    bounces = object_field(row, "bounces")
    return ReportSummary(
        id=required_id(row["id"]),
        send_time=time_field(row, "send_time"),
        emails_sent=optional_count(row, "emails_sent"),
        opens=optional_count(opens, "opens_total"),
        last_open=time_field(opens, "last_open"),
        clicks=optional_count(clicks, "clicks_total"),
        last_click=time_field(clicks, "last_click"),
        bounces=_bounce_total(bounces),
        unsubscribed=optional_count(row, "unsubscribed"),
        complaints=optional_count(row, "abuse_reports"),
        body=storable_json(dict(row), "report"),
    )


def _bounce_total(bounces: Row) -> int | None:
    kinds = ("hard_bounces", "soft_bounces", "syntax_errors")
    counts = [optional_count(bounces, kind) for kind in kinds]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def report(row: Row) -> Report:
    """Parses the report of one campaign."""
    summary = report_summary(row)
    return Report(summary, summary.body)


def activity(response: ApiResponse) -> ActivityPage:
    """Parses a page of events. Rows without a person are counted but left out."""
    listed = required_list(response.body, "emails")
    try:
        rows = _plain_rows(listed)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        rows = [
            ActivityRow(person, _address(row), _events(row))
            for row in objects_of(listed, "emails")
            if (person := _person(row))
        ]
    return ActivityPage(tuple(rows), optional_count(response.body, "total_items"), len(listed))


def _plain_rows(listed: list[Row]) -> list[ActivityRow]:
    """The rows of a page in which every value is as it should be: nearly all pages, at a third of the cost.

    Raises:
        LookupError, TypeError, ValueError, AttributeError, OverflowError: Some value is not.
    """
    rows = [
        ActivityRow(row["email_id"], row["email_address"], _plain_events(row["activity"]))
        for row in listed
    ]
    times = [at for row in rows for _, at, _ in row.events]
    if times and not EARLIEST <= min(times) <= max(times) < LATEST:
        raise ValueError("a time is not between 2000 and 2100")
    urls = {url for row in rows for _, _, url in row.events}
    texts = " ".join(row.address for row in rows) + "".join(urls)
    if not texts.isascii() or "\0" in texts or max(map(len, urls), default=0) > MAX_URL:
        raise ValueError("a text must be cleaned or cut")
    if not all(0 < len(row.address) <= ADDRESS_LENGTH for row in rows):
        raise ValueError("an address is missing or too long")
    if not _SPACED_IDS.fullmatch("".join(row.hash + " " for row in rows)):
        raise ValueError("an id is missing")
    return rows


def _plain_events(events: list[Row]) -> tuple[RawEvent, ...]:
    plain = []
    for event in events:
        action = _ACTIONS.get(event["action"])
        if action:
            passed = datetime.fromisoformat(event["timestamp"]) - EPOCH
            seconds = passed.days * DAY + passed.seconds
            if action == "bounce":
                action = _bounce_action(event)
            plain.append((action, seconds, event.get("url") or ""))
    return tuple(plain)


def _person(row: Row) -> str:
    """MailChimp's id of the address, else the address itself; "" if the row has neither.

    The id is the MD5 of the address. Anything else could be the same text for several people, so it is only
    used where there is no address.
    https://mailchimp.com/developer/marketing/api/email-activity-reports/list-email-activity/
    """
    member_id = row.get("email_id")
    if isinstance(member_id, str) and is_member_id(member_id):
        return member_id
    return _address(row) or id_field(row, "email_id")


def _address(row: Row) -> str:
    """The address of a row; "" if it is missing or longer than an address can be."""
    address = text_field(row, "email_address", None)
    if len(address) > ADDRESS_LENGTH:
        count_dropped_value("email_address")
        return ""
    return address


def _events(row: Row) -> tuple[RawEvent, ...]:
    return tuple(
        (action, at, _event_url(event))
        for event in rows_field(row, "activity")
        if (action := _action(event)) and (at := _event_time(event)) is not None
    )


def _action(event: Row) -> str | None:
    """The kind of an event; None for one that we do not read."""
    action = event.get("action")
    known = _ACTIONS.get(action) if isinstance(action, str) else None
    return _bounce_action(event) if known == "bounce" else known


def _bounce_action(event: Row) -> str:
    """The action of a bounce. Only the type “hard” says that the address does not exist."""
    return HARD_BOUNCE if event.get("type") == "hard" else "bounce"


def _event_time(event: Row) -> int | None:
    try:
        at = parse_time(event.get("timestamp"))
    except (TypeError, ValueError, OverflowError):
        at = None
    if at is None:
        count_dropped_value("timestamp")
    return at


def _event_url(event: Row) -> str:
    """The URL of a click, cut as it is stored: equal events are numbered by what is stored of them."""
    return url_field(event, "url") if event.get("url") else ""


def unsubscribes(response: ApiResponse) -> Page[Unsubscribe]:
    """Parses a page of unsubscribes. Rows without a person are counted but left out."""
    return _ended_subscriptions(response, "unsubscribes", "timestamp")


def complaints(response: ApiResponse) -> Page[Unsubscribe]:
    """Parses a page of spam complaints. Rows without a person are counted but left out."""
    return _ended_subscriptions(response, "abuse_reports", "date")


def complaint(row: Row) -> Unsubscribe:
    """Parses one spam complaint of an audience.

    Raises:
        ValueError: The row names nobody.
    """
    person = _person(row)
    if not person:
        raise ValueError("no person")
    return Unsubscribe(person, _address(row), time_field(row, "date"), "")


def _ended_subscriptions(response: ApiResponse, name: str, time: str) -> Page[Unsubscribe]:
    listed = required_list(response.body, name)
    rows = [
        Unsubscribe(person, _address(row), time_field(row, time), text_field(row, "reason"))
        for row in objects_of(listed, name)
        if (person := _person(row))
    ]
    return Page(rows, len(listed))


def link(row: Row) -> tuple[str, int, int]:
    """Parses one link into URL, total clicks and unique clicks."""
    return (
        cut_to_bytes(required_text(row["url"], MAX_URL), MAX_URL),
        count_field(row, "total_clicks"),
        count_field(row, "unique_clicks"),
    )
