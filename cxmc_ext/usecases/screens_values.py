"""What each state of the tab shows, as one frozen dataclass per state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from cxmc_ext.domain.values import OperationKind, OperationState, Reason, Right, User, Why


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

    name: str
    dc: str
    tail: str
    at: int | None
    by: str
    audience: str
    plan: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A template of the form; one that cannot be used is shown, not offered."""

    id: int
    name: str
    thumbnail: str
    edited_at: int | None
    usable: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """The campaign's people counted; `partial` where counting stopped before the end."""

    people: int = 0
    receivers: int = 0
    left: Mapping[Reason, int] = field(default_factory=dict)
    no_mailing: int = 0
    """Of the receivers, members of the host's NoMailing group."""
    partial: bool = False

    @property
    def left_out(self) -> int:
        return sum(self.left.values())


@dataclass(frozen=True, slots=True)
class Ready:
    """One line of the readiness list; `tone` is good, warn or bad."""

    topic: str
    tone: str
    code: str
    values: Mapping[str, str] = field(default_factory=dict)
    domain: str = ""
    """Set where the domain can be verified from here."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form's fields, as text."""

    subject: str = ""
    from_name: str = ""
    from_email: str = ""
    template_id: str = ""
    date: str = ""
    time: str = ""
    test_to: str = ""
    find: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A test mail, or the reading of a template: under way, or how it ended."""

    operation: int
    active: bool
    step: str
    queued: bool
    late: bool
    by: str
    since: int
    ended_at: int | None
    count: int
    """Addresses a test mail goes to."""
    whys: tuple[Why, ...]
    """What it waits for while it is active, else why it failed; empty = all is well."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a campaign was built from, once it was asked for."""

    title: str
    subject: str
    from_name: str
    from_email: str
    template: str
    people: int
    receivers: int
    left: Mapping[str, int]
    by: str
    linked: bool
    """True when there is a campaign at MailChimp to open."""
    schedule_at: int | None

    @property
    def left_out(self) -> int:
        return sum(self.left.values())


@dataclass(frozen=True, slots=True)
class NotConnected:
    """No usable key, or no template: nothing can be sent yet."""

    connection: Connection | None


@dataclass(frozen=True, slots=True)
class SettingsOpen:
    """Where a key is entered."""

    connection: Connection | None
    audiences: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """Everything known, ready to be filled in."""

    title: str
    connection: Connection
    typed: Typed
    templates: tuple[Choice, ...]
    read_at: int | None
    tally: Tally
    ready: tuple[Ready, ...]
    before: tuple[Why, ...]
    """Why the last attempt ended without a campaign."""
    code_for: str = ""
    """A domain MailChimp has mailed a code for."""
    trial: Trial | None = None
    """The last test mail of this campaign."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An operation is under way."""

    operation: int
    kind: OperationKind
    stage: int
    """1 create, 2 check readiness, 3 send; 0 where there are no steps."""
    step: str
    percent: int
    done: int
    total: int
    why: Why | None
    since: int
    late: bool
    by: str
    queued: bool
    schedule: bool
    retry: bool
    """“Try again” wakes it; what is done for the account is simply pressed again."""


@dataclass(frozen=True, slots=True)
class NotReady:
    """Refused as it is."""

    facts: Facts
    whys: tuple[Why, ...]
    ready: tuple[Ready, ...]
    code_for: str = ""


@dataclass(frozen=True, slots=True)
class Attention:
    """A person must look."""

    facts: Facts
    whys: tuple[Why, ...]
    may_delete: bool


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Waits at MailChimp for its time."""

    facts: Facts
    at: int


@dataclass(frozen=True, slots=True)
class InMailChimp:
    """Ready; a person presses Send Now over there."""

    facts: Facts


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Delivery was stopped in MailChimp."""

    facts: Facts
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Hour:
    """One bar of the chart."""

    at: int
    opens: int
    clicks: int


@dataclass(frozen=True, slots=True)
class MailDomain:
    """The recipients behind one @, in addresses; rates of those that did not bounce."""

    name: str
    mailed: int
    bounced: int
    open_rate: float
    click_rate: float


@dataclass(frozen=True, slots=True)
class Results:
    """Sending or sent: the report."""

    facts: Facts
    sent: bool
    sent_at: int | None
    totals: Mapping[str, int]
    rates: Mapping[str, float]
    hours: tuple[Hour, ...]
    links: tuple[tuple[str, int, int], ...]
    domains: tuple[MailDomain, ...]
    statuses: Mapping[str, int]
    updated_at: int | None
    next_at: int | None
    every: int | None
    updating: bool
    gap: Mapping[str, tuple[int, int]]
    trouble: Why | None
    follow_up: Mapping[str, int] | None
    """Whom a new campaign can be made with, by group; None where the host makes none."""


Screen: TypeAlias = (
    NotConnected
    | SettingsOpen
    | Form
    | Pending
    | NotReady
    | Attention
    | Scheduled
    | InMailChimp
    | Cancelled
    | Results
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation of the account that the page followed has ended."""

    kind: OperationKind
    state: OperationState
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The screen of a moment; the same `version` means nothing has changed."""

    screen: Screen
    version: str
    outcome: Outcome | None = None
