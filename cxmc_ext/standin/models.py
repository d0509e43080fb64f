"""What the stand-in remembers: plain records that turn into JSON and back without a special case.

Times are whole seconds since 1970, 0 means never. Dictionary keys are text, also for numeric ids.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class MergeField:
    """One column of an audience."""

    merge_id: int
    tag: str
    name: str
    type: str = "text"
    required: bool = False
    default_value: str = ""
    public: bool = False
    display_order: int = 1
    options: Json = field(default_factory=dict)
    help_text: str = ""


@dataclass(slots=True)
class Member:
    """One address in one audience; `left_by` says who ended the subscription."""

    id: str
    email_address: str
    status: str
    web_id: int
    merge_fields: Json
    last_changed: int
    previous_status: str = ""
    timestamp_signup: int = 0
    timestamp_opt: int = 0
    unsubscribe_reason: str = ""
    ended_by: str = ""
    language: str = ""
    vip: bool = False
    email_type: str = "html"
    source: str = "API - Generic"
    tags: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Segment:
    """A static segment is a tag; one with options is worked out from its conditions."""

    id: int
    name: str
    type: str
    created_at: int
    updated_at: int
    members: dict[str, int] = field(default_factory=dict)
    options: Json = field(default_factory=dict)


@dataclass(slots=True)
class Webhook:
    """One address that wants to hear of changes."""

    id: str
    url: str
    events: dict[str, bool]
    sources: dict[str, bool]
    secret: str
    enabled: bool = True


@dataclass(slots=True)
class Audience:
    """What the API calls a list."""

    id: str
    web_id: int
    name: str
    date_created: int
    contact: Json = field(default_factory=dict)
    permission_reminder: str = ""
    campaign_defaults: Json = field(default_factory=dict)
    email_type_option: bool = False
    double_optin: bool = False
    marketing_permissions: bool = False
    notify_on_subscribe: str = ""
    notify_on_unsubscribe: str = ""
    use_archive_bar: bool = False
    merge_fields: list[MergeField] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    segments: dict[str, Segment] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    deleted_permanently: dict[str, int] = field(default_factory=dict)
    counted_at: int = 0
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Template:
    """One template of an account, its own or from the shop window."""

    id: int
    name: str
    html: str
    date_created: int
    date_edited: int
    type: str = "user"
    content_type: str = "html"
    category: str = ""
    active: bool = True
    incomplete: bool = False


@dataclass(slots=True)
class Domain:
    """One sender domain; `code` is what was mailed to prove it."""

    domain: str
    verified: bool = False
    authenticated: bool = False
    verification_email: str = ""
    verification_sent: int = 0
    code: str = ""


@dataclass(slots=True)
class CampaignRecipient:
    """What became of one mail to one address."""

    email_address: str
    merge_fields: Json
    bounce: str = ""
    activity: list[Json] = field(default_factory=list)
    opens: int = 0
    proxy_opens: int = 0
    last_open: int = 0
    clicks: int = 0
    unsubscribed_at: int = 0
    unsubscribe_reason: str = ""


@dataclass(slots=True)
class Link:
    """One tracked link of a campaign and who clicked it how often."""

    id: str
    url: str
    total_clicks: int = 0
    last_click: int = 0
    clicks_by_member: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Campaign:
    """`segment_opts` is what the API shows, `target` what decides who gets the mail."""

    id: str
    web_id: int
    type: str
    create_time: int
    status: str = "save"
    list_id: str = ""
    segment_opts: Json = field(default_factory=dict)
    target: Json = field(default_factory=dict)
    has_target: bool = False
    settings: Json = field(default_factory=dict)
    tracking: Json = field(default_factory=dict)
    content_type: str = "template"
    html: str = ""
    incomplete: bool = False
    send_time: int = 0
    finish_at: float = 0.0
    emails_sent: int = 0
    parent: str = ""
    fixed_recipients: list[str] = field(default_factory=list)
    recipients: dict[str, CampaignRecipient] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    hourly_totals: dict[str, list[int]] = field(default_factory=dict)
    simulated_days: int = 0
    simulated_until: int = 0


@dataclass(slots=True)
class Account:
    """One customer of the service with all that is his."""

    id: str
    login_id: str
    name: str
    email: str
    plan: str = "monthly"
    pro: bool = False
    timezone: str = "Europe/Amsterdam"
    member_since: int = 0
    contact: Json = field(default_factory=dict)
    lists: dict[str, Audience] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)


@dataclass(slots=True)
class Key:
    """One user's API key; `state` is active, disabled (401) or deactivated (403)."""

    key: str
    account_id: str
    role: str
    label: str
    note: str
    state: str = "active"


@dataclass(slots=True)
class Switches:
    """What nobody could confirm on a live account, each as a switch; the strict reading is the default."""

    permissive_send: bool = False
    snapshot_bug: bool = True
    segment_fixed_at_schedule: bool = False
    delete_while_sending: bool = False
    put_restores_archived: bool = False
    segment_refuses_optouts: bool = False
    title_limit: int = 0
    listing_lag: float = 0.0
    member_lag: float = 0.0
    webhook_retries: int = 3
    max_connections: int = 10
    send_seconds: float = 1.5


@dataclass(slots=True)
class Dispatch:
    """One act of sending: what all its mails have in common."""

    id: int
    kind: str
    account_id: str
    campaign_id: str
    list_id: str
    subject: str
    from_name: str
    reply_to: str
    html: str
    time: int


@dataclass(slots=True)
class Delivery:
    """One mail of a mailing."""

    dispatch_id: int
    member_id: str
    address: str
    merge_fields: Json


def subscriber_hash(address: str) -> str:
    return hashlib.md5(address.strip().lower().encode(), usedforsecurity=False).hexdigest()
