"""Notes that the Host stores with a person: why they opted out, or why mail to their address fails."""

from dataclasses import dataclass
from enum import StrEnum


class NoteKind(StrEnum):
    """What a note says."""

    UNSUBSCRIBED = "unsubscribed"
    """The audience shows that they unsubscribed, perhaps after a campaign."""
    UNSUBSCRIBED_THROUGH = "unsubscribed_through"
    """The report of a campaign names them."""
    COMPLAINED = "complained"
    """The audience shows that they marked a mail as spam, perhaps after a campaign."""
    COMPLAINED_ABOUT = "complained_about"
    """The report of a campaign names them."""
    RESTORED = "restored"
    """The opt-out group had to be created again."""
    SUBSCRIBED_AGAIN = "subscribed_again"
    """They confirmed the invitation of `Note.by`."""
    HARD_BOUNCE = "hard_bounce"
    CLEANED = "cleaned"
    """Perhaps because they complained: MailChimp did not tell who did."""
    CLEANED_AFTER_BOUNCE = "cleaned_after_bounce"
    SOFT_BOUNCES = "soft_bounces"


@dataclass(frozen=True, slots=True)
class Note:
    """One note; its text is written in the language of `CXMC_LOCALE`.

    Attributes:
        kind: What it says.
        title: The title of the campaign it names; "" for none.
        by: The name of the user it names.
    """

    kind: NoteKind
    title: str = ""
    by: str = ""
