"""Counts who will receive a campaign before it is created, by the same rule as the send itself.

The rule is `domain/rules/eligibility.py`. Reasons that only MailChimp knows (unsubscribed, bounced)
are added when the campaign is created.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cxmc_ext.db.queries import accounts, erasure
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.people import Person
from cxmc_ext.domain.rules import eligibility
from cxmc_ext.domain.rules.eligibility import Classified
from cxmc_ext.domain.rules.host_values import checked_people
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.lookup import eligibility_facts

# A page of an unsent campaign counts this many people; beyond it says “more than”.
MAX_COUNTED = 5000


@dataclass(frozen=True, slots=True)
class RecipientCounts:
    """The people of a campaign in numbers."""

    people: int = 0
    mailable: int = 0
    left_out_by_reason: Mapping[ExclusionReason, int] = field(default_factory=dict)
    in_no_mailing_group: int = 0
    """How many of the mailable people are in the Host's NoMailing group."""
    partial: bool = False
    """True when counting stopped after `MAX_COUNTED` people."""

    @property
    def left_out(self) -> int:
        """How many people are left out, for whatever reason."""
        return sum(self.left_out_by_reason.values())


def count_recipients(services: Services, campaign_ref: str) -> RecipientCounts:
    """Count the people of a campaign that is not created yet, at most `MAX_COUNTED` of them."""
    left_out: Counter[ExclusionReason] = Counter()
    people = mailable = in_no_mailing_group = 0
    for person, _, reason in classify_campaign(services, campaign_ref):
        if people == MAX_COUNTED:
            return RecipientCounts(people, mailable, left_out, in_no_mailing_group, partial=True)
        people += 1
        if reason is None:
            mailable += 1
            in_no_mailing_group += person.no_mailing
        else:
            left_out[reason] += 1
    return RecipientCounts(people, mailable, left_out, in_no_mailing_group)


def mailable_people(services: Services, campaign_ref: str) -> Iterator[Person]:
    """Yield the people who will receive a campaign that is not created yet, in its order."""
    for person, _, reason in classify_campaign(services, campaign_ref):
        if reason is None:
            yield person


def classify_campaign(services: Services, campaign_ref: str) -> Iterator[Classified]:
    """Yield everybody in a campaign with the reason why they are left out, if any.

    Reads the Host chunk by chunk, so a caller that stops early costs little.
    """
    account_id = accounts.get_or_create(services.session(), services.account_ref).id
    suppressed = erasure.suppression_list(services.session(), account_id)
    seen: set[str] = set()
    for chunk in checked_people(services.host.people(campaign_ref)):
        people = eligibility.with_addresses(chunk)
        facts = eligibility_facts(services, account_id, people, suppressed)
        yield from eligibility.classify(people, facts, seen)
