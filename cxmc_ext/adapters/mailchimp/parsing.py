"""Turns MailChimp's JSON about accounts, audiences, members and campaigns into values of the domain.

A field that cannot be used is dropped and counted, and so is a row without its id. An answer that lacks what
a decision depends on raises TypeError, LookupError, ValueError or AttributeError; the HTTP session turns
these into `Unknown`.
"""

from collections.abc import Iterator
from typing import Any

from cxmc_ext.adapters.mailchimp.answers import collection
from cxmc_ext.adapters.mailchimp.http_session import ApiResponse
from cxmc_ext.adapters.mailchimp.json_fields import (
    ADDRESS_LENGTH,
    MAX_NUMBER,
    Row,
    count_field,
    id_field,
    object_field,
    objects_of,
    optional_count,
    parse_http_date,
    required_id,
    required_list,
    required_number,
    required_text,
    text_field,
    time_field,
    typed,
    url_field,
)
from cxmc_ext.domain.dropped_values import count_dropped_value
from cxmc_ext.domain.mailchimp import (
    Audience,
    Audiences,
    BatchResult,
    Checklist,
    ChecklistItem,
    Member,
    RemoteAccount,
    RemoteCampaign,
    RowError,
    Segment,
    SenderDomain,
    Template,
    Webhook,
)
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.rules.texts import is_storable, storable_text

# content_type of templates of the new builder. The API accepts them and then mails a dummy design
# (https://github.com/brandonseydel/MailChimp.Net/issues/611, 2023).
_NEW_BUILDER = "multichannel"
# Columns that are shorter than `MAX_TEXT`.
_STATUS_LENGTH, _NAME_LENGTH, _SHORT_LENGTH = 16, 200, 40


def account(response: ApiResponse) -> RemoteAccount:
    """Parses `GET /`."""
    body = response.body
    contact = object_field(body, "contact")
    return RemoteAccount(
        account_id=required_id(body["account_id"]),
        name=text_field(body, "account_name", _NAME_LENGTH),
        email=text_field(body, "email", ADDRESS_LENGTH),
        role=text_field(body, "role", _SHORT_LENGTH),
        plan=text_field(body, "pricing_plan_type", _SHORT_LENGTH),
        time_zone=text_field(body, "account_timezone", _NAME_LENGTH),
        contact=dict(texts(contact)),
        server_time=parse_http_date(response.date),
    )


def audiences(response: ApiResponse) -> Audiences:
    """Parses `GET /lists`."""
    constraints = object_field(response.body, "constraints")
    return Audiences(collection("lists", audience)(response), bool(constraints.get("may_create")))


def audience(row: Row) -> Audience:
    """Parses one audience."""
    return Audience(
        id=required_id(row["id"]),
        web_id=optional_count(row, "web_id", MAX_NUMBER) or 0,
        name=text_field(row, "name", _NAME_LENGTH),
        member_count=count_field(object_field(row, "stats"), "member_count"),
        double_optin=bool(row.get("double_optin")),
        unsubscribe_count=count_field(object_field(row, "stats"), "unsubscribe_count"),
        subscribe_url=url_field(row, "subscribe_url_long"),
    )


def merge_field(row: Row) -> AudienceField:
    """Parses one merge field."""
    choices = object_field(row, "options").get("choices") or []
    return AudienceField(
        tag=required_text(row["tag"], _SHORT_LENGTH),
        name=text_field(row, "name", _NAME_LENGTH),
        type=text_field(row, "type", _SHORT_LENGTH),
        fallback=text_field(row, "default_value"),
        required=row.get("required") is True,
        choices=tuple(storable_text(text) for text in _list_of_texts(choices, "choices")),
    )


def template(row: Row) -> Template | None:
    """Parses one template; None for a deleted one, which MailChimp still lists as inactive."""
    if row.get("active") is False:
        return None
    return Template(
        id=required_number(row["id"], MAX_NUMBER),
        name=text_field(row, "name", _NAME_LENGTH),
        thumbnail=url_field(row, "thumbnail"),
        edited_at=time_field(row, "date_edited"),
        usable=row.get("content_type") != _NEW_BUILDER,
    )


def domain(row: Row) -> SenderDomain:
    """Parses one sender domain."""
    return SenderDomain(
        domain=required_text(row["domain"], ADDRESS_LENGTH),
        verified=row.get("verified") is True,
        authenticated=row.get("authenticated") is True,
        mail_sent=bool(row.get("verification_sent")),
    )


def webhook(row: Row) -> Webhook:
    """Parses one webhook. Since 2026 an answer says whether it is signed, and the first one with what."""
    return Webhook(
        id=required_id(row["id"]),
        url=url_field(row, "url"),
        is_signed=row.get("signing_enabled") is True,
        signing_key=text_field(row, "signing_secret"),
    )


