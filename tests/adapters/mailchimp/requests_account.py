"""Account, members and segments: call, verb, path, query, body, answer; and what comes of it."""

from collections.abc import Callable
from typing import Any

from cxmc_ext.adapters.mailchimp.client import MailChimpClient
from cxmc_ext.domain.mailchimp import (
    Audience,
    Audiences,
    BatchResult,
    Member,
    NewAudience,
    NewMember,
    RowError,
    Segment,
    SenderDomain,
    Template,
    Unsubscribe,
)

Entry = tuple[Callable[[MailChimpClient], Any], str, str, dict[str, str], Any, Any]
AT = 1_767_323_045
ISO = "2026-01-02T03:04:05+00:00"
HASH = "d41d8cd98f00b204e9800998ecf8427e"
ADDRESS = "anna@cedarstaffing.example"

MEMBER = {
    "id": HASH,
    "email_address": ADDRESS,
    "status": "subscribed",
    "merge_fields": {"FNAME": "Anna", "ADDRESS": {"city": "x"}, "AGE": 41, "LNAME": ""},
}
ANNA = Member(HASH, ADDRESS, "subscribed", {"FNAME": "Anna", "AGE": "41", "LNAME": ""})
STATS = {"member_count": 3, "unsubscribe_count": 2}
NEW_AUDIENCE = NewAudience(
    "Master List", {"company": "C", "addr1": "K 1", "city": "A", "country": "NL"}, "P", "F", ADDRESS
)

