"""Looks up opt-outs in the Host. One person's opt-out counts for everybody who shares their address."""

from collections.abc import Iterable, Sequence

from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.domain.rules.eligibility import AddressedPerson, EligibilityFacts
from cxmc_ext.domain.rules.suppression import SuppressionList
from cxmc_ext.usecases.shared.batches import in_batches

# A Host is asked about at most this many addresses or people at once (see its protocol).
BATCH_SIZE = 1000


def eligibility_facts(
    host: Host, people: Sequence[AddressedPerson], suppressed: SuppressionList
) -> EligibilityFacts:
    """Looks up what `rules.eligibility.classify` needs to know of at most 1,000 people.

    Args:
        host: The Host, as the current account sees it.
        people: The people with their normalized addresses (`rules.eligibility.with_addresses`).
        suppressed: The account's suppression list (`queries.erasure.suppression_list`).
    """
    addressed = [(address, person.ref) for person, address in people if address is not None]
    others = [person.ref for person, address in people if address is None]
    return EligibilityFacts(
        suppressed=suppressed,
        opted_out_addresses=opted_out_addresses(host, addressed) if addressed else set(),
        opted_out_people=host.opted_out(OPT_OUT_TAG, others) if others else set(),
    )


def opted_out_addresses(host: Host, people: Iterable[tuple[str, PersonRef]]) -> set[str]:
    """Finds the addresses that belong to somebody who opted out, whether in the campaign or not.

    Args:
        host: The Host, as the current account sees it.
        people: At most 1,000 people of a campaign, each with their normalized address.

    Returns:
        Those of the addresses that must not be mailed.
    """
    owners: dict[str, set[PersonRef]] = {}
    for address, ref in people:
        owners.setdefault(address, set()).add(ref)
    for address, refs in host.people_with_address(set(owners)).items():
        owners.setdefault(address, set()).update(refs)
    opted_out = _opted_out(host, {ref for refs in owners.values() for ref in refs})
    return {address for address, refs in owners.items() if refs & opted_out}


def _opted_out(host: Host, refs: Iterable[PersonRef]) -> set[PersonRef]:
    opted_out: set[PersonRef] = set()
    for batch in in_batches(refs, BATCH_SIZE):
        opted_out |= host.opted_out(OPT_OUT_TAG, batch)
    return opted_out
