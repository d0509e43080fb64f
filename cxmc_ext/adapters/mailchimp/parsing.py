"""Turns MailChimp's JSON into values of `cxmc_ext.domain.mailchimp`.

An unexpected shape raises TypeError, LookupError, ValueError or AttributeError; the HTTP session turns
these into `Unknown`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from cxmc_ext.adapters.mailchimp.http_session import ApiResponse, Parser
from cxmc_ext.adapters.mailchimp.json_fields import (
    Row,
    list_field,
    number_field,
    parse_http_date,
    parse_time,
    required_text,
    text_field,
    typed,
    whole_number,
)
from cxmc_ext.domain.mailchimp import (
    ActivityPage,
    ActivityRow,
    Audience,
    Audiences,
    BatchResult,
    Checklist,
    ChecklistItem,
    Member,
    RawEvent,
    RemoteAccount,
    RemoteCampaign,
    Report,
    ReportSummary,
    RowError,
    Segment,
    SenderDomain,
    Template,
    Unsubscribe,
)

T = TypeVar("T")
# A page has up to 40,000 events: with this map they share three strings.
_ACTIONS: dict[Any, str] = {name: name for name in ("open", "click", "bounce")}
# content_type of templates of the new builder. The API accepts them and then mails a dummy design
# (https://github.com/brandonseydel/MailChimp.Net/issues/611, 2023).
_NEW_BUILDER = "multichannel"


def collection(name: str, parse_row: Callable[[Row], T]) -> Parser[tuple[T, ...]]:
    """Create a parser for a page of rows.

    Args:
        name: The key of the rows in the response, such as "members".
        parse_row: Parses one row.
    """
    return lambda response: tuple(parse_row(row) for row in list_field(response.body, name))


def single(parse_row: Callable[[Row], T]) -> Parser[T]:
    """Create a parser for a response that is one object."""
    return lambda response: parse_row(response.body)


def ignore_body(response: ApiResponse) -> None:
    """Parse a response that must be an object but contains nothing we need."""
    typed(response.body, dict)


def account(response: ApiResponse) -> RemoteAccount:
    """Parse `GET /`."""
    body = response.body
    contact = body.get("contact") or {}
    return RemoteAccount(
        account_id=required_text(body["account_id"]),
        name=text_field(body, "account_name"),
        email=text_field(body, "email"),
        role=text_field(body, "role"),
        plan=text_field(body, "pricing_plan_type"),
        time_zone=text_field(body, "account_timezone"),
        contact={name: value for name, value in contact.items() if isinstance(value, str)},
        server_time=parse_http_date(response.date),
    )


def audiences(response: ApiResponse) -> Audiences:
    """Parse `GET /lists`."""
    constraints = response.body.get("constraints") or {}
    return Audiences(collection("lists", audience)(response), bool(constraints.get("may_create")))


def audience(row: Row) -> Audience:
    """Parse one audience."""
    return Audience(
        id=required_text(row["id"]),
        web_id=number_field(row, "web_id"),
        name=text_field(row, "name"),
        member_count=number_field(row.get("stats") or {}, "member_count"),
        double_optin=bool(row.get("double_optin")),
    )


def merge_tag(row: Row) -> tuple[str, str]:
    """Parse one merge field into its tag and name."""
    return required_text(row["tag"]), text_field(row, "name")


def template(row: Row) -> Template | None:
    """Parse one template; None for a deleted one, which MailChimp still lists as inactive."""
    if row.get("active") is False:
        return None
    return Template(
        id=whole_number(row["id"]),
        name=text_field(row, "name"),
        thumbnail=text_field(row, "thumbnail"),
        edited_at=parse_time(row.get("date_edited")),
        usable=row.get("content_type") != _NEW_BUILDER,
    )


def domain(row: Row) -> SenderDomain:
    """Parse one sender domain."""
    return SenderDomain(
        domain=required_text(row["domain"]),
        verified=row.get("verified") is True,
        authenticated=row.get("authenticated") is True,
        mail_sent=bool(row.get("verification_sent")),
    )


def member(row: Row) -> Member:
    """Parse one member. Merge values that are objects, such as ADDRESS, are left out."""
    merge = row.get("merge_fields") or {}
    return Member(
        hash=required_text(row["id"]),
        address=required_text(row["email_address"]),
        status=required_text(row["status"]),
        merge_values={
            tag: str(value) for tag, value in merge.items() if isinstance(value, str | int)
        },
        changed_at=parse_time(row.get("last_changed")),
    )


def member_batch(row: Row) -> BatchResult:
    """Parse the response to a batch of members: one error row per address."""
    return BatchResult(
        success_count=whole_number(row["total_created"]) + number_field(row, "total_updated"),
        errors=tuple(
            RowError(
                text_field(error, "email_address"),
                text_field(error, "error_code"),
                text_field(error, "error"),
            )
            for error in list_field(row, "errors")
        ),
    )


def segment_batch(row: Row) -> BatchResult:
    """Parse the response to a change of a segment: an error row names several addresses."""
    errors = [
        RowError(str(address), "", text_field(error, "error"))
        for error in list_field(row, "errors")
        for address in list_field(error, "email_addresses")
    ]
    return BatchResult(whole_number(row["total_added"]), tuple(errors))


def segment(row: Row) -> Segment:
    """Parse one segment."""
    return Segment(
        whole_number(row["id"]), text_field(row, "name"), number_field(row, "member_count")
    )


def campaign(row: Row) -> RemoteCampaign:
    """Parse one campaign. Without `saved_segment_id` the whole audience is addressed."""
    recipients = typed(row.get("recipients") or {}, dict)
    options = recipients.get("segment_opts") or {}
    settings = row.get("settings") or {}
    return RemoteCampaign(
        id=required_text(row["id"]),
        web_id=number_field(row, "web_id"),
        status=required_text(row["status"]),
        title=text_field(settings, "title"),
        subject=text_field(settings, "subject_line"),
        list_id=text_field(recipients, "list_id"),
        segment_id=number_field(options, "saved_segment_id") or None,
        recipient_count=number_field(recipients, "recipient_count"),
        template_id=number_field(settings, "template_id") or None,
        create_time=parse_time(row.get("create_time")),
        send_time=parse_time(row.get("send_time")),
        emails_sent=number_field(row, "emails_sent"),
    )


def html(row: Row) -> str:
    """Parse the content of a campaign."""
    return text_field(typed(row, dict), "html")


def checklist(row: Row) -> Checklist:
    """Parse the send checklist."""
    items = tuple(
        ChecklistItem(
            text_field(item, "type"), text_field(item, "heading"), text_field(item, "details")
        )
        for item in list_field(row, "items")
    )
    return Checklist(typed(row["is_ready"], bool), items)


def report_summary(row: Row) -> ReportSummary:
    """Parse the totals of one campaign."""
    opens, clicks = row.get("opens") or {}, row.get("clicks") or {}
    bounces = row.get("bounces") or {}
    return ReportSummary(
        id=required_text(row["id"]),
        send_time=parse_time(row.get("send_time")),
        emails_sent=number_field(row, "emails_sent"),
        opens=number_field(opens, "opens_total"),
        last_open=parse_time(opens.get("last_open")),
        clicks=number_field(clicks, "clicks_total"),
        last_click=parse_time(clicks.get("last_click")),
        bounces=sum(
            number_field(bounces, kind)
            for kind in ("hard_bounces", "soft_bounces", "syntax_errors")
        ),
        unsubscribed=number_field(row, "unsubscribed"),
        body=dict(row),
    )


def report(row: Row) -> Report:
    """Parse the report of one campaign."""
    return Report(report_summary(row), dict(row))


def activity(response: ApiResponse) -> ActivityPage:
    """Parse a page of events. Rows without a person are counted but left out."""
    listed = list_field(response.body, "emails")
    # List comprehensions: with 40,000 events a page they take half the time of generators.
    rows = [
        ActivityRow(person, text_field(row, "email_address"), _events(row.get("activity")))
        for row in listed
        if (person := _person(row))
    ]
    return ActivityPage(tuple(rows), whole_number(response.body["total_items"]), len(listed))


def _person(row: Row) -> str:
    """MailChimp's id of the address, else the address itself; "" if the row has neither."""
    return text_field(row, "email_id") or text_field(row, "email_address")


def _events(events: list[Row] | None) -> tuple[RawEvent, ...]:
    if not events:
        return ()
    return tuple(
        [
            RawEvent(action, at, event.get("url") or "")
            for event in events
            if (action := _ACTIONS.get(event.get("action")))
            and (at := parse_time(event.get("timestamp"))) is not None
        ]
    )


def unsubscribes(response: ApiResponse) -> tuple[Unsubscribe, ...]:
    """Parse a page of unsubscribes. Rows without a person are left out."""
    return tuple(
        Unsubscribe(
            person,
            text_field(row, "email_address"),
            parse_time(row.get("timestamp")),
            text_field(row, "reason"),
        )
        for row in list_field(response.body, "unsubscribes")
        if (person := _person(row))
    )


def link(row: Row) -> tuple[str, int, int]:
    """Parse one link into URL, total clicks and unique clicks."""
    return (
        required_text(row["url"]),
        number_field(row, "total_clicks"),
        number_field(row, "unique_clicks"),
    )
