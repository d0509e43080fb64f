"""The nouns both worlds share. All times are whole Unix seconds in UTC; nothing here changes once made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

OPT_OUT_TAG = "NoMailChimpMailingsTag"
"""Identifies the opt-out groups in the host; their names never do (seed)."""
DEFAULT_ACCOUNT = "default"
"""The ref of the one account of a CRM without tenants."""


class Right(StrEnum):
    """What a user may do; each is granted by the host on its own."""

    TAB = "tab"
    SEND = "send"
    CONFIGURE = "configure"
    ACTIVATE = "activate"


class PersonKind(StrEnum):
    """The two kinds of people a CRM mails."""

    CANDIDATE = "candidate"
    CONTACT = "contact"


OPT_OUT_GROUP_NAMES: Mapping[PersonKind, str] = {
    PersonKind.CANDIDATE: "MailChimp opt-out",
    PersonKind.CONTACT: "MailChimp opt-out",
}


@dataclass(frozen=True, slots=True)
class PersonRef:
    """Points at one person of the host; `id` is the host's own id as text."""

    kind: PersonKind
    id: str


@dataclass(frozen=True, slots=True)
class Person:
    """One person as the host knows them now; `address` is raw, may be empty or broken."""

    ref: PersonRef
    name: str
    address: str
    first_name: str = ""
    prefix: str = ""
    last_name: str = ""
    owner_name: str = ""
    owner_email: str = ""
    no_mailing: bool = False
    """Member of the host's NoMailing group: mailed all the same (seed), but the form says so."""


@dataclass(frozen=True, slots=True)
class User:
    """Who acts. `email` pre-fills “From email”."""

    id: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """The host's campaign, as far as the extension needs it."""

    ref: str
    title: str


class AccountState(StrEnum):
    """Activation of the module (not of the key)."""

    INACTIVE = "inactive"
    ACTIVATING = "activating"
    ACTIVE = "active"


class MailingState(StrEnum):
    """Where our record of a host campaign stands; picks the panel of the tab."""

    NONE = "none"
    """Nothing at MailChimp yet: the form."""
    PREPARING = "preparing"
    """An operation is building the MailChimp campaign."""
    NOT_READY = "not_ready"
    """MailChimp or we refuse to send it as it is; reasons in `why`."""
    SEND_INTENT = "sending?"
    """Send intent is committed, its outcome not yet proven."""
    IN_MAILCHIMP = "in_mailchimp"
    """Ready; a person presses Send Now in MailChimp (CXMC_SEND_MODE=mailchimp), we follow."""
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"
    """Delivery was cancelled in MailChimp."""
    ATTENTION = "attention"
    """A person must look; `why` says what is certain and what is not."""


class OperationKind(StrEnum):
    """What a press asks a worker to do."""

    SEND = "send"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    DELETE = "delete"
    CHECK = "check"
    """“Check again” of a not-ready campaign: resumes the send or schedule it belongs to."""
    ACTIVATE = "activate"
    CONNECT = "connect"
    REFRESH = "refresh"
    """Reads templates and domains anew."""
    DOMAIN_MAIL = "domain_mail"
    DOMAIN_CODE = "domain_code"
    LATE_OPT_OUT_CHECK = "guard"
    """Shortly before a scheduled time: who opted out meanwhile is taken out."""
    ORPHAN_SWEEP = "sweep"
    """Removes drafts and segments that lost answers left behind in MailChimp."""
    TEST_MAIL = "test"
    """“Send test”: a throw-away draft, mailed to named addresses only."""
    FOLLOW_UP = "follow_up"
    """A new campaign of the host with some of the recipients; written as done."""
    PREVIEW = "preview"
    """Reads what a template holds, through a throw-away draft."""
    UPDATE = "update"
    """“Update now”: one sync of one mailing, asked for by a person."""
    ERASURE = "erase"
    """Deletes a person at MailChimp for good and makes our rows of them nobody's."""


class AuditAction(StrEnum):
    """What the audit tells beside operations, which stand in it under their own kind."""

    DEACTIVATE = "deactivate"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    """“Try again” of something that is still under way."""
    UPDATE = "update"
    KEY_ROTATION = "rotate"
    OPT_OUT = "opt_out"
    DENIED = "denied"
    """An address that was asked for without the right, or by a form that was not ours."""


THROWAWAY_KINDS = (OperationKind.TEST_MAIL, OperationKind.PREVIEW)
"""The kinds that make a draft only to throw it away; nothing of the mailing depends on them."""


class OperationState(StrEnum):
    """Life of an operation; the first three are active (one per scope at a time)."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    NOT_READY = "not_ready"
    FAILED = "failed"
    ATTENTION = "attention"
    CANCELLED = "cancelled"


ACTIVE_STATES = (OperationState.QUEUED, OperationState.RUNNING, OperationState.WAITING)


class EventStatus(IntEnum):
    """The one status of a recipient and the kind of an event, in the seed's order of importance."""

    NONE = 0
    SENT = 1
    BOUNCED = 2
    OPENED = 3
    CLICKED = 4
    UNSUBSCRIBED = 5


class ExclusionReason(StrEnum):
    """Why a person of the campaign is left out; None in the row means “will receive”."""

    OPTED_OUT = "opted_out"
    NO_ADDRESS = "no_address"
    INVALID_ADDRESS = "invalid_address"
    DUPLICATE = "duplicate"
    """Shares an address with somebody who receives the mail; credited with the same events."""
    UNSUBSCRIBED = "unsubscribed"
    CLEANED = "cleaned"
    ARCHIVED = "archived"
    PENDING = "pending"
    """Asked by MailChimp to confirm, has not done so yet; cannot be mailed."""
    COMPLIANCE = "compliance"
    """MailChimp refuses the address: it left, bounced or complained before."""
    REFUSED = "refused"
    """MailChimp refused the address for another reason; its words are in `detail`."""
    NOT_IN_AUDIENCE = "not_in_audience"
    """Pushed, yet MailChimp does not list it as a subscriber of the segment."""
    ERASURE = "erased"
    """Erased on request: never pushed again, nothing of the person is kept."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence in the making: a code of web/words, its values, and MailChimp's own words if any."""

    code: str
    detail: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        return {"code": self.code, "detail": self.detail, "values": dict(self.values)}


@dataclass(frozen=True, slots=True)
class Message:
    """English for one Why.code: what is so, what to do about it, and where to read more.

    %(name)s stands for a value of the Why; MailChimp's own words are shown beside it.
    """

    text: str
    remedy: str = ""
    link: str = ""


def problem_from_json(stored: Json) -> Problem | None:
    """The Why that `as_json` stored, or None where there is none."""
    if not isinstance(stored, dict) or not stored.get("code"):
        return None
    values = stored.get("values")
    named = {k: str(v) for k, v in values.items()} if isinstance(values, dict) else {}
    return Problem(str(stored["code"]), str(stored.get("detail") or ""), named)


def problems_from_json(stored: object) -> tuple[Problem, ...]:
    """Every Why of a stored list; empty where there is none."""
    items = stored if isinstance(stored, list) else []
    return tuple(why for item in items if (why := problem_from_json(item)))


@dataclass(frozen=True, slots=True)
class SendOrder:
    """What the form of the tab asks for. `schedule_at` None = send now."""

    subject: str
    from_name: str
    from_email: str
    template_id: int
    schedule_at: int | None = None
