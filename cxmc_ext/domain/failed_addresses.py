"""Addresses at which mail does not arrive, and how we know."""

from dataclasses import dataclass
from enum import StrEnum

# The action of a bounce whose type is “hard”, among the events of a report: the address does not exist.
HARD_BOUNCE = "hard_bounce"


class FailureReason(StrEnum):
    """What happened to the mails to an address."""

    HARD_BOUNCE = "hard_bounce"
    """A mail bounced for good: the address does not exist."""
    CLEANED = "cleaned"
    """MailChimp mails the address no more; no report of ours says why."""
    SOFT_BOUNCES = "soft_bounces"
    """The mails of several mailings in a row bounced for the moment (CXMC_SOFT_BOUNCE_LIMIT)."""


@dataclass(frozen=True, slots=True)
class AddressFailure:
    """Mail to an address does not arrive.

    Attributes:
        address: The canonical address.
        reason: How we know.
        at: Since when, in Unix seconds.
        mailing_id: The mailing that bounced; None if it was found in the audience.
        title: The title of its campaign.
        is_no_complaint: It was read who complained, and that was nobody at this address: MailChimp can only
            have cleaned it because mail to it bounced. Not stored.
    """

    address: str
    reason: FailureReason
    at: int
    mailing_id: int | None = None
    title: str = ""
    is_no_complaint: bool = False
