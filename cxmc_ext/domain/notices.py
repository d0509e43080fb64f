"""What the Host's own code can follow: notices of what happened, and the stored events themselves."""

from dataclasses import dataclass
from enum import StrEnum

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import BUILD_KINDS, OperationKind, OperationState
from cxmc_ext.domain.people import PersonRef


class NoticeKind(StrEnum):
    """What happened. Each has a signal of the same name in `cxmc_ext.signals`."""

    ACTIVATED = "activated"
    """The module is active."""
    CONNECTED = "connected"
    """A MailChimp account is connected, or its key was replaced."""
    SENT = "sent"
    """MailChimp sent the campaign."""
    SCHEDULED = "scheduled"
    """MailChimp will send the campaign at its time, perhaps a new one."""
    UNSCHEDULED = "unscheduled"
    """A scheduled campaign was called back in the CRM; nothing of it is left at MailChimp."""
    CANCELLED = "cancelled"
    """Its delivery was cancelled in MailChimp while it was being sent."""
    NEEDS_ATTENTION = "needs_attention"
    """A campaign is not ready, or somebody must decide; its tab says why."""
    FAILED = "failed"
    """A campaign was not sent or scheduled; nothing of it is left at MailChimp."""
    KEY_REFUSED = "key_refused"
    """MailChimp refuses the API key."""
    ACCOUNT_DISABLED = "account_disabled"
    """MailChimp has deactivated the account, or the user of the key."""
    EVENTS_STORED = "events_stored"
    """New events of a campaign are stored; `CxMailChimp.events` reads them."""
    OPTED_OUT = "opted_out"
    """People were put into the opt-out group: `Notice.people`."""
    OPTED_IN = "opted_in"
    """People subscribed again themselves and left the opt-out group: `Notice.people`."""
    ADDRESS_FAILED = "address_failed"
    """Mail to an address does not arrive; `Notice.people` have it."""
    DAILY_CLICKS = "daily_clicks"
    """Somebody clicked the day before in campaigns that `Notice.user_id` had sent."""
    ERASED = "erased"
    """A person was erased. They are not named; the audit names the operation."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened, told by references only: no names, no addresses.

    Attributes:
        kind: What happened.
        id: The same for a repeat of the same notice.
        at: When, in Unix seconds.
        account_ref: The account; "default" in a CRM with one.
        campaign_ref: The campaign it concerns.
        people: The people it concerns, at most 1,000.
        operation_id: The operation that ended with it; None for everything else, such as `sent` and
            `scheduled`, which MailChimp reports.
        user_id: The user it is for.
        is_repeat: It may have been told before: the process that told it did not get to note that.
    """

    kind: NoticeKind
    id: int
    at: int
    account_ref: str
    campaign_ref: str | None = None
    people: tuple[PersonRef, ...] = ()
    operation_id: int | None = None
    user_id: str | None = None
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of one recipient.

    Attributes:
        key: Identifies the event: the same event read again has the same key. See also `is_provisional`.
        kind: "sent", "bounced", "opened", "clicked", "unsubscribed" or "complained".
        at: When, in Unix seconds.
        account_ref: The account; "default" in a CRM with one.
        campaign_ref: The campaign.
        person: The recipient; None if the CRM does not know them, or they were erased.
        url: The link, for clicks.
        item: `BlockItem.ref` of the entry that was clicked, such as a vacancy; None for other links.
        cursor: Reading on from here continues behind this event.
        is_provisional: An unsubscribe that only the audience shows so far, given to the newest campaign that
            reached the person. When a report names its campaign and time, that is another event, with
            another key, and this one is not returned any more.
    """

    key: str
    kind: str
    at: int
    account_ref: str
    campaign_ref: str
    person: PersonRef | None
    url: str | None
    cursor: str
    item: str | None = None
    is_provisional: bool = False


NOTICE_OF_STATE = {
    MailingState.SENT: NoticeKind.SENT,
    MailingState.SCHEDULED: NoticeKind.SCHEDULED,
    MailingState.CANCELLED: NoticeKind.CANCELLED,
    MailingState.NOT_READY: NoticeKind.NEEDS_ATTENTION,
    MailingState.ATTENTION: NoticeKind.NEEDS_ATTENTION,
}
_NOTICE_OF_OPERATION = {
    OperationKind.ACTIVATE: NoticeKind.ACTIVATED,
    OperationKind.CONNECT: NoticeKind.CONNECTED,
    OperationKind.ERASURE: NoticeKind.ERASED,
}


def notice_of_end(kind: OperationKind, state: OperationState | None) -> NoticeKind | None:
    """What is told when an operation of some kind ends in a state."""
    if state is OperationState.FAILED and kind in BUILD_KINDS:
        return NoticeKind.FAILED
    return _NOTICE_OF_OPERATION.get(kind) if state is OperationState.DONE else None
