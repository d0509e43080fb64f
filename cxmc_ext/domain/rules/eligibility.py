"""Who may be mailed: the one rule behind the form's count, the preview, the freeze and the final check.

A person is excluded for the first of these reasons that applies:

1. unusable: the host does not describe the person as promised (`host_values`)
2. erasure: the address is on the account's suppression list
3. opt-out: this person, or anybody else with the same address, is in an opt-out group of the host
4. unsubscribed or cleaned: an audience of the account ever reported so about the address
5. no address, or an invalid one
6. frequency: the address was mailed as often lately as the frequency cap allows
7. duplicate: an earlier eligible person of the campaign has the same address

What MailChimp says now (pending, archived, ...) is only known once it has answered; see
`mailchimp_reasons`. `usecases/opt_outs/lookup.py` collects the facts.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableSet, Set
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.people import Person, PersonRef
from cxmc_ext.domain.rules.addresses import canonical_address, normalize_address
from cxmc_ext.domain.rules.host_values import UnusablePerson
from cxmc_ext.domain.rules.suppression import SuppressionList

# A person with their normalized address; None when there is none, or an invalid one.
AddressedPerson: TypeAlias = tuple[Person, str | None]


@dataclass(frozen=True, slots=True)
class EligibilityFacts:
    """What must be known of some people before the rule can be applied to them."""

    suppressed: SuppressionList
    opted_out_addresses: Set[str] = frozenset()
    """Normalized addresses of which at least one owner opted out, whether in the campaign or not."""
    opted_out_people: Set[PersonRef] = frozenset()
    """People without a valid address who opted out."""
    reported: Mapping[str, ExclusionReason] = field(default_factory=dict)
    """What MailChimp ever reported about normalized addresses: unsubscribed, or cleaned."""
    over_cap: Set[str] = frozenset()
    """Normalized addresses that have reached the frequency cap."""


class Classified(NamedTuple):
    """One person and the verdict of the rule; `reason` None means “will be mailed”."""

    person: Person
    address: str | None
    reason: ExclusionReason | None


def with_addresses(people: Iterable[Person]) -> list[AddressedPerson]:
    """Pairs each person with their normalized address."""
    return [
        (person, None if isinstance(person, UnusablePerson) else normalize_address(person.address))
        for person in people
    ]


def classify(
    people: Iterable[AddressedPerson],
    facts: EligibilityFacts,
    seen: MutableSet[str] | None = None,
) -> Iterator[Classified]:
    """Applies the rule to people of a campaign, in order.

    Args:
        people: The people, in the campaign's order.
        facts: What was looked up for these people.
        seen: Addresses of the eligible people so far. It is extended; pass the same set for every batch
            of a campaign. None does not look for duplicates: the freeze leaves that to the database,
            because the addresses of a large campaign do not fit into memory.

    Returns:
        One `Classified` per person, in the same order.
    """
    for person, address in people:
        reason = _exclusion(person, address, facts)
        if reason is None and address is not None and seen is not None:
            if address in seen:
                reason = ExclusionReason.DUPLICATE
            seen.add(address)
        yield Classified(person, address, reason)


def address_exclusion(address: str, facts: EligibilityFacts) -> ExclusionReason | None:
    """Why nobody at this normalized address may be mailed; None when it may be mailed."""
    if facts.suppressed.digest_of(address) is not None:
        return ExclusionReason.ERASURE
    if address in facts.opted_out_addresses:
        return ExclusionReason.OPTED_OUT
    if address in facts.reported:
        return facts.reported[address]
    return ExclusionReason.FREQUENCY if address in facts.over_cap else None


def _exclusion(
    person: Person, address: str | None, facts: EligibilityFacts
) -> ExclusionReason | None:
    if isinstance(person, UnusablePerson):
        return ExclusionReason.UNUSABLE
    if address is not None:
        return address_exclusion(address, facts)
    if person.ref in facts.opted_out_people:
        return ExclusionReason.OPTED_OUT
    has_text = bool(canonical_address(person.address))
    return ExclusionReason.INVALID_ADDRESS if has_text else ExclusionReason.NO_ADDRESS
