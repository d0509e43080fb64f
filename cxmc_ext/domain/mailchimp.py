"""MailChimp's nouns as values: what the adapter returns and takes. Empty strings of the API are None here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from cxmc_ext.domain.json_types import Json

MemberStatus = Literal[
    "subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived"
]


@dataclass(frozen=True, slots=True)
class RemoteAccount:
    """GET /: whom the key belongs to and what they may do. `server_time` is the Date header."""

    account_id: str
    name: str
    email: str
    role: str
    plan: str
    time_zone: str
    contact: Mapping[str, str]
    server_time: int | None


@dataclass(frozen=True, slots=True)
class Audience:
    """One list of members; `web_id` is for links into the app, `id` for the API."""

    id: str
    web_id: int
    name: str
    member_count: int
    double_optin: bool = False


@dataclass(frozen=True, slots=True)
class Audiences:
    """GET /lists. `may_create` comes from its constraints."""

    items: tuple[Audience, ...]
    may_create: bool


@dataclass(frozen=True, slots=True)
class NewAudience:
    """What POST /lists requires."""

    name: str
    contact: Mapping[str, str]
    permission_reminder: str
    from_name: str
    from_email: str


@dataclass(frozen=True, slots=True)
class Template:
    """A user-created template. `usable` is False for the new builder, which the API cannot apply."""

    id: int
    name: str
    thumbnail: str
    edited_at: int | None
    usable: bool


@dataclass(frozen=True, slots=True)
class SenderDomain:
    """A sender domain as GET /verified-domains shows it."""

    domain: str
    verified: bool
    authenticated: bool
    mail_sent: bool


@dataclass(frozen=True, slots=True)
class Member:
    """One row of an audience or of a segment; `hash` is MailChimp's id of the address."""

    hash: str
    address: str
    status: str
    merge_values: Mapping[str, str]
    changed_at: int | None = None


@dataclass(frozen=True, slots=True)
class NewMember:
    """A row to subscribe: an address MailChimp does not know yet."""

    address: str
    merge_values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowError:
    """One refused row of a batch: `code` is ERROR_CONTACT_EXISTS, ERROR_GENERIC or ""."""

    address: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Answer to a batch subscribe or a change of a segment; 200 even if every row failed."""

    success_count: int
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A static segment (what the app calls a tag)."""

    id: int
    name: str
    member_count: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What POST /campaigns is told. `title` carries our token; recipients never see it.

    Sender and subject may be empty: then the draft can be looked at, not sent.
    """

    list_id: str
    segment_id: int
    title: str
    subject: str = ""
    from_name: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class RemoteCampaign:
    """A campaign as MailChimp has it. `segment_id` None = the whole audience is addressed."""

    id: str
    web_id: int
    status: str
    title: str
    subject: str
    list_id: str
    segment_id: int | None
    recipient_count: int
    template_id: int | None
    create_time: int | None
    send_time: int | None
    emails_sent: int


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One line of the send checklist in MailChimp's words; `kind` is success, warning or error."""

    kind: str
    heading: str
    details: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """GET send-checklist: `ready` alone decides; the items explain."""

    ready: bool
    items: tuple[ChecklistItem, ...]


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What the gate call tells of one sent campaign; equal lines = nothing happened."""

    id: str
    send_time: int | None
    emails_sent: int
    opens: int
    last_open: int | None
    clicks: int
    last_click: int | None
    bounces: int
    unsubscribed: int
    body: Mapping[str, Json] = field(default_factory=dict, compare=False, repr=False)
    """The line as MailChimp gave it: rates and robot-free figures for the screen."""

    def fingerprint(self) -> str:
        return (
            f"{self.emails_sent}/{self.opens}/{self.last_open}/{self.clicks}/"
            f"{self.last_click}/{self.bounces}/{self.unsubscribed}"
        )


@dataclass(frozen=True, slots=True)
class Report:
    """GET /reports/{id}: the line, and the whole body for the screen (totals, rates, time series)."""

    summary: ReportSummary
    body: Mapping[str, Json]


class RawEvent(NamedTuple):
    """One activity of one recipient. `action` is open, click or bounce; unknown words are kept out."""

    action: str
    at: int
    url: str = ""


class ActivityRow(NamedTuple):
    """One recipient of a report page; silent recipients have no events.

    `hash`: MailChimp's id of the address, which may be older than the address; where a row names none,
    the address itself.
    """

    hash: str
    address: str
    events: tuple[RawEvent, ...]


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A page of a report; `total` is the number of recipients, not of events.

    `listed`: rows of the page, those that name nobody included.
    """

    rows: tuple[ActivityRow, ...]
    total: int
    row_count: int


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """One row of a report's unsubscribed list."""

    hash: str
    address: str
    at: int | None
    reason: str
