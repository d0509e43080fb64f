"""Turns MailChimp's JSON about campaigns that were sent, and their recipients, into values of the domain.

A row that cannot be used is dropped and counted; the others are kept.
"""

from cxmc_ext.adapters.mailchimp.answers import collection
from cxmc_ext.adapters.mailchimp.http_session import ApiResponse
from cxmc_ext.adapters.mailchimp.json_fields import (
    ADDRESS_LENGTH,
    MAX_NUMBER,
    Row,
    count_field,
    id_field,
    object_field,
    optional_count,
    required_id,
    required_text,
    text_field,
    time_field,
)
from cxmc_ext.adapters.mailchimp.parsing import texts
from cxmc_ext.domain.mailchimp import Page
from cxmc_ext.domain.sent_campaigns import SentCampaign, SentRecipient

# Columns that are shorter than `MAX_TEXT`.
_TITLE_LENGTH, _NAME_LENGTH = 300, 200


def sent_campaigns(response: ApiResponse) -> Page[SentCampaign]:
    """Parses a page of campaigns. Those of another type or status are left out but counted.

    Filters with a value that MailChimp does not know have no effect or find nothing (observed 2026-07), so
    both are looked at again.
    """
    page = collection("campaigns", _sent_campaign)(response)
    return Page((campaign for campaign in page if campaign is not None), page.row_count)


def sent_recipient(row: Row) -> SentRecipient:
    """Parses one recipient."""
    return SentRecipient(
        address=required_text(row["email_address"], ADDRESS_LENGTH),
        merge_values=dict(texts(object_field(row, "merge_fields"))),
    )


def _sent_campaign(row: Row) -> SentCampaign | None:
    if row["type"] != "regular" or row["status"] != "sent":
        return None
    settings = object_field(row, "settings")
    return SentCampaign(
        id=required_id(row["id"]),
        web_id=optional_count(row, "web_id", MAX_NUMBER) or 0,
        title=text_field(settings, "title", _TITLE_LENGTH),
        subject=text_field(settings, "subject_line", _TITLE_LENGTH),
        preview_text=text_field(settings, "preview_text", _TITLE_LENGTH),
        from_name=text_field(settings, "from_name", _NAME_LENGTH),
        from_email=text_field(settings, "reply_to", ADDRESS_LENGTH),
        list_id=id_field(object_field(row, "recipients"), "list_id"),
        create_time=time_field(row, "create_time"),
        send_time=time_field(row, "send_time"),
        emails_sent=count_field(row, "emails_sent"),
    )
