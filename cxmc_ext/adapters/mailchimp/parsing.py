"""MailChimp's JSON into our values. A wrong shape raises TypeError, LookupError or ValueError."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from cxmc_ext.adapters.mailchimp.http_session import ApiResponse, Parser
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
Row = Mapping[str, Any]
_EPOCH = datetime.fromtimestamp(0, UTC)
_DAY = 86_400
_ACTIONS: dict[Any, str] = {name: name for name in ("open", "click", "bounce")}
"""Each word once in memory, not once per event."""
_NEW_BUILDER = "multichannel"
"""content_type of templates that the API accepts and then mails as a dummy (2023)."""


def collection(name: str, one: Callable[[Row], T]) -> Parser[tuple[T, ...]]:
    """Reads a page: every row of the collection `name`."""
    return lambda answer: tuple(one(row) for row in _list(answer.body, name))


def single(one: Callable[[Row], T]) -> Parser[T]:
    """Reads a single object."""
    return lambda answer: one(answer.body)


def ignore_body(answer: ApiResponse) -> None:
    """Reads an object whose content says nothing we need."""
    _typed(answer.body, dict)


def parse_time(value: Any) -> int | None:
    """Whole Unix seconds; "" and null mean never."""
    if value is None or value == "":
        return None
    moment = datetime.fromisoformat(value)
    passed = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return passed.days * _DAY + passed.seconds


def format_time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def account(answer: ApiResponse) -> RemoteAccount:
    body = answer.body
    contact = body.get("contact") or {}
    return RemoteAccount(
        account_id=_id(body["account_id"]),
        name=_text(body, "account_name"),
        email=_text(body, "email"),
        role=_text(body, "role"),
        plan=_text(body, "pricing_plan_type"),
        time_zone=_text(body, "account_timezone"),
        contact={name: value for name, value in contact.items() if isinstance(value, str)},
        server_time=_http_date(answer.date),
    )


def audiences(answer: ApiResponse) -> Audiences:
    constraints = answer.body.get("constraints") or {}
    return Audiences(collection("lists", audience)(answer), bool(constraints.get("may_create")))


def audience(row: Row) -> Audience:
    return Audience(
        id=_id(row["id"]),
        web_id=_number(row, "web_id"),
        name=_text(row, "name"),
        member_count=_number(row.get("stats") or {}, "member_count"),
        double_optin=bool(row.get("double_optin")),
    )


def merge_tag(row: Row) -> tuple[str, str]:
    return _id(row["tag"]), _text(row, "name")


def template(row: Row) -> Template | None:
    """None for a deleted one: MailChimp goes on listing it, as inactive."""
    if row.get("active") is False:
        return None
    return Template(
        id=_whole(row["id"]),
        name=_text(row, "name"),
        thumbnail=_text(row, "thumbnail"),
        edited_at=parse_time(row.get("date_edited")),
        usable=row.get("content_type") != _NEW_BUILDER,
    )


def domain(row: Row) -> SenderDomain:
    return SenderDomain(
        domain=_id(row["domain"]),
        verified=row.get("verified") is True,
        authenticated=row.get("authenticated") is True,
        mail_sent=bool(row.get("verification_sent")),
    )


def member(row: Row) -> Member:
    merge = row.get("merge_fields") or {}
    return Member(
        hash=_id(row["id"]),
        address=_id(row["email_address"]),
        status=_id(row["status"]),
        merge_values={
            tag: str(value) for tag, value in merge.items() if isinstance(value, str | int)
        },
        changed_at=parse_time(row.get("last_changed")),
    )


def member_batch(row: Row) -> BatchResult:
    """The answer to a batch of members: one error row per address."""
    return BatchResult(
        success_count=_whole(row["total_created"]) + _number(row, "total_updated"),
        errors=tuple(
            RowError(_text(each, "email_address"), _text(each, "error_code"), _text(each, "error"))
            for each in _list(row, "errors")
        ),
    )


def segment_batch(row: Row) -> BatchResult:
    """The answer to a change of a segment: its error rows name several addresses each."""
    errors = [
        RowError(str(address), "", _text(each, "error"))
        for each in _list(row, "errors")
        for address in _list(each, "email_addresses")
    ]
    return BatchResult(_whole(row["total_added"]), tuple(errors))


def segment(row: Row) -> Segment:
    return Segment(_whole(row["id"]), _text(row, "name"), _number(row, "member_count"))


def campaign(row: Row) -> RemoteCampaign:
    """`segment_id` only where saved_segment_id came back: without it the whole audience is mailed."""
    recipients = _typed(row.get("recipients") or {}, dict)
    options = recipients.get("segment_opts") or {}
    settings = row.get("settings") or {}
    return RemoteCampaign(
        id=_id(row["id"]),
        web_id=_number(row, "web_id"),
        status=_id(row["status"]),
        title=_text(settings, "title"),
        subject=_text(settings, "subject_line"),
        list_id=_text(recipients, "list_id"),
        segment_id=_number(options, "saved_segment_id") or None,
        recipient_count=_number(recipients, "recipient_count"),
        template_id=_number(settings, "template_id") or None,
        create_time=parse_time(row.get("create_time")),
        send_time=parse_time(row.get("send_time")),
        emails_sent=_number(row, "emails_sent"),
    )


def html(row: Row) -> str:
    return _text(_typed(row, dict), "html")


def checklist(row: Row) -> Checklist:
    items = tuple(
        ChecklistItem(_text(each, "type"), _text(each, "heading"), _text(each, "details"))
        for each in _list(row, "items")
    )
    return Checklist(_typed(row["is_ready"], bool), items)


def report_line(row: Row) -> ReportSummary:
    opens, clicks = row.get("opens") or {}, row.get("clicks") or {}
    bounces = row.get("bounces") or {}
    return ReportSummary(
        id=_id(row["id"]),
        send_time=parse_time(row.get("send_time")),
        emails_sent=_number(row, "emails_sent"),
        opens=_number(opens, "opens_total"),
        last_open=parse_time(opens.get("last_open")),
        clicks=_number(clicks, "clicks_total"),
        last_click=parse_time(clicks.get("last_click")),
        bounces=sum(_number(bounces, n) for n in ("hard_bounces", "soft_bounces", "syntax_errors")),
        unsubscribed=_number(row, "unsubscribed"),
        body=dict(row),
    )


def report(row: Row) -> Report:
    return Report(report_line(row), dict(row))


def activity(answer: ApiResponse) -> ActivityPage:
    """A page of up to 40,000 events: list comprehensions, because they cost half of a generator.

    A row that names nobody is only counted: it may not keep the others from being stored.
    """
    told = _list(answer.body, "emails")
    found = [
        ActivityRow(name, _text(row, "email_address"), _events(row.get("activity")))
        for row in told
        if (name := _who(row))
    ]
    return ActivityPage(tuple(found), _whole(answer.body["total_items"]), len(told))


def _who(row: Row) -> str:
    """MailChimp's id of the address, or the address where it names none; "" for nobody."""
    return _text(row, "email_id") or _text(row, "email_address")


def _events(raw: list[Row] | None) -> tuple[RawEvent, ...]:
    if not raw:
        return ()
    return tuple(
        [
            RawEvent(action, at, each.get("url") or "")
            for each in raw
            if (action := _ACTIONS.get(each.get("action")))
            and (at := parse_time(each.get("timestamp"))) is not None
        ]
    )


def unsubscribes(answer: ApiResponse) -> tuple[Unsubscribe, ...]:
    """Who names nobody left nothing behind."""
    return tuple(
        Unsubscribe(
            name,
            _text(row, "email_address"),
            parse_time(row.get("timestamp")),
            _text(row, "reason"),
        )
        for row in _list(answer.body, "unsubscribes")
        if (name := _who(row))
    )


def link(row: Row) -> tuple[str, int, int]:
    return _id(row["url"]), _number(row, "total_clicks"), _number(row, "unique_clicks")


def _http_date(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except ValueError:
        return None


def _list(body: Any, name: str) -> list[Any]:
    return _typed(body[name], list)


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("an id is missing")
    return value


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _number(row: Row, name: str) -> int:
    """A whole number that may be missing."""
    value = row.get(name)
    return 0 if value is None or value == "" else _whole(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is missing")
    return value


def _typed(value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}")
    return value
