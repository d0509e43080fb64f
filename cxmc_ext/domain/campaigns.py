"""A host campaign, the state of its mailing, and what happens to its recipients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from cxmc_ext.domain.blocks import FilledBlock
from cxmc_ext.domain.people import require_texts


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign of the host.

    Raises:
        TypeError: A value is no text.
    """

    ref: str
    """Which campaign it is, for ever: a ref never passes to another one, which would count as sent."""
    title: str

    def __post_init__(self) -> None:
        require_texts(self, "ref", "title")


class MailingState(StrEnum):
    """The state of a mailing; it decides which panel the tab shows."""

    NONE = "none"
    """Nothing exists at MailChimp: the form is shown."""
    PREPARING = "preparing"
    """An operation is creating the remote campaign."""
    NOT_READY = "not_ready"
    """It cannot be sent as it is; `Mailing.problems` says why."""
    SEND_INTENT = "send_intent"
    """The decision to send is committed; whether MailChimp did so is not certain yet."""
    IN_MAILCHIMP = "in_mailchimp"
    """Ready; somebody presses “Send Now” in MailChimp (CXMC_SEND_MODE=mailchimp)."""
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"
    """The delivery was cancelled in MailChimp."""
    ATTENTION = "attention"
    """A person must decide; `Mailing.problems` says what is certain and what is not."""


class EventStatus(IntEnum):
    """The kind of an event, and the status of a recipient: the furthest kind that happened to them.

    The order is the order of importance. It is not the order in time: MailChimp reports opens that are older
    than a bounce (observed 2026-07).
    """

    NONE = 0
    SENT = 1
    BOUNCED = 2
    OPENED = 3
    CLICKED = 4
    UNSUBSCRIBED = 5
    COMPLAINED = 6
    """Marked the mail as spam. Only a kind of event: the recipient's status becomes UNSUBSCRIBED."""


class ExclusionReason(StrEnum):
    """Why a person of the campaign is not mailed."""

    OPTED_OUT = "opted_out"
    NO_ADDRESS = "no_address"
    INVALID_ADDRESS = "invalid_address"
    UNUSABLE = "unusable"
    """The host does not describe the person as promised; what is wrong is in `Recipient.detail`."""
    DUPLICATE = "duplicate"
    """Shares an address with the primary recipient, whose events count for them too."""
    UNSUBSCRIBED = "unsubscribed"
    CLEANED = "cleaned"
    FREQUENCY = "frequency"
    """Was mailed as often lately as the frequency cap allows; how often is in `Recipient.detail`."""
    ARCHIVED = "archived"
    PENDING = "pending"
    """MailChimp asked them to confirm and they have not done so."""
    COMPLIANCE = "compliance"
    """MailChimp refuses the address: it unsubscribed, bounced or complained before."""
    REFUSED = "refused"
    """MailChimp refuses the address for another reason, given in `Recipient.detail`."""
    FAILING = "failing"
    """Every call with this address fails at MailChimp; its words are in `Recipient.detail`."""
    NOT_IN_AUDIENCE = "not_in_audience"
    """Was subscribed, but MailChimp does not list it in the segment."""
    MOVED = "moved"
    """Was a member, is none any more, and may have unsubscribed at another address since."""
    ERASURE = "erasure"
    """The address is on the suppression list."""
    REMOVED = "removed"
    """Was removed from the campaign, or deleted in the CRM, after the people were frozen."""


@dataclass(frozen=True, slots=True)
class SendOrder:
    """The checked form of the tab: what to send. `schedule_at` None: send now."""

    subject: str
    from_name: str
    from_email: str
    template_id: int
    schedule_at: int | None = None
    preview_text: str = ""
    """What mail programs show beside the subject; MailChimp takes it from the mail if it is empty."""
    ignores_frequency_cap: bool = False
    """“Send anyway”: also mails people who have reached the frequency cap."""
    regions: Mapping[str, str] = field(default_factory=dict, hash=False)
    """{name: HTML} of editable regions of the template, also of those that blocks fill."""
    blocks: Mapping[str, FilledBlock] = field(default_factory=dict, hash=False)
    """{name: block} of the regions that blocks fill."""
