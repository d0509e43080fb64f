"""Who may still be mailed, by the rules of the product's promises and independent of its code."""

import random
import unicodedata
from dataclasses import dataclass, field
from functools import cache

import idna

from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef
from cxmc_ext.testing import MemoryHost


def ascii_domain(domain: str) -> str:
    """IDNA 2008, so ß is a letter of its own."""
    return idna.encode(domain, uts46=True).decode()


@cache
def plain_address(address: str) -> str:
    """One form for all spellings of an address: visible characters, NFC, lower case, ASCII domain."""
    visible = "".join(char for char in address if unicodedata.category(char) != "Cf")
    text = unicodedata.normalize("NFC", visible.strip()).lower()
    local, at, domain = text.rpartition("@")
    return f"{local}{at}{ascii_domain(domain)}" if at else text


def spelling(chance: random.Random, address: str) -> str:
    """The same address as somebody else would type it."""
    local, _, domain = address.rpartition("@")
    return str(
        chance.choice(
            (
                address,
                address.upper() if "ß" not in address else address,
                f"\u00a0{address} ",
                f"{local[:2]}\u200b{local[2:]}@{domain}",
                unicodedata.normalize("NFD", address),
                f"{local}@{ascii_domain(domain)}",
            )
        )
    )


@dataclass
class WalkedCampaign:
    """One campaign of the walk, with its people and who must not get its mail."""

    ref: str
    number: int
    people: dict[PersonRef, str] = field(default_factory=dict)
    """The plain address of everybody who is to be mailed, as the CRM has it."""
    frozen: dict[PersonRef, set[str]] = field(default_factory=dict)
    """Every plain address that a person has had in this campaign."""
    excluded: set[str] = field(default_factory=set)
    excluded_late: set[str] = field(default_factory=set)
    """Opted out when MailChimp may have been asked to send already: mailed or not, both are right."""
    unreachable: set[str] = field(default_factory=set)
    """MailChimp would not mail these."""
    cancelled: bool = False
    refused: bool = False
    """MailChimp refused a call for good, perhaps because of one person."""

    def add(self, ref: PersonRef, address: str) -> None:
        plain = plain_address(address)
        self.people[ref] = plain
        self.frozen.setdefault(ref, set()).add(plain)

    def people_at(self, address: str) -> set[PersonRef]:
        """Who was in the campaign with this address."""
        return {ref for ref, addresses in self.frozen.items() if address in addresses}

    def had(self, address: str) -> bool:
        """Whether anybody in the campaign ever had this address."""
        return any(address in addresses for addresses in self.frozen.values())

    @property
    def expected(self) -> set[str]:
        """Addresses that must get the mail once the campaign is sent."""
        excluded = self.excluded | self.excluded_late | self.unreachable
        return set(self.people.values()) - excluded


@dataclass
class Promises:
    """Everybody who must never be mailed again."""

    host: MemoryHost
    left: set[PersonRef] = field(default_factory=set)
    """People who opted out, here or at MailChimp."""
    by_hand: set[PersonRef] = field(default_factory=set)
    """Those of them who were put into the group in the CRM."""
    closed: set[str] = field(default_factory=set)
    """Plain addresses that an audience reported as unsubscribed or marked as spam."""
    unclear: set[str] = field(default_factory=set)
    """Addresses whose owner subscribed again: closed or not, both are right."""
    failed: set[str] = field(default_factory=set)
    """Plain addresses that bounced for good. It says nothing about whoever has them."""
    maybe: set[PersonRef] = field(default_factory=set)
    """Had an address of somebody who left: opted out or not, both are right."""

    def address_of(self, ref: PersonRef) -> str:
        return plain_address(self.host.persons[ref].address)

    def holders(self, address: str) -> set[PersonRef]:
        """Who has this address now, in any spelling."""
        return {ref for ref in self.host.persons if self.address_of(ref) == address}

    def close(self, address: str, refs: set[PersonRef]) -> None:
        """An audience reports that this address does not want mail; `refs` were mailed at it."""
        self.closed.add(address)
        self.left |= refs
        self.spread()

    def reopen(self, address: str) -> None:
        """The owner of an address has subscribed again; who was opted out with it stays so."""
        self.closed.discard(address)
        self.unclear.add(address)

    def come_back(self, ref: PersonRef, address: str) -> None:
        """Somebody who was invited has confirmed: nothing is held against them or their address any more.

        Whom MailChimp had put into the group at this address may have come back with them.
        """
        self.closed.discard(address)
        self.unclear.discard(address)
        self.left.discard(ref)
        self.by_hand.discard(ref)
        others = self.holders(address) & self.left - self.by_hand
        self.left -= others
        self.maybe = (self.maybe | others) - {ref}
        self.spread()

    def spread(self) -> None:
        """Whoever shares an address with somebody who left may be opted out with them."""
        addresses = self.closed | {
            self.address_of(ref) for ref in self.left if ref in self.host.persons
        }
        sharing = {ref for ref in self.host.persons if self.address_of(ref) in addresses}
        self.maybe |= sharing - self.left

    def is_forbidden(self, address: str) -> bool:
        """Whether nobody may be mailed at this plain address."""
        is_closed = address in self.closed or address in self.failed
        return is_closed or bool(self.holders(address) & self.left)

    def is_uncertain(self, address: str) -> bool:
        return address in self.unclear or bool(self.holders(address) & self.maybe)

    def missing_from_groups(self) -> set[PersonRef]:
        """People who left but are in no opt-out group."""
        members = {
            ref for (tag, _), refs in self.host.groups.items() if tag == OPT_OUT_TAG for ref in refs
        }
        return {ref for ref in self.left if ref in self.host.persons} - members
