"""Campaigns and reports: call, verb, path, query, body, answer; and what comes of it."""

from typing import Any

from cxmc_ext.domain.mailchimp import (
    ActivityPage,
    ActivityRow,
    Checklist,
    ChecklistItem,
    Draft,
    Unsubscribe,
)
from tests.adapters.mailchimp.requests_account import ADDRESS, AT, HASH, ISO, MEMBER, Entry

CAMPAIGN = {
    "id": "c1",
    "web_id": 11,
    "status": "save",
    "create_time": ISO,
    "send_time": "",
    "emails_sent": 0,
    "recipients": {
        "list_id": "l1",
        "recipient_count": 3,
        "segment_opts": {"saved_segment_id": 7, "match": "any", "conditions": []},
    },
    "settings": {"title": "T [tok]", "subject_line": "S", "template_id": 0},
}
LINE = {
    "id": "c1",
    "send_time": ISO,
    "emails_sent": 9,
    "opens": {"opens_total": 4, "last_open": ISO},
    "clicks": {"clicks_total": 2, "last_click": ""},
    "bounces": {"hard_bounces": 1, "soft_bounces": 2, "syntax_errors": 0},
    "unsubscribed": 1,
}
ACTIVITY = {
    "emails": [
        {
            "email_id": HASH,
            "email_address": ADDRESS,
            "activity": [
                {"action": "open", "timestamp": ISO, "ip": "192.0.2.1"},
                {"action": "click", "timestamp": ISO, "url": "https://a.example/", "ip": ""},
                {"action": "bounce", "type": "hard", "timestamp": ISO},
                {"action": "teleport", "timestamp": ISO},
            ],
        },
        {"email_id": "x", "email_address": "b@cedarstaffing.example", "activity": []},
    ],
    "total_items": 2,
}

