"""The nouns both worlds share. All times are whole Unix seconds in UTC; nothing here changes once made."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


@dataclass(frozen=True, slots=True)
class Campaign:
    """The host's campaign, as far as the extension needs it."""

    ref: str
    title: str


class MailingState(StrEnum):
    """Where our record of a host campaign stands; picks the panel of the tab."""

    NONE = "none"
    """Nothing at MailChimp yet: the form."""
    PREPARING = "preparing"
    """An operation is building the MailChimp campaign."""
    NOT_READY = "not_ready"
    """MailChimp or we refuse to send it as it is; reasons in `why`."""
    SEND_INTENT = "send_intent"
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
    ERASURE = "erasure"
    """Erased on request: never pushed again, nothing of the person is kept."""


@dataclass(frozen=True, slots=True)
class SendOrder:
    """What the form of the tab asks for. `schedule_at` None = send now."""

    subject: str
    from_name: str
    from_email: str
    template_id: int
    schedule_at: int | None = None
