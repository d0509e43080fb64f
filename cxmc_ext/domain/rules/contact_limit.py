"""How many contacts a MailChimp plan allows, and what a send adds. MailChimp reports only the use."""

from collections.abc import Iterable
from dataclasses import dataclass

from cxmc_ext.domain.mailchimp import Audience

# From this share of the limit on there is a warning.
_NEAR = 0.9
# The tone of each level on the screens.
CONTACT_TONES = {"over": "bad", "near": "warn", "room": "good"}


def count_contacts(audiences: Iterable[Audience]) -> int:
    """The contacts that count for the plan, as far as MailChimp's figures tell."""
    return sum(audience.member_count + audience.unsubscribe_count for audience in audiences)


@dataclass(frozen=True, slots=True)
class ContactUse:
    """The contacts that a plan counts: subscribed and unsubscribed ones, in all audiences."""

    used: int
    limit: int
    added: int
    """How many a send adds."""

    @property
    def level(self) -> str:
        """“over”, “near” or “room”."""
        return "over" if self.is_over else "near" if self.is_near else "room"

    @property
    def is_over(self) -> bool:
        """Whether the send would exceed the limit."""
        return self.added > 0 and self.used + self.added > self.limit

    @property
    def is_near(self) -> bool:
        """Whether little is left after the send."""
        return self.used + self.added >= self.limit * _NEAR
