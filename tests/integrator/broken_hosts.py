"""Hosts that each break one promise of the contract, and no other."""

import unicodedata
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from cxmc_ext import Block, BlockItem, Campaign, PersonKind, PersonRef, Right, canonical_address
from tests.support import readme_code, sample_crm

AcmeHost: Any = readme_code.host_code_names()["AcmeHost"]


class GivesUnknownUsersRights(AcmeHost):
    def rights(self, user_id):
        return super().rights(user_id) or frozenset({Right.TAB})

    def campaign(self, campaign_ref, user_id):
        employee = sample_crm.db.session.get(
            sample_crm.Employee, "bas" if user_id is None else user_id
        )
        return super().campaign(campaign_ref, None) if employee and employee.rights else None


class ShowsCampaignsToEverybody(AcmeHost):
    def campaign(self, campaign_ref, user_id):
        return super().campaign(campaign_ref, None)


class ReturnsTheRefAsAsked(AcmeHost):
    def campaign(self, campaign_ref, user_id):
        campaign = super().campaign(campaign_ref.strip(), user_id)
        return campaign and Campaign(campaign_ref, campaign.title)


class ReturnsOneLargeChunk(AcmeHost):
    def people(self, campaign_ref):
        yield [person for chunk in super().people(campaign_ref) for person in chunk]


class RepeatsAPerson(AcmeHost):
    def people(self, campaign_ref):
        for chunk in super().people(campaign_ref):
            yield [*chunk[:-1], chunk[0]]


class ReturnsAddressesAsBytes(AcmeHost):
    def people(self, campaign_ref):
        for chunk in super().people(campaign_ref):
            yield [replace(p, address=p.address and p.address.encode()) for p in chunk]


class ReturnsUnknownPeople(AcmeHost):
    def people_by_ref(self, refs, *conditions):
        people = super().people_by_ref(refs, *conditions)
        return people if conditions else dict.fromkeys(refs) | people


class ComparesAddressesAsTyped(AcmeHost):
    """Base class of Hosts that compare addresses in their own way, which is `key`."""

    def key(self, typed):
        return typed

    def people_with_address(self, addresses):
        refs = {}
        for ref, person in self._people().items():
            address = self.key(person.address)
            if address in addresses:
                refs.setdefault(address, []).append(ref)
        return refs


class LowersAsciiOnly(ComparesAddressesAsTyped):
    """As `lower()` in SQLite."""

    def key(self, typed):
        local = typed.rpartition("@")[0]
        return canonical_address(typed) if local.isascii() or local.islower() else typed


class KnowsNoPunycode(ComparesAddressesAsTyped):
    def key(self, typed):
        return canonical_address(typed) if typed.rpartition("@")[2].isascii() else typed


class ComparesDecomposedText(ComparesAddressesAsTyped):
    def key(self, typed):
        local = typed.rpartition("@")[0]
        return canonical_address(typed) if unicodedata.is_normalized("NFC", local) else typed


class StripsAsciiSpacesOnly(ComparesAddressesAsTyped):
    def key(self, typed):
        is_stripped = typed.strip() == typed.strip(" \t\r\n")
        return canonical_address(typed) if is_stripped else typed


class KeepsInvisibleCharacters(ComparesAddressesAsTyped):
    def key(self, typed):
        is_visible = all(unicodedata.category(character) != "Cf" for character in typed)
        return canonical_address(typed) if is_visible else typed


class EncodesDomainsAsIn2003(ComparesAddressesAsTyped):
    """IDNA 2003, as Python's codec “idna”: ß becomes ss."""

    def key(self, typed):
        return canonical_address(typed.replace("ß", "ss"))


class RemovesSpacesInside(ComparesAddressesAsTyped):
    def key(self, typed):
        return canonical_address("".join(typed.split()))


class FindsOneOwnerPerAddress(AcmeHost):
    def people_with_address(self, addresses):
        found = super().people_with_address(addresses)
        is_shared_by_kinds = {
            address: len({ref.kind for ref in refs}) > 1 for address, refs in found.items()
        }
        return {a: refs[: 1 if is_shared_by_kinds[a] else None] for a, refs in found.items()}


class FailsOnMissingAddresses(AcmeHost):
    def people_with_address(self, addresses):
        for email in sample_crm.db.session.scalars(select(sample_crm.Contact.email)):
            email.strip()
        return super().people_with_address(addresses)


class ReturnsNoneAsAddress(AcmeHost):
    def people_by_ref(self, refs, *conditions):
        people = super().people_by_ref(refs, *conditions)
        return {
            ref: replace(person, address=person.address or None) for ref, person in people.items()
        }


class ReturnsNoneInCampaigns(AcmeHost):
    def people(self, campaign_ref):
        for chunk in super().people(campaign_ref):
            yield [replace(person, address=person.address or None) for person in chunk]


class ReturnsAddressesAsTyped(AcmeHost):
    """Finds everybody, but under keys of its own as well."""

    def people_with_address(self, addresses):
        found = super().people_with_address(addresses)
        return found | {address.upper(): refs for address, refs in found.items()}


class FindsGroupsByName(AcmeHost):
    def opted_out(self, tag, refs):
        named = sample_crm.Contact.groups.any(name="No campaigns")
        known = tag == "HostContractTag"
        return super().opted_out(tag, refs) | set(self.people_by_ref(refs, named) if known else ())


class BelievesInItsGroups(AcmeHost):
    """Says that the groups exist without looking."""

    def opt_out_groups(self, tag):
        return frozenset(PersonKind)


