"""Behaviour of MailChimp that tests and the website can choose."""

from collections.abc import Mapping
from dataclasses import dataclass

# The values of switches that are neither numbers nor on or off.
CHOICES: dict[str, tuple[str, ...]] = {
    "complaint_status": ("cleaned", "unsubscribed"),
}


@dataclass(slots=True)
class Switches:
    """Behaviour that could not be confirmed on a live account. The defaults are the strict reading.

    Seconds are those of the stand-in's own clock, so a test advances it instead of waiting.
    """

    permissive_send: bool = False
    """A campaign that was sent can be sent again."""
    snapshot_bug: bool = True
    """The first recipients of a campaign stay in force when they are changed later."""
    segment_fixed_at_schedule: bool = False
    """The recipients of a scheduled campaign are determined when it is scheduled, not when it is sent."""
    delete_while_sending: bool = False
    put_restores_archived: bool = False
    """PUT with `status_if_new` restores an archived member."""
    segment_refuses_optouts: bool = False
    """Only subscribed members can be added to a segment."""
    complaint_status: str = "cleaned"
    """The status of a member who marked a mail as spam: cleaned, as webhooks report it, or unsubscribed,
    as https://mailchimp.com/help/about-abuse-complaints/ says."""
    title_limit: int = 0
    """Longest campaign title in characters; 0 means no limit."""
    listing_lag: float = 0.0
    """Seconds until a new campaign is listed."""
    member_lag: float = 0.0
    """Seconds until a changed status of a member is visible."""
    webhook_retries: int = 3
    max_connections: int = 10
    """Simultaneous calls per account."""
    send_seconds: float = 1.5
    """How long a campaign stays in the status “sending”."""

    def change(self, values: Mapping[str, object]) -> None:
        """Set some of the switches.

        Raises:
            ValueError: A switch or the choice for one does not exist.
        """
        for name, value in values.items():
            if name not in self.__slots__:
                raise ValueError(f"unknown switch: {name}")
            if value not in CHOICES.get(name, (value,)):
                raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}")
        for name, value in values.items():
            setattr(self, name, value)
