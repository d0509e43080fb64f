"""Who has reached the frequency cap, counted over what this module mailed and is going to mail."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cxmc_ext.db.queries import recent_mailings
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.domain.rules.frequency_cap import FrequencyCap
from cxmc_ext.services import Services


@dataclass(frozen=True, slots=True)
class CapFacts:
    """What is looked up once for all batches of a campaign."""

    cap: FrequencyCap
    at: int
    """When the campaign is mailed."""
    mailed_at: Mapping[int, int]
    """The other mailings that count: id → when."""


def cap_facts(
    services: Services, account_id: int, at: int | None = None, mailing_id: int | None = None
) -> CapFacts | None:
    """Finds the mailings that count for the cap.

    Args:
        services: Those of the account.
        account_id: The account.
        at: When the campaign is mailed, in Unix seconds; None: now.
        mailing_id: The mailing of the campaign itself, if it has one.

    Returns:
        None if there is no cap, or there are too few mailings for anybody to have reached it.
    """
    cap = services.settings.cap
    if cap is None:
        return None
    at = services.clock() if at is None else at
    mailed_at = recent_mailings.mailed_between(
        services.session(), account_id, at - cap.seconds, at + cap.seconds, mailing_id
    )
    return CapFacts(cap, at, mailed_at) if len(mailed_at) >= cap.mailings else None


def over_cap(
    services: Services, facts: CapFacts | None, addresses: Collection[str]
) -> frozenset[str]:
    """Those of at most 1,000 normalized addresses that have reached the cap."""
    if facts is None or not addresses:
        return frozenset()
    by_hash = {member_hash(address): address for address in addresses}
    return frozenset(by_hash[key] for key in hashes_over_cap(services, facts, list(by_hash)))


def hashes_over_cap(services: Services, facts: CapFacts, hashes: Collection[bytes]) -> set[bytes]:
    """Those of at most 1,000 member hashes whose addresses have reached the cap."""
    mailed = recent_mailings.mailed_through(services.session(), facts.mailed_at.keys(), hashes)
    return {
        key
        for key, mailing_ids in mailed.items()
        if facts.cap.is_reached([facts.mailed_at[each] for each in mailing_ids], facts.at)
    }