CALLS: dict[str, Entry] = {
    "archive_member": (
        lambda c: c.archive_member("l1", HASH),
        "DELETE",
        f"/lists/l1/members/{HASH}",
        {},
        None,
        None,
    ),
    "unsubscribe_member": (
        lambda c: c.unsubscribe_member("l1", HASH),
        "PATCH",
        f"/lists/l1/members/{HASH}",
        {"skip_merge_validation": "true"},
        {"status": "unsubscribed"},
        MEMBER,
    ),
    "recent_campaigns": (
        lambda c: [found.title for found in c.recent_campaigns(AT)],
        "GET",
        "/campaigns",
        {"since_create_time": ISO, "sort_field": "create_time", "sort_dir": "DESC"},
        None,
        {"campaigns": [CAMPAIGN]},
    ),
    "create_campaign": (
        lambda c: (
            c.create_campaign(
                Draft("l1", 7, "T [tok]", "S", "F", ADDRESS, "P", "é" * 30)
            ).segment_id
        ),
        "POST",
        "/campaigns",
        {},
        {
            "type": "regular",
            "recipients": {
                "list_id": "l1",
                "segment_opts": {
                    "saved_segment_id": 7,
                    "match": "any",
                    "conditions": [
                        {
                            "condition_type": "StaticSegment",
                            "field": "static_segment",
                            "op": "static_is",
                            "value": 7,
                        }
                    ],
                },
            },
            "settings": {
                "title": "T [tok]",
                "subject_line": "S",
                "preview_text": "P",
                "from_name": "F",
                "reply_to": ADDRESS,
            },
            "tracking": {"google_analytics": "é" * 25},
        },
        CAMPAIGN,
    ),
    "campaign": (
        lambda c: (c.campaign("c1").create_time, c.campaign("c1").send_time),
        "GET",
        "/campaigns/c1",
        {},
        None,
        CAMPAIGN,
    ),
    "checklist": (
        lambda c: c.checklist("c1"),
        "GET",
        "/campaigns/c1/send-checklist",
        {},
        None,
        {"is_ready": False, "items": [{"type": "error", "heading": "H", "details": "D"}]},
    ),
    "send": (lambda c: c.send("c1"), "POST", "/campaigns/c1/actions/send", {}, None, None),
    "schedule": (
        lambda c: c.schedule("c1", AT),
        "POST",
        "/campaigns/c1/actions/schedule",
        {},
        {"schedule_time": ISO},
        None,
    ),
    "unschedule": (
        lambda c: c.unschedule("c1"),
        "POST",
        "/campaigns/c1/actions/unschedule",
        {},
        None,
        None,
    ),
    "send_test_mail": (
        lambda c: c.send_test_mail("c1", [ADDRESS]),
        "POST",
        "/campaigns/c1/actions/test",
        {},
        {"test_emails": [ADDRESS], "send_type": "html"},
        None,
    ),
    "delete_campaign": (
        lambda c: c.delete_campaign("c1"),
        "DELETE",
        "/campaigns/c1",
        {},
        None,
        None,
    ),
    "report_summaries": (
        lambda c: [line.fingerprint() for line in c.report_summaries(AT)],
        "GET",
        "/reports",
        {"since_send_time": ISO, "count": "1000", "offset": "0"},
        None,
        {"reports": [LINE]},
    ),
    "report": (
        lambda c: (c.report("c1").summary.bounces, c.report("c1").body["forwards"]),
        "GET",
        "/reports/c1",
        {"exclude_fields": "_links"},
        None,
        LINE | {"forwards": {"forwards_count": 0}},
    ),
    "activity_page": (
        lambda c: c.activity_page("c1", 3000, AT),
        "GET",
        "/reports/c1/email-activity",
        {
            "fields": "emails.email_id,emails.email_address,emails.activity,total_items",
            "count": "1000",
            "offset": "3000",
            "since": ISO,
        },
        None,
        ACTIVITY,
    ),
    "human_activity_page": (
        lambda c: c.human_activity_page("c1", 3000),
        "GET",
        "/reports/c1/email-activity",
        {
            "fields": "emails.email_id,emails.email_address,emails.activity,total_items",
            "count": "1000",
            "offset": "3000",
            "filter_bots": "true",
        },
        None,
        ACTIVITY,
    ),
    "complaints": (
        lambda c: c.complaints("c1"),
        "GET",
        "/reports/c1/abuse-reports",
        {"fields": "abuse_reports.email_id,abuse_reports.email_address,abuse_reports.date"},
        None,
        {"abuse_reports": [{"email_id": HASH, "email_address": ADDRESS, "date": ISO}]},
    ),
    "unsubscribes_page": (
        lambda c: c.unsubscribes_page("c1", 0),
        "GET",
        "/reports/c1/unsubscribed",
        {"count": "1000", "offset": "0"},
        None,
        {
            "unsubscribes": [
                {"email_id": HASH, "email_address": ADDRESS, "timestamp": ISO, "reason": None}
            ]
        },
    ),
    "link_clicks": (
        lambda c: c.link_clicks("c1"),
        "GET",
        "/reports/c1/click-details",
        {"sort_field": "total_clicks", "sort_dir": "DESC"},
        None,
        {
            "urls_clicked": [
                {"url": "https://a.example/", "total_clicks": 2, "unique_clicks": 1},
                {"url": "https://b.example/", "total_clicks": 5, "unique_clicks": 3},
            ]
        },
    ),
}

_ACTIVITY_PAGE = ActivityPage(
    (
        ActivityRow(
            HASH,
            ADDRESS,
            (
                ("open", AT, ""),
                ("click", AT, "https://a.example/"),
                ("hard_bounce", AT, ""),
            ),
        ),
        ActivityRow("b@cedarstaffing.example", "b@cedarstaffing.example", ()),
    ),
    2,
    2,
)

RESULTS: dict[str, Any] = {
    "recent_campaigns": ["T [tok]"],
    "create_campaign": 7,
    "campaign": (AT, None),
    "checklist": Checklist(False, (ChecklistItem("error", "H", "D"),)),
    "report_summaries": [f"9/4/{AT}/2/None/3/1/None"],
    "report": (3, {"forwards_count": 0}),
    "activity_page": _ACTIVITY_PAGE,
    "human_activity_page": _ACTIVITY_PAGE,
    "complaints": (Unsubscribe(HASH, ADDRESS, AT, ""),),
    "unsubscribes_page": (Unsubscribe(HASH, ADDRESS, AT, ""),),
    "link_clicks": (("https://b.example/", 5, 3), ("https://a.example/", 2, 1)),
}