CALLS: dict[str, Entry] = {
    "account": (
        lambda c: (c.account().role, c.account().plan, c.account().contact),
        "GET",
        "/",
        {},
        None,
        {
            "account_id": "a1",
            "role": "owner",
            "pricing_plan_type": "monthly",
            "contact": {"company": "C", "addr1": "K 1"},
        },
    ),
    "audiences": (
        lambda c: c.audiences(),
        "GET",
        "/lists",
        {"count": "1000", "offset": "0"},
        None,
        {
            "lists": [{"id": "l1", "web_id": 5, "name": "M", "stats": STATS}],
            "constraints": {"may_create": True},
        },
    ),
    "audience": (
        lambda c: c.audience("l1"),
        "GET",
        "/lists/l1",
        {},
        None,
        {"id": "l1", "web_id": 5, "name": "M", "double_optin": True, "stats": {}},
    ),
    "create_audience": (
        lambda c: c.create_audience(NEW_AUDIENCE),
        "POST",
        "/lists",
        {},
        {
            "name": "Master List",
            "contact": {"company": "C", "address1": "K 1", "city": "A", "country": "NL"},
            "permission_reminder": "P",
            "campaign_defaults": {
                "from_name": "F",
                "from_email": ADDRESS,
                "subject": "Master List",
                "language": "en",
            },
            "email_type_option": False,
        },
        {"id": "l1", "web_id": 5, "name": "Master List"},
    ),
    "templates": (
        lambda c: c.templates(),
        "GET",
        "/templates",
        {"type": "user", "count": "1000", "sort_field": "date_edited", "sort_dir": "DESC"},
        None,
        {
            "templates": [
                {"id": 1, "name": "Old", "active": True, "date_edited": "", "thumbnail": None},
                {"id": 2, "name": "Gone", "active": False},
                {"id": 3, "name": "New", "content_type": "multichannel", "date_edited": ISO},
            ]
        },
    ),
    "sender_domains": (
        lambda c: c.sender_domains(),
        "GET",
        "/verified-domains",
        {},
        None,
        {"domains": [{"domain": "a.example", "verified": True, "verification_sent": ISO}]},
    ),
    "request_domain_verification": (
        lambda c: c.request_domain_verification(ADDRESS),
        "POST",
        "/verified-domains",
        {},
        {"verification_email": ADDRESS},
        {"domain": "cedarstaffing.example"},
    ),
    "verify_domain": (
        lambda c: c.verify_domain("a.example", "123"),
        "POST",
        "/verified-domains/a.example/actions/verify",
        {},
        {"code": "123"},
        {"verified": True},
    ),
    "member": (
        lambda c: c.member("l1", HASH),
        "GET",
        f"/lists/l1/members/{HASH}",
        {"fields": "id,email_address,status,merge_fields,last_changed"},
        None,
        MEMBER,
    ),
    "members_page": (
        lambda c: c.members_page("l1", 2000),
        "GET",
        "/lists/l1/members",
        {"count": "1000", "offset": "2000"},
        None,
        {"members": [MEMBER]},
    ),
    "members_changed": (
        lambda c: list(c.members_changed("l1", "unsubscribed", AT)),
        "GET",
        "/lists/l1/members",
        {"status": "unsubscribed", "since_last_changed": ISO, "count": "1000", "offset": "0"},
        None,
        {"members": [MEMBER]},
    ),
    "audience_complaints": (
        lambda c: list(c.audience_complaints("l1")),
        "GET",
        "/lists/l1/abuse-reports",
        {
            "fields": "abuse_reports.email_id,abuse_reports.email_address,abuse_reports.date",
            "count": "1000",
            "offset": "0",
        },
        None,
        {"abuse_reports": [{"email_id": HASH, "email_address": ADDRESS, "date": ISO}, {"id": 3}]},
    ),
    "subscribe_members": (
        lambda c: c.subscribe_members("l1", [NewMember(ADDRESS, {"FNAME": "Anna"})]),
        "POST",
        "/lists/l1",
        {"skip_merge_validation": "true", "skip_duplicate_check": "true"},
        {
            "members": [
                {
                    "email_address": ADDRESS,
                    "email_type": "html",
                    "status": "subscribed",
                    "merge_fields": {"FNAME": "Anna"},
                }
            ],
            "update_existing": False,
        },
        {
            "total_created": 0,
            "errors": [
                {"email_address": ADDRESS, "error": "exists", "error_code": "ERROR_CONTACT_EXISTS"}
            ],
        },
    ),
    "update_merge_values": (
        lambda c: c.update_merge_values("l1", HASH, {"FNAME": "Ann"}),
        "PATCH",
        f"/lists/l1/members/{HASH}",
        {"skip_merge_validation": "true"},
        {"merge_fields": {"FNAME": "Ann"}},
        MEMBER,
    ),
    "restore_member": (
        lambda c: c.restore_member("l1", HASH, NewMember(ADDRESS, {"FNAME": "Ann"})),
        "PUT",
        f"/lists/l1/members/{HASH}",
        {"skip_merge_validation": "true"},
        {
            "email_address": ADDRESS,
            "status": "subscribed",
            "status_if_new": "subscribed",
            "merge_fields": {"FNAME": "Ann"},
        },
        MEMBER,
    ),
    "invite_member": (
        lambda c: c.invite_member("l1", HASH, ADDRESS),
        "PUT",
        f"/lists/l1/members/{HASH}",
        {"skip_merge_validation": "true"},
        {"email_address": ADDRESS, "status": "pending", "status_if_new": "pending"},
        MEMBER,
    ),
    "find_segment": (
        lambda c: c.find_segment("l1", "cx b"),
        "GET",
        "/lists/l1/segments",
        {"type": "static", "count": "1000"},
        None,
        {"segments": [{"id": 6, "name": "cx a"}, {"id": 7, "name": "cx b", "member_count": 2}]},
    ),
    "create_segment": (
        lambda c: c.create_segment("l1", "cx b", [ADDRESS]),
        "POST",
        "/lists/l1/segments",
        {},
        {"name": "cx b", "static_segment": [ADDRESS]},
        {"id": 7, "name": "cx b", "member_count": 1},
    ),
    "add_to_segment": (
        lambda c: c.add_to_segment("l1", 7, [ADDRESS]),
        "POST",
        "/lists/l1/segments/7",
        {},
        {"members_to_add": [ADDRESS]},
        {
            "total_added": 0,
            "errors": [{"email_addresses": [ADDRESS, "b@c.example"], "error": "not in list"}],
        },
    ),
    "segment_page": (
        lambda c: c.segment_page("l1", 7, 0),
        "GET",
        "/lists/l1/segments/7/members",
        {"fields": "members.id,members.email_address,members.status"},
        None,
        {"members": [{k: v for k, v in MEMBER.items() if k != "merge_fields"}]},
    ),
    "delete_member_permanently": (
        lambda c: c.delete_member_permanently("l1", HASH),
        "POST",
        f"/lists/l1/members/{HASH}/actions/delete-permanent",
        {},
        None,
        None,
    ),
    "rename_segment": (
        lambda c: c.rename_segment("l1", 7, "Vacatures"),
        "PATCH",
        "/lists/l1/segments/7",
        {},
        {"name": "Vacatures"},
        {"id": 7, "name": "Vacatures", "member_count": 1},
    ),
    "delete_segment": (
        lambda c: c.delete_segment("l1", 7),
        "DELETE",
        "/lists/l1/segments/7",
        {},
        None,
        None,
    ),
}

RESULTS: dict[str, Any] = {
    "account": ("owner", "monthly", {"company": "C", "addr1": "K 1"}),
    "audiences": Audiences((Audience("l1", 5, "M", 3, unsubscribe_count=2),), True),
    "audience": Audience("l1", 5, "M", 0, double_optin=True),
    "create_audience": Audience("l1", 5, "Master List", 0),
    "templates": (Template(3, "New", "", AT, usable=False), Template(1, "Old", "", None, True)),
    "sender_domains": (
        SenderDomain("a.example", verified=True, authenticated=False, mail_sent=True),
    ),
    "member": ANNA,
    "restore_member": ANNA,
    "invite_member": ANNA,
    "members_page": (ANNA,),
    "members_changed": [ANNA],
    "audience_complaints": [Unsubscribe(HASH, ADDRESS, AT, "")],
    "subscribe_members": BatchResult(0, (RowError(ADDRESS, "ERROR_CONTACT_EXISTS", "exists"),)),
    "find_segment": Segment(7, "cx b", 2),
    "create_segment": Segment(7, "cx b", 1),
    "add_to_segment": BatchResult(
        0, (RowError(ADDRESS, "", "not in list"), RowError("b@c.example", "", "not in list"))
    ),
    "segment_page": (Member(HASH, ADDRESS, "subscribed", {}),),
}
