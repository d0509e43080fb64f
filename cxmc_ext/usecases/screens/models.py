"""What each state of the tab shows, as one frozen dataclass per state."""

from collections.abc import Mapping
from dataclasses import dataclass

from cxmc_ext.domain.people import Right, User


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

    account_name: str
    dc: str
    key_tail: str
    connected_at: int | None
    connected_by: str
    audience_name: str
    plan: str
    key_refused: bool


@dataclass(frozen=True, slots=True)
class CampaignSummary:
    """What a campaign was built from, once it was asked for."""

    title: str
    subject: str
    from_name: str
    from_email: str
    template_name: str
    people: int
    mailable: int
    left_out_by_reason: Mapping[str, int]
    requested_by: str
    has_remote_campaign: bool
    """True when there is a campaign at MailChimp to open."""
    schedule_at: int | None

    @property
    def left_out(self) -> int:
        return sum(self.left_out_by_reason.values())
