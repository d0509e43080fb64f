"""The objects of MailChimp's API as values: what the client takes and returns.

Fields are described at https://mailchimp.com/developer/marketing/api/. Empty dates ("") are None.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, TypeVar

from cxmc_ext.domain.json_types import Json

T = TypeVar("T")


class Page(tuple[T, ...]):
    """The rows of one page that can be used.

    Attributes:
        row_count: How many rows the page had, usable or not: only one with fewer than asked for is the last.
    """

    row_count: int

    def __new__(cls, rows: Iterable[T], row_count: int) -> "Page[T]":
        page = super().__new__(cls, tuple(rows))
        page.row_count = row_count
        return page


@dataclass(frozen=True, slots=True)
class RemoteAccount:
    """GET /: the account and user a key belongs to. `server_time` is the Date header of the response."""

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
    """An audience (“list” in the API). `id` is for the API, `web_id` for links to MailChimp's website."""

    id: str
    web_id: int
    name: str
    member_count: int
    double_optin: bool = False
    unsubscribe_count: int = 0
    subscribe_url: str = ""


@dataclass(frozen=True, slots=True)
class Audiences:
    """GET /lists. `may_create`: whether the plan allows another audience."""

    items: tuple[Audience, ...]
    may_create: bool


@dataclass(frozen=True, slots=True)
class NewAudience:
    """The fields that POST /lists requires."""

    name: str
    contact: Mapping[str, str]
    permission_reminder: str
    from_name: str
    from_email: str


@dataclass(frozen=True, slots=True)
class Template:
    """A template made by users. `usable` is False for the new builder's: the API cannot apply those."""

    id: int
    name: str
    thumbnail: str
    edited_at: int | None
    usable: bool


@dataclass(frozen=True, slots=True)
class SenderDomain:
    """One domain of GET /verified-domains.

    `verified`: mail may be sent from it. `authenticated`: DKIM and DMARC are set up. `mail_sent`: the
    verification mail was sent.
    """

    domain: str
    verified: bool
    authenticated: bool
    mail_sent: bool


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that MailChimp calls when somebody unsubscribes.

    `is_signed`: the calls carry a signature. `signing_key`: what they are signed with; only the answer to
    the creation names it, "" everywhere else.
    """

    id: str
    url: str
    is_signed: bool = False
    signing_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an audience or segment. `hash` is MailChimp's id, as hex."""

    hash: str
    address: str
    status: str
    merge_values: Mapping[str, str]
    changed_at: int | None = None


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member to subscribe: an address that is not in the audience yet."""

    address: str
    merge_values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowError:
    """A rejected row of a batch. `code` is ERROR_CONTACT_EXISTS, ERROR_GENERIC or ""."""

    address: str
    code: str
    text: str
    field: str = ""
    """The tag of the merge field whose value was refused, if that is the reason."""
    field_text: str = ""

    @property
    def message(self) -> str:
        """MailChimp's words for people, with the refused field."""
        field = ": ".join(part for part in (self.field, self.field_text) if part)
        return " ".join(part for part in (self.text, field) if part)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The response to a batch: the API answers 200 even when it rejected every row."""

    success_count: int
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A static segment, called “tag” on MailChimp's website."""

    id: int
    name: str
    member_count: int


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of POST /campaigns. `title` contains our token; recipients never see it.

    Without sender and subject it cannot be sent, only previewed; without `google_analytics` links are plain.
    """

    list_id: str
    segment_id: int
    title: str
    subject: str = ""
    from_name: str = ""
    reply_to: str = ""
    preview_text: str = ""
    google_analytics: str = ""


@dataclass(frozen=True, slots=True)
class RemoteCampaign:
    """A campaign at MailChimp. `segment_id` None: it is addressed to the whole audience.

    `is_target_known` is False where audience, segment or number of recipients could not be read: nothing
    may be decided from them then.
    """

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
    is_target_known: bool = True
    preview_text: str = ""


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """An item of the send checklist, in MailChimp's words. `kind` is success, warning or error."""

    kind: str
    heading: str
    details: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """GET /campaigns/{id}/send-checklist. Only `ready` decides; the items explain it."""

    ready: bool
    items: tuple[ChecklistItem, ...]


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What the change check reads of one sent campaign: while it stays equal, nothing has happened.

    A total is None where MailChimp does not name it or names something that is no number.
    """

    id: str
    send_time: int | None
    emails_sent: int | None
    opens: int | None
    last_open: int | None
    clicks: int | None
    last_click: int | None
    bounces: int | None
    unsubscribed: int | None
    complaints: int | None = None
    body: Mapping[str, Json] = field(default_factory=dict, compare=False, repr=False)
    """All fields that were read, for the screens."""

    def fingerprint(self) -> str:
        """The compared fields as one text, to be stored."""
        return (
            f"{self.emails_sent}/{self.opens}/{self.last_open}/{self.clicks}/"
            f"{self.last_click}/{self.bounces}/{self.unsubscribed}/{self.complaints}"
        )


@dataclass(frozen=True, slots=True)
class Report:
    """GET /reports/{id}: the summary, and the whole body for the screens (totals, rates, time series)."""

    summary: ReportSummary
    body: Mapping[str, Json]


# One event of one recipient: (action, at in Unix seconds, URL of a click or ""). The action is open, click,
# bounce, or HARD_BOUNCE. A plain tuple, because a report has very many.
RawEvent: TypeAlias = tuple[str, int, str]


class ActivityRow(NamedTuple):
    """One recipient of a page of GET /reports/{id}/email-activity. Many have no events.

    `hash` is MailChimp's id of the member: it stays the same when the address changes, so it may not be the
    hash of `address`. Where the row has none, it is the address itself.
    """

    hash: str
    address: str
    events: tuple[RawEvent, ...]


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A page of GET /reports/{id}/email-activity.

    `total` is the number of recipients, not of events; None where it cannot be read. `row_count` is the
    number of rows on the page, including rows without an address, which `rows` leaves out.
    """

    rows: tuple[ActivityRow, ...]
    total: int | None
    row_count: int


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Who unsubscribed (GET /reports/{id}/unsubscribed) or complained (…/abuse-reports)."""

    hash: str
    address: str
    at: int | None
    reason: str
