"""The stand-in's records. They consist of plain values, so that they can be written to JSON and read back.

Times are whole seconds since 1970; 0 means never. Dictionary keys are strings, also where ids are numbers.
Fields have MailChimp's names where the API has them.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


# Statuses of campaigns that reached people, also of one that was cancelled half-way: they have a report.
DELIVERED_STATUSES = ("sent", "canceling", "canceled", "archived")


@dataclass(slots=True)
class MergeField:
    """A merge field of an audience, that is, a column of its contacts."""

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
    """One address in one audience."""

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
    """Who ended the subscription: user, admin or api; "" while it lasts."""
    language: str = ""
    vip: bool = False
    email_type: str = "html"
    source: str = "API - Generic"
    tags: dict[str, int] = field(default_factory=dict)
    """Segment id to the time the tag was added."""


@dataclass(slots=True)
class Segment:
    """A static segment, which MailChimp also calls a tag, or a saved segment defined by conditions."""

    id: int
    name: str
    type: str
    created_at: int
    updated_at: int
    members: dict[str, int] = field(default_factory=dict)
    """Member id to the time the member was added; empty for a saved segment."""
    removed: dict[str, int] = field(default_factory=dict)
    """Member id to the time the member was removed, for listings that lag behind."""
    options: Json = field(default_factory=dict)
    """The conditions of a saved segment."""


@dataclass(slots=True)
class Webhook:
    """A URL that is called when something changes."""

    id: str
    url: str
    events: dict[str, bool]
    sources: dict[str, bool]
    secret: str
    enabled: bool = True


@dataclass(slots=True)
class Audience:
    """An audience; the API calls it a list."""

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
    """Hash of an address to the time of deletion; it cannot be added again by the API."""
    ids_by_hash: dict[str, str] = field(default_factory=dict)
    """Hash of an address to the member's id, where the two differ."""
    moved: dict[str, str] = field(default_factory=dict)
    """Id before an address changed to the id since then, where the two differ."""
    counted_at: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    """Members per status, as of `counted_at`."""


@dataclass(slots=True)
class Template:
    """A template: made by the account (type user) or offered to every account (base, gallery)."""

    id: int
    name: str
    html: str
    date_created: int
    date_edited: int
    type: str = "user"
    content_type: str = "html"
    category: str = ""
    active: bool = True
    """False once deleted; MailChimp keeps listing such templates."""
    incomplete: bool = False
    """Whether a campaign must replace its default texts before it can be sent."""


@dataclass(slots=True)
class Domain:
    """A sender domain; `code` is the verification code that was mailed."""

    domain: str
    verified: bool = False
    authenticated: bool = False
    verification_email: str = ""
    verification_sent: int = 0
    code: str = ""


@dataclass(slots=True)
class CampaignRecipient:
    """What a report says about one recipient: bounce, opens, clicks, unsubscribe."""

    email_address: str
    merge_fields: Json
    bounce: str = ""
    activity: list[Json] = field(default_factory=list)
    """Opens, clicks and bounces in the order they happened, as in the API."""
    opens: int = 0
    proxy_opens: int = 0
    last_open: int = 0
    clicks: int = 0
    unsubscribed_at: int = 0
    unsubscribe_reason: str = ""
    complained_at: int = 0
    """When the recipient marked the mail as spam."""
    complaint_id: int = 0


@dataclass(slots=True)
class Link:
    """A tracked link of a campaign, with its clicks."""

    id: str
    url: str
    total_clicks: int = 0
    last_click: int = 0
    clicks_by_member: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Campaign:
    """A campaign: draft, scheduled, being sent or sent.

    `segment_opts` is what the API shows; `target` decides who gets the mail. The two can differ, see
    `service.targeting`.
    """

    id: str
    web_id: int
    type: str
    create_time: int
    status: str = "save"
    list_id: str = ""
    segment_opts: Json = field(default_factory=dict)
    target: Json = field(default_factory=dict)
    has_target: bool = False
    """Whether recipients were ever set; `target` is {} for the whole audience."""
    settings: Json = field(default_factory=dict)
    tracking: Json = field(default_factory=dict)
    content_type: str = "template"
    html: str = ""
    incomplete: bool = False
    send_time: int = 0
    finish_at: float = 0.0
    emails_sent: int = 0
    waiting: list[str] = field(default_factory=list)
    """Member ids to whom a campaign that is being sent has not been delivered yet."""
    emails_canceled: int = 0
    shown_status: str = ""
    """A status that the API shows instead of the true one; "" shows the true one."""
    fixed_recipients: list[str] = field(default_factory=list)
    """Member ids, if the recipients were determined when the campaign was scheduled."""
    recipients: dict[str, CampaignRecipient] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    """Running totals of the report, see `service.engagement`."""
    hourly_totals: dict[str, list[int]] = field(default_factory=dict)
    """Hour since sending to [unique opens, clickers], for the first day."""
    simulated_days: int = 0
    simulated_until: int = 0

    @property
    def delivered(self) -> int:
        """Mails that did not bounce, which MailChimp's rates are shares of; at least 1."""
        bounced = self.totals.get("hard", 0) + self.totals.get("soft", 0)
        return max(self.emails_sent - bounced, 1)


@dataclass(slots=True)
class Account:
    """One customer of MailChimp, with everything that belongs to the account."""

    id: str
    login_id: str
    name: str
    email: str
    plan: str = "monthly"
    pro: bool = False
    timezone: str = "Europe/Amsterdam"
    deactivated: bool = False
    """Every call is answered with 403 User Disabled."""
    member_since: int = 0
    contact: Json = field(default_factory=dict)
    lists: dict[str, Audience] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)


@dataclass(slots=True)
class Key:
    """An API key of one user; `state` is active, disabled (401) or deactivated (403)."""

    key: str
    account_id: str
    role: str
    label: str
    note: str
    state: str = "active"
    is_token: bool = False
    """Not a key but the token of a login; disabled: the user revoked it."""


@dataclass(slots=True)
class Dispatch:
    """Mails that were sent together, and what they have in common; `kind` is campaign, test or service."""

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
    """One mail of a dispatch; `member_id` is "" for test and service mails."""

    dispatch_id: int
    member_id: str
    address: str
    merge_fields: Json


def subscriber_hash(address: str) -> str:
    """The id of a member: the MD5 hash of the lower-case address.

    https://mailchimp.com/developer/marketing/api/list-members/
    """
    return hashlib.md5(address.strip().lower().encode(), usedforsecurity=False).hexdigest()
