"""Campaigns that were sent, and their recipients: call, verb, path, query, body, answer; and the result."""

from typing import Any

from cxmc_ext.domain.sent_campaigns import SentCampaign, SentRecipient
from tests.adapters.mailchimp.requests_account import ADDRESS, AT, ISO, Entry

SENT = {
    "id": "c1",
    "web_id": 11,
    "type": "regular",
    "status": "sent",
    "create_time": ISO,
    "send_time": ISO,
    "emails_sent": 3,
    "recipients": {"list_id": "l1"},
    "settings": {"title": "T", "subject_line": "S", "from_name": "F", "reply_to": ADDRESS},
}

CALLS: dict[str, Entry] = {
    "sent_campaigns_page": (
        lambda c: c.sent_campaigns_page(1000),
        "GET",
        "/campaigns",
        {
            "type": "regular",
            "status": "sent",
            "sort_field": "send_time",
            "sort_dir": "ASC",
            "count": "1000",
            "offset": "1000",
        },
        None,
        {
            "campaigns": [
                SENT,
                {**SENT, "type": "variate"},
                {**SENT, "status": "archived"},
                {"id": "c4"},
                "none",
            ]
        },
    ),
    "sent_to_page": (
        lambda c: c.sent_to_page("c1", 0),
        "GET",
        "/reports/c1/sent-to",
        {"count": "1000", "offset": "0"},
        None,
        {
            "sent_to": [
                {"email_address": ADDRESS, "merge_fields": {"FNAME": "A", "ADDRESS": {}}},
                {"email_address": ""},
                {"email_address": "b@cedarstaffing.example", "merge_fields": []},
            ]
        },
    ),
}

RESULTS: dict[str, Any] = {
    "sent_campaigns_page": (SentCampaign("c1", 11, "T", "S", "", "F", ADDRESS, "l1", AT, AT, 3),),
    "sent_to_page": (
        SentRecipient(ADDRESS, {"FNAME": "A"}),
        SentRecipient("b@cedarstaffing.example", {}),
    ),
}