class KnowsGroupsByName(AcmeHost):
    def opt_out_groups(self, tag):
        named = select(sample_crm.Group.kind).filter_by(name="No campaigns")
        kinds = set(map(PersonKind, sample_crm.db.session.scalars(named)))
        return super().opt_out_groups(tag) | (kinds if tag == "HostContractTag" else set())


class LooksAtOneKind(AcmeHost):
    def opt_out_groups(self, tag):
        return frozenset(PersonKind) if super().opt_out_groups(tag) else frozenset()


class CountsWrong(AcmeHost):
    def opt_out(self, tag, refs, note):
        super().opt_out(tag, refs, note)
        return len(refs)


class AdoptsGroupsByName(AcmeHost):
    """Adopts a group only if it has the expected name; otherwise it creates another."""

    def ensure_opt_out_groups(self, tag, names):
        group = sample_crm.Group
        for kind, name in names.items():
            others = update(group).where(group.tag == tag, group.kind == kind)
            sample_crm.db.session.execute(others.where(group.name != name).values(tag=None))
        super().ensure_opt_out_groups(tag, names)


class ReadsBeforeItWrites(AcmeHost):
    """Reads, then writes: of two concurrent calls one fails."""

    def ensure_opt_out_groups(self, tag, names):
        for kind, name in names.items():
            existing = select(sample_crm.Group).filter_by(tag=tag, kind=kind)
            if sample_crm.db.session.scalars(existing).one_or_none() is None:
                sample_crm.db.session.add(sample_crm.Group(tag=tag, kind=kind.value, name=name))
                sample_crm.db.session.flush()


class Commits(AcmeHost):
    def opt_out(self, tag, refs, note):
        new = super().opt_out(tag, refs, note)
        sample_crm.db.session.commit()
        return new


class HasNoTabUrl(AcmeHost):
    def tab_url(self, campaign_ref):
        return None


class UsesOtherIdsInPersonRef(AcmeHost):
    def person_ref(self, contact):
        ref = super().person_ref(contact)
        return ref if self.querying else PersonRef(ref.kind, f"person {ref.id}")

    querying = False

    def _people(self, *conditions):
        self.querying = True
        try:
            return super()._people(*conditions)
        finally:
            self.querying = False


class CreatesCampaignsOfOneChunk(AcmeHost):
    """Ignores all chunks but the first."""

    def new_campaign(self, title, refs, user_id):
        sample_crm.db.session.add(sample_crm.EmailCampaign(code="NEW", title=title))
        sample_crm.db.session.flush()
        for ref in self.people_by_ref(next(iter(refs))):
            sample_crm.db.session.add(sample_crm.CampaignContact(campaign="NEW", contact=ref.id))
        sample_crm.db.session.flush()
        return "NEW"


class OffersLinksWithoutAScheme(AcmeHost):
    def blocks(self, campaign_ref):
        return [Block("v", "Vacancies", [BlockItem("1", "Welder", "acme.example/1")])]


# The method that HostContract must name, and a part of the message.
BROKEN_HOSTS = {
    GivesUnknownUsersRights: ("rights", "an unknown user"),
    ShowsCampaignsToEverybody: ("campaign", "may not see it"),
    ReturnsTheRefAsAsked: ("campaign", "the ref of"),
    ReturnsOneLargeChunk: ("people", "1,000 people at most"),
    RepeatsAPerson: ("people", "exactly once"),
    ReturnsAddressesAsBytes: ("people", "address is bytes instead of str"),
    ReturnsUnknownPeople: ("people_by_ref", "leave unknown ones out"),
    ComparesAddressesAsTyped: ("people_with_address", "white space around it and capitals"),
    LowersAsciiOnly: ("people_with_address", "canonical_address: capitals outside ASCII"),
    KnowsNoPunycode: (
        "people_with_address",
        "canonical_address: a domain in Unicode and in Punycode",
    ),
    ComparesDecomposedText: ("people_with_address", "canonical_address: composed and decomposed"),
    StripsAsciiSpacesOnly: ("people_with_address", "canonical_address: no-break and other Unicode"),
    KeepsInvisibleCharacters: ("people_with_address", "canonical_address: invisible characters"),
    EncodesDomainsAsIn2003: ("people_with_address", "canonical_address: ß is not ss"),
    RemovesSpacesInside: ("people_with_address", "canonical_address: white space inside"),
    FindsOneOwnerPerAddress: ("people_with_address", "everybody who shares an address"),
    FailsOnMissingAddresses: ("people_with_address", "people without an address (NULL)"),
    ReturnsNoneInCampaigns: ("people", "a person without one (NULL) must be"),
    ReturnsAddressesAsTyped: (
        "people_with_address",
        "the keys must be addresses as they were asked",
    ),
    ReturnsNoneAsAddress: ("people_by_ref", "a person without one (NULL) must be"),
    FindsGroupsByName: ("opted_out", "same name without the tag"),
    BelievesInItsGroups: ("opt_out_groups", "without any group it must be empty"),
    KnowsGroupsByName: ("opt_out_groups", "right name without the tag must not count"),
    LooksAtOneKind: ("opt_out_groups", "only candidates have a group with the tag"),
    CountsWrong: ("opt_out", "one was new"),
    AdoptsGroupsByName: ("ensure_opt_out_groups", "the adopted group must keep its tag"),
    ReadsBeforeItWrites: ("ensure_opt_out_groups", "eight callers at once"),
    Commits: ("opt_out", "do not commit"),
    HasNoTabUrl: ("tab_url", "never empty or None"),
    UsesOtherIdsInPersonRef: ("person_ref", "your own object"),
    CreatesCampaignsOfOneChunk: ("new_campaign", "1000 are in it"),
    OffersLinksWithoutAScheme: ("blocks", "a mail cannot contain these entries"),
}