def member(row: Row) -> Member:
    """Parses one member. Merge values that are objects, such as ADDRESS, are left out.

    A status that cannot be read is "", which is never “subscribed”.
    """
    address = required_text(row["email_address"], ADDRESS_LENGTH)
    return Member(
        hash=id_field(row, "id") or address,
        address=address,
        status=text_field(row, "status", _STATUS_LENGTH),
        merge_values=dict(texts(object_field(row, "merge_fields"))),
        changed_at=time_field(row, "last_changed"),
    )


def member_batch(row: Row) -> BatchResult:
    """Parses the response to a batch of members: one error row per address."""
    return BatchResult(
        success_count=count_field(row, "total_created") + count_field(row, "total_updated"),
        errors=tuple(
            RowError(
                text_field(error, "email_address", ADDRESS_LENGTH),
                text_field(error, "error_code", _SHORT_LENGTH),
                text_field(error, "error"),
                text_field(error, "field", _SHORT_LENGTH),
                text_field(error, "field_message"),
            )
            for error in objects_of(required_list(row, "errors"), "errors")
        ),
    )


def segment_batch(row: Row) -> BatchResult:
    """Parses the response to a change of a segment: an error row names several addresses."""
    errors = [
        RowError(storable_text(address)[:ADDRESS_LENGTH], "", text_field(error, "error"))
        for error in objects_of(required_list(row, "errors"), "errors")
        for address in _list_of_texts(error.get("email_addresses"), "email_addresses")
    ]
    return BatchResult(count_field(row, "total_added"), tuple(errors))


def segment(row: Row) -> Segment:
    """Parses one segment."""
    return Segment(
        required_number(row["id"], MAX_NUMBER),
        text_field(row, "name", _NAME_LENGTH),
        count_field(row, "member_count"),
    )


def campaign(row: Row) -> RemoteCampaign:
    """Parses one campaign. Without `saved_segment_id` the whole audience is addressed."""
    settings = object_field(row, "settings")
    list_id, segment_id, recipient_count, is_target_known = _target(row.get("recipients"))
    return RemoteCampaign(
        id=required_id(row["id"]),
        web_id=optional_count(row, "web_id", MAX_NUMBER) or 0,
        status=storable_text(typed(row["status"], str))[:_STATUS_LENGTH],
        title=text_field(settings, "title"),
        subject=text_field(settings, "subject_line"),
        list_id=list_id,
        segment_id=segment_id,
        recipient_count=recipient_count,
        template_id=optional_count(settings, "template_id", MAX_NUMBER) or None,
        create_time=time_field(row, "create_time"),
        send_time=time_field(row, "send_time"),
        emails_sent=count_field(row, "emails_sent"),
        is_target_known=is_target_known,
        preview_text=text_field(settings, "preview_text"),
    )


def _target(recipients: Any) -> tuple[str, int | None, int, bool]:
    """Whom a campaign addresses: audience, segment, number of people, and whether that could be read."""
    try:
        recipients = typed(recipients or {}, dict)
        options = typed(recipients.get("segment_opts") or {}, dict)
        segment_id = required_number(options.get("saved_segment_id") or 0, MAX_NUMBER) or None
        recipient_count = required_number(recipients.get("recipient_count") or 0)
        list_id = required_id(recipients["list_id"]) if recipients.get("list_id") else ""
    except (LookupError, TypeError, ValueError):
        count_dropped_value("recipients")
        return "", None, 0, False
    return list_id, segment_id, recipient_count, True


def html(row: Row) -> str:
    """Parses the content of a campaign."""
    return text_field(typed(row, dict), "html", None)


def regions(row: Row) -> dict[str, str]:
    """Parses the editable regions of a template."""
    return dict(texts(object_field(typed(row, dict), "sections")))


def checklist(row: Row) -> Checklist:
    """Parses the send checklist."""
    items = tuple(
        ChecklistItem(
            text_field(item, "type", _SHORT_LENGTH),
            text_field(item, "heading"),
            text_field(item, "details"),
        )
        for item in objects_of(required_list(row, "items"), "items")
    )
    return Checklist(typed(row["is_ready"], bool), items)


def texts(values: Row) -> Iterator[tuple[str, str]]:
    """The texts and numbers among the values of an object."""
    for name, value in values.items():
        if isinstance(value, str | int | float) and is_storable(str(name)):
            is_whole = isinstance(value, float) and value.is_integer()
            yield name, storable_text(str(int(value) if is_whole else value))


def _list_of_texts(values: Any, name: str) -> Iterator[str]:
    for value in values if isinstance(values, list) else ():
        if isinstance(value, str):
            yield value
        else:
            count_dropped_value(name)
