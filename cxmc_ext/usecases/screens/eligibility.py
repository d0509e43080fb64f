"""Counts who will receive a campaign before it is created, by the same rule as the send itself.

The rule is `domain/rules/eligibility.py`. Reasons that only MailChimp knows (unsubscribed, bounced)
are added when the campaign is created.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import accounts, contacts
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.people import Person
from cxmc_ext.domain.rules import eligibility
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.domain.rules.eligibility import Classified
from cxmc_ext.domain.rules.host_values import checked_people
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.lookup import BATCH_SIZE, account_facts, eligibility_facts
from cxmc_ext.usecases.screens.mail_tags import blank_tags
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.shared.frequency_cap import cap_facts

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
    addresses_over_cap: int = 0
    """How many addresses more are mailed with “Send anyway”."""
    blank_by_tag: Mapping[str, int] = field(default_factory=dict)
    """In how many mails nothing stands in the place of a merge tag."""
    new_contacts: int = 0
    """How many of the mailable people are not known as members of the audience, if that was asked for."""

    @property
    def left_out(self) -> int:
        """How many people are left out, for whatever reason."""
        return sum(self.left_out_by_reason.values())

    def with_send_anyway(self) -> Self:
        """The counts if people over the frequency cap are mailed as well."""
        left_out = dict(self.left_out_by_reason)
        shared = left_out.pop(ExclusionReason.FREQUENCY, 0) - self.addresses_over_cap
        if shared:
            duplicates = left_out.get(ExclusionReason.DUPLICATE, 0)
            left_out[ExclusionReason.DUPLICATE] = duplicates + shared
        mailable = self.mailable + self.addresses_over_cap
        return replace(self, mailable=mailable, left_out_by_reason=left_out, addresses_over_cap=0)


def count_recipients(
    services: Services,
    campaign_ref: str,
    fields: Sequence[AudienceField] = (),
    account: Account | None = None,
) -> RecipientCounts:
    """Counts the people of a campaign that is not created yet, at most `MAX_COUNTED` of them.

    Args:
        services: The services of the account.
        campaign_ref: `Campaign.ref` of the campaign.
        fields: The fields whose blank values are counted.
        account: The account, to count new contacts as well if the plan's limit is known.
    """
    left_out: Counter[ExclusionReason] = Counter()
    blank: Counter[str] = Counter()
    people = mailable = in_no_mailing_group = 0
    counted = account if account and account.contact_limit else None
    is_partial, over_cap = False, set[str | None]()
    mailed: list[bytes] = []
    for person, address, reason in classify_campaign(services, campaign_ref, MAX_COUNTED):
        if people == MAX_COUNTED:
            is_partial = True
            break
        people += 1
        if reason is None:
            mailable += 1
            in_no_mailing_group += person.mailed_despite_no_mailing
            if fields:
                blank.update(blank_tags(person, fields))
            mailed += [member_hash(address)] if counted and address else []
        else:
            left_out[reason] += 1
        if reason is ExclusionReason.FREQUENCY:
            over_cap.add(address)
    return RecipientCounts(
        people,
        mailable,
        left_out,
        in_no_mailing_group,
        is_partial,
        len(over_cap),
        blank,
        new_contacts=_count_new(services, counted, mailed) if counted else 0,
    )


def _count_new(services: Services, account: Account, hashes: list[bytes]) -> int:
    known = 0
    for batch in in_batches(hashes, BATCH_SIZE):
        members = contacts.known_members(services.session(), account.id, account.list_id, batch)
        known += len(members)
    return len(hashes) - known


def mailable_people(services: Services, campaign_ref: str, account_id: int) -> Iterator[Person]:
    """Yields the people who will receive a campaign that is not created yet, in its order."""
    for person, _, reason in classify_campaign(services, campaign_ref, account_id=account_id):
        if reason is None:
            yield person


def classify_campaign(
    services: Services,
    campaign_ref: str,
    limit: int | None = None,
    account_id: int | None = None,
) -> Iterator[Classified]:
    """Yields everybody in a campaign with the reason why they are left out, if any.

    Reads the Host chunk by chunk, so a caller that stops early costs little.

    Args:
        services: The services of the account.
        campaign_ref: `Campaign.ref` of the campaign.
        limit: Nothing is looked up after a chunk that reaches this many people. If there are more, one
            of them is yielded, without a reason.
        account_id: The account, if the caller has read it already.
    """
    if account_id is None:
        account_id = accounts.get_or_create(services.session(), services.account_ref).id
    known = account_facts(services, account_id, cap_facts(services, account_id))
    seen: set[str] = set()
    count = 0
    for chunk in checked_people(services.host.people(campaign_ref)):
        people = eligibility.with_addresses(chunk)
        if limit is not None and count >= limit:
            yield from (Classified(person, address, None) for person, address in people[:1])
            return
        facts = eligibility_facts(services, account_id, people, known)
        yield from eligibility.classify(people, facts, seen)
        count += len(people)
