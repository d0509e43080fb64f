"""What each state of the tab shows, as one frozen dataclass per state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from cxmc_ext.domain.values import OperationKind, OperationState, ExclusionReason, Right, User, Problem


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and what they may do."""

    user: User
    rights: frozenset[Right]

    def may(self, right: str) -> bool:
        return Right(right) in self.rights


@dataclass(frozen=True, slots=True)
class Connection:
    """The stored key as it may be shown: never the key itself."""

    account_name: str
    dc: str
    key_tail: str
    connected_at: int | None
    connected_by: str
    audience_name: str
    plan: str
    key_refused: bool


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    """A template of the form; one that cannot be used is shown, not offered."""

    id: int
    name: str
    thumbnail: str
    edited_at: int | None
    usable: bool


@dataclass(frozen=True, slots=True)
class RecipientCounts:
    """The campaign's people counted; `partial` where counting stopped before the end."""

    people: int = 0
    eligible: int = 0
    excluded_by_reason: Mapping[ExclusionReason, int] = field(default_factory=dict)
    in_no_mailing_group: int = 0
    """Of the receivers, members of the host's NoMailing group."""
    partial: bool = False

    @property
    def excluded(self) -> int:
        return sum(self.excluded_by_reason.values())


@dataclass(frozen=True, slots=True)
class ReadinessItem:
    """One line of the readiness list; `tone` is good, warn or bad."""

    topic: str
    tone: str
    code: str
    values: Mapping[str, str] = field(default_factory=dict)
    verifiable_domain: str = ""
    """Set where the domain can be verified from here."""


@dataclass(frozen=True, slots=True)
class SendForm:
    """What stands in the form's fields, as text."""

    subject: str = ""
    from_name: str = ""
    from_email: str = ""
    template_id: str = ""
    date: str = ""
    time: str = ""
    test_to: str = ""
    template_search: str = ""


@dataclass(frozen=True, slots=True)
class OperationStatus:
    """A test mail, or the reading of a template: under way, or how it ended."""

    operation_id: int
    active: bool
    step: str
    queued: bool
    late: bool
    started_by: str
    started_at: int
    ended_at: int | None
    address_count: int
    """Addresses a test mail goes to."""
    problems: tuple[Problem, ...]
    """What it waits for while it is active, else why it failed; empty = all is well."""


@dataclass(frozen=True, slots=True)
class CampaignSummary:
    """What a campaign was built from, once it was asked for."""

    title: str
    subject: str
    from_name: str
    from_email: str
    template_name: str
    people: int
    eligible: int
    excluded_by_reason: Mapping[str, int]
    requested_by: str
    has_remote_campaign: bool
    """True when there is a campaign at MailChimp to open."""
    schedule_at: int | None

    @property
    def excluded(self) -> int:
        return sum(self.excluded_by_reason.values())


@dataclass(frozen=True, slots=True)
class NotConnectedScreen:
    """No usable key, or no template: nothing can be sent yet."""

    connection: Connection | None


@dataclass(frozen=True, slots=True)
class SettingsScreen:
    """Where a key is entered."""

    connection: Connection | None
    audiences: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FormScreen:
    """Everything known, ready to be filled in."""

    title: str
    connection: Connection
    form: SendForm
    templates: tuple[TemplateChoice, ...]
    templates_read_at: int | None
    counts: RecipientCounts
    readiness: tuple[ReadinessItem, ...]
    previous_problems: tuple[Problem, ...]
    """Why the last attempt ended without a campaign."""
    code_sent_for: str = ""
    """A domain MailChimp has mailed a code for."""
    test_mail: OperationStatus | None = None
    """The last test mail of this campaign."""


@dataclass(frozen=True, slots=True)
class ProgressScreen:
    """An operation is under way."""

    operation_id: int
    kind: OperationKind
    stage: int
    """1 create, 2 check readiness, 3 send; 0 where there are no steps."""
    step: str
    percent: int
    done: int
    total: int
    waiting_for: Problem | None
    started_at: int
    late: bool
    started_by: str
    queued: bool
    scheduled: bool
    can_retry: bool
    """“Try again” wakes it; what is done for the account is simply pressed again."""


@dataclass(frozen=True, slots=True)
class NotReadyScreen:
    """Refused as it is."""

    summary: CampaignSummary
    problems: tuple[Problem, ...]
    readiness: tuple[ReadinessItem, ...]
    code_sent_for: str = ""


@dataclass(frozen=True, slots=True)
class AttentionScreen:
    """A person must look."""

    summary: CampaignSummary
    problems: tuple[Problem, ...]
    can_delete: bool


@dataclass(frozen=True, slots=True)
class ScheduledScreen:
    """Waits at MailChimp for its time."""

    summary: CampaignSummary
    send_at: int


@dataclass(frozen=True, slots=True)
class InMailChimpScreen:
    """Ready; a person presses Send Now over there."""

    summary: CampaignSummary


@dataclass(frozen=True, slots=True)
class CancelledScreen:
    """Delivery was stopped in MailChimp."""

    summary: CampaignSummary
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class HourlyActivity:
    """One bar of the chart."""

    at: int
    opens: int
    clicks: int


@dataclass(frozen=True, slots=True)
class DomainStats:
    """The recipients behind one @, in addresses; rates of those that did not bounce."""

    name: str
    mailed: int
    bounced: int
    open_rate: float
    click_rate: float


@dataclass(frozen=True, slots=True)
class ReportScreen:
    """Sending or sent: the report."""

    summary: CampaignSummary
    sent: bool
    sent_at: int | None
    totals: Mapping[str, int]
    rates: Mapping[str, float]
    hours: tuple[HourlyActivity, ...]
    links: tuple[tuple[str, int, int], ...]
    domains: tuple[DomainStats, ...]
    status_counts: Mapping[str, int]
    updated_at: int | None
    next_update_at: int | None
    update_interval: int | None
    updating: bool
    count_differences: Mapping[str, tuple[int, int]]
    sync_problem: Problem | None
    follow_up_sizes: Mapping[str, int] | None
    """Whom a new campaign can be made with, by group; None where the host makes none."""


Screen: TypeAlias = (
    NotConnectedScreen
    | SettingsScreen
    | FormScreen
    | ProgressScreen
    | NotReadyScreen
    | AttentionScreen
    | ScheduledScreen
    | InMailChimpScreen
    | CancelledScreen
    | ReportScreen
)


@dataclass(frozen=True, slots=True)
class EndedOperation:
    """How an operation of the account that the page followed has ended."""

    kind: OperationKind
    state: OperationState
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class TabState:
    """The screen of a moment; the same `version` means nothing has changed."""

    screen: Screen
    version: str
    ended_operation: EndedOperation | None = None
