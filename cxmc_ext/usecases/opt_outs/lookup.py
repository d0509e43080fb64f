"""Looks up opt-outs. One person's opt-out counts for everybody who shares their address."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cxmc_ext.db.queries import erasure, reported_opt_outs
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.opt_outs import OptOutSource
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.domain.rules.addresses import canonical_address, member_hash
from cxmc_ext.domain.rules.eligibility import AddressedPerson, EligibilityFacts
from cxmc_ext.domain.rules.host_values import UnusablePerson, checked_owners, checked_refs
from cxmc_ext.domain.rules.suppression import SuppressionList
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.shared.frequency_cap import CapFacts, over_cap

# A Host is asked about at most this many addresses or people at once (see its protocol).
BATCH_SIZE = 1000
# Up to this many reported opt-outs of an account are read at once, instead of looking up each batch.
MAX_REPORTED = 5000

_EXCLUSIONS = {
    OptOutSource.UNSUBSCRIBED: ExclusionReason.UNSUBSCRIBED,
    OptOutSource.CLEANED: ExclusionReason.CLEANED,
    OptOutSource.COMPLAINED: ExclusionReason.UNSUBSCRIBED,
}


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What is looked up once for all batches of a campaign."""

    suppressed: SuppressionList
    reported: Mapping[bytes, OptOutSource] | None
    """By member hash; None if there are too many, so that each batch looks up its own."""
    cap: CapFacts | None = None
    """None where the frequency cap does not apply."""


def account_facts(services: Services, account_id: int, cap: CapFacts | None = None) -> AccountFacts:
    """Looks up what `eligibility_facts` needs to know of the account, for whoever reads many batches.

    Args:
        services: Those of the account.
        account_id: The account.
        cap: For the frequency cap (`shared.frequency_cap.cap_facts`).
    """
    session = services.session()
    return AccountFacts(
        suppressed=erasure.suppression_list(session, account_id),
        reported=reported_opt_outs.all_reported(session, account_id, MAX_REPORTED),
        cap=cap,
    )


def with_new_erasures(services: Services, account_id: int, known: AccountFacts) -> AccountFacts:
    """The same with the addresses that were erased meanwhile: they must not be stored again."""
    return replace(known, suppressed=erasure.suppression_list(services.session(), account_id))


def eligibility_facts(
    services: Services,
    account_id: int,
    people: Sequence[AddressedPerson],
    known: AccountFacts | None = None,
) -> EligibilityFacts:
    """Looks up what `rules.eligibility.classify` needs to know of at most 1,000 people.

    Args:
        services: Those of the account.
        account_id: The account.
        people: The people with their normalized addresses (`rules.eligibility.with_addresses`).
        known: What `account_facts` returned, where many batches are asked about.
    """
    host, session = services.host, services.session()
    addressed = [(address, person.ref) for person, address in people if address is not None]
    others = [
        person.ref
        for person, address in people
        if address is None and not isinstance(person, UnusablePerson)
    ]
    addresses = {address for address, _ in addressed}
    return EligibilityFacts(
        suppressed=known.suppressed if known else erasure.suppression_list(session, account_id),
        opted_out_addresses=opted_out_addresses(host, addressed) if addressed else set(),
        opted_out_people=opted_out_among(host, others),
        reported=_reported(services, account_id, addresses, known.reported if known else None),
        over_cap=over_cap(services, known.cap if known else None, addresses),
    )


def address_facts(
    services: Services,
    account_id: int,
    people: Sequence[tuple[str, PersonRef]],
    known: AccountFacts,
) -> EligibilityFacts:
    """The same for at most 1,000 people who all have an address, as frozen."""
    addresses = {address for address, _ in people}
    return EligibilityFacts(
        suppressed=known.suppressed,
        opted_out_addresses=opted_out_addresses(services.host, people),
        reported=_reported(services, account_id, addresses, known.reported),
        over_cap=over_cap(services, known.cap, addresses),
    )


def opted_out_among(host: Host, refs: Iterable[PersonRef]) -> set[PersonRef]:
    """Those of some people who are in the opt-out group of their kind.

    Raises:
        HostError: The Host returned something else than refs.
    """
    opted_out: set[PersonRef] = set()
    for batch in in_batches(refs, BATCH_SIZE):
        opted_out |= checked_refs(host.opted_out(OPT_OUT_TAG, batch), "opted_out")
    return opted_out


def people_at(host: Host, addresses: Collection[str]) -> Mapping[str, Collection[PersonRef]]:
    """Who has some addresses, at most 1,000, by canonical address.

    A Host that answers in its own spelling is understood; addresses that it was not asked for are ignored.

    Raises:
        HostError: The Host returned no mapping of addresses to refs.
    """
    found = checked_owners(host.people_with_address(addresses))
    if found.keys() <= set(addresses):
        return found
    owners: dict[str, set[PersonRef]] = {}
    for address, refs in found.items():
        canonical = canonical_address(address)
        if canonical in addresses:
            owners.setdefault(canonical, set()).update(refs)
    return owners


def opted_out_addresses(host: Host, people: Sequence[tuple[str, PersonRef]]) -> set[str]:
    """The addresses that belong to somebody who opted out, whether in the campaign or not."""
    owners = people_at(host, {address for address, _ in people})
    refs = {ref for _, ref in people}.union(*owners.values())
    opted_out = opted_out_among(host, refs)
    if not opted_out:
        return set()
    addresses = {address for address, ref in people if ref in opted_out}
    return addresses | {
        address for address, refs in owners.items() if not opted_out.isdisjoint(refs)
    }


def _reported(
    services: Services,
    account_id: int,
    addresses: Collection[str],
    known: Mapping[bytes, OptOutSource] | None = None,
) -> dict[str, ExclusionReason]:
    """What an audience ever reported about the addresses, as the reason why they are left out."""
    if not addresses or (known is not None and not known):
        return {}
    by_hash = {member_hash(address): address for address in addresses}
    if known is None:
        known = reported_opt_outs.reported(services.session(), account_id, list(by_hash))
    return {by_hash[key]: _EXCLUSIONS[known[key]] for key in by_hash.keys() & known.keys()}
