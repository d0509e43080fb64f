"""Behaviour of MailChimp that tests and the website can choose."""

from collections.abc import Mapping
from dataclasses import dataclass

# The values of switches that are neither numbers nor on or off.
CHOICES: dict[str, tuple[str, ...]] = {
    "complaint_status": ("cleaned", "unsubscribed"),
    "resubscribe": ("by_origin", "accepted", "ignored", "refused"),
    "forgotten_in_reports": ("kept", "anonymized", "removed"),
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
    archive_hides_unsubscribe: bool = True
    """The API may subscribe an archived member who had unsubscribed: archiving hides that
    (https://github.com/brandonseydel/MailChimp.Net/issues/529)."""
    segment_refuses_optouts: bool = False
    """Only subscribed members can be added to a segment."""
    complaint_status: str = "cleaned"
    """The status of a member who marked a mail as spam: cleaned, as webhooks report it, or unsubscribed,
    as https://mailchimp.com/help/about-abuse-complaints/ says."""
    resubscribe: str = "by_origin"
    """What the API does with `subscribed` or `pending` for an unsubscribed member: accept it unless the
    person unsubscribed, always accept it, ignore it, or refuse it. All were seen by others."""
    address_change_keeps_id: bool = False
    """A member whose address changes keeps the id made from the old address."""
    reports_follow_address_change: bool = False
    """Reports of earlier campaigns show the new id and address of such a member."""
    forgotten_in_reports: str = "kept"
    """What a report shows of a member who was deleted permanently later: the row as it was, a row without
    the address, or no row."""
    reports_list_ended: bool = True
    """The list of reports contains cancelled and archived campaigns too."""
    delivered_at_once: float = 1.0
    """Share of the mails that is delivered at once; the rest follows when sending is finished."""
    cancel_seconds: float = 0.0
    """How long a cancelled campaign stays in the status “canceling”."""
    design_placeholder: bool = False
    """The content of campaigns made with the new builder is read as a placeholder."""
    decorated_links: bool = False
    """Reports name links with the UTM tags that MailChimp adds for Google Analytics."""
    title_limit: int = 0
    """Longest campaign title in characters; 0 means no limit."""
    listing_lag: float = 0.0
    """Seconds until a new campaign is listed."""
    audience_listing_lag: float = 0.0
    segment_listing_lag: float = 0.0
    segment_lag: float = 0.0
    """Seconds until the members of a segment show a change."""
    count_lag: float = 0.0
    """Seconds until a segment's `member_count` and a campaign's `recipient_count` show a change."""
    checklist_lag: float = 0.0
    """Seconds until a campaign's checklist, which also decides about sending, sees a changed segment."""
    lag_shows: int = 0
    """Members of a segment, from the first, that are shown at once in spite of a lag."""
    stats_lag: float = 300.0
    """Seconds until the numbers of an audience are counted again; MailChimp caches them for 5 minutes."""
    member_lag: float = 0.0
    """Seconds until a changed status of a member is visible."""
    merge_field_limit: int = 30
    """How many merge fields an audience can have; it depends on the plan."""
    webhook_retries: int = 3
    max_connections: int = 10
    """Simultaneous calls per account."""
    send_seconds: float = 1.5
    """How long a campaign stays in the status “sending”."""

    def change(self, values: Mapping[str, object]) -> None:
        """Sets some of the switches.

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
