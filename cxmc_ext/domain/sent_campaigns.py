"""Campaigns that MailChimp sent, whoever created them: what the import reads of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SentCampaign:
    """A campaign of the type “regular” that was sent. Times are Unix seconds."""

    id: str
    web_id: int
    title: str
    subject: str
    preview_text: str
    from_name: str
    from_email: str
    list_id: str
    """The audience it was sent to, which need not be ours."""
    create_time: int | None
    send_time: int | None
    emails_sent: int


@dataclass(frozen=True, slots=True)
class SentRecipient:
    """One address to which a campaign was sent, and what MailChimp filled in for its merge tags."""

    address: str
    merge_values: Mapping[str, str] = field(default_factory=dict, hash=False)
