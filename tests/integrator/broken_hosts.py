"""Fourteen ways to get a Host wrong, each one class: the promise it breaks, and nothing else."""

from typing import Any

from sqlalchemy import select, update

from cxmc_ext import Campaign, PersonRef, Right
from tests.support import readme_code, sample_crm

AcmeHost: Any = readme_code.host_code_names()["AcmeHost"]


class GivesAwayRights(AcmeHost):
    def rights(self, user_id):
        return super().rights(user_id) or frozenset({Right.TAB})

    def campaign(self, campaign_ref, user_id):
        staff = sample_crm.db.session.get(
            sample_crm.Employee, "bas" if user_id is None else user_id
        )
        return super().campaign(campaign_ref, None) if staff and staff.rights else None


class ShowsEverybodyEverything(AcmeHost):
    def campaign(self, campaign_ref, user_id):
        return super().campaign(campaign_ref, None)


class EchoesWhatItIsAsked(AcmeHost):
    def campaign(self, campaign_ref, user_id):
        found = super().campaign(campaign_ref.strip(), user_id)
        return found and Campaign(campaign_ref, found.title)


class HandsAllPeopleAtOnce(AcmeHost):
    def people(self, campaign_ref):
        yield [person for chunk in super().people(campaign_ref) for person in chunk]


class RepeatsSomebody(AcmeHost):
    def people(self, campaign_ref):
        for chunk in super().people(campaign_ref):
            yield [*chunk[:-1], chunk[0]]


class InventsPeople(AcmeHost):
    def people_by_ref(self, refs, *terms):
        found = super().people_by_ref(refs, *terms)
        return found if terms else dict.fromkeys(refs) | found


class ComparesAddressesAsTyped(AcmeHost):
    def people_with_address(self, addresses):
        found = super().people_with_address(addresses)
        typed = set(sample_crm.db.session.scalars(select(sample_crm.Contact.email)))
        return {address: refs for address, refs in found.items() if address in typed}


class GoesByTheName(AcmeHost):
    def opted_out(self, tag, refs):
        named = sample_crm.Contact.groups.any(name="No campaigns")
        known = tag == "HostContractTag"
        return super().opted_out(tag, refs) | set(self.people_by_ref(refs, named) if known else ())


class CountsWrong(AcmeHost):
    def opt_out(self, tag, refs, note):
        super().opt_out(tag, refs, note)
        return len(refs)


class AdoptsByName(AcmeHost):
    """Takes a group for its own only if it has the name, and makes another one beside it."""

    def ensure_opt_out_groups(self, tag, names):
        group = sample_crm.Group
        for kind, name in names.items():
            others = update(group).where(group.tag == tag, group.kind == kind)
            sample_crm.db.session.execute(others.where(group.name != name).values(tag=None))
        super().ensure_opt_out_groups(tag, names)


class LooksBeforeItLeaps(AcmeHost):
    """Reads, then writes: of two at once one breaks its neck."""

    def ensure_opt_out_groups(self, tag, names):
        for kind, name in names.items():
            there = select(sample_crm.Group).filter_by(tag=tag, kind=kind)
            if sample_crm.db.session.scalars(there).one_or_none() is None:
                sample_crm.db.session.add(sample_crm.Group(tag=tag, kind=kind.value, name=name))
                sample_crm.db.session.flush()


class CommitsByItself(AcmeHost):
    def opt_out(self, tag, refs, note):
        new = super().opt_out(tag, refs, note)
        sample_crm.db.session.commit()
        return new


class ForgetsTheAddressOfTheTab(AcmeHost):
    def tab_url(self, campaign_ref):
        return None


class RefersByTheName(AcmeHost):
    def person_ref(self, contact):
        ref = super().person_ref(contact)
        return ref if self.inside else PersonRef(ref.kind, f"person {ref.id}")

    inside = False

    def _people(self, *conditions):
        self.inside = True
        try:
            return super()._people(*conditions)
        finally:
            self.inside = False


class MakesACampaignOfTheFirst(AcmeHost):
    """Takes the first chunk for all of them."""

    def new_campaign(self, title, refs, user_id):
        made = sample_crm.EmailCampaign(code="NEW", title=title)
        sample_crm.db.session.add(made)
        sample_crm.db.session.flush()
        for ref in self.people_by_ref(next(iter(refs))):
            sample_crm.db.session.add(sample_crm.CampaignContact(campaign="NEW", contact=ref.id))
        sample_crm.db.session.flush()
        return "NEW"


BROKEN_HOSTS = {
    GivesAwayRights: ("rights", "an unknown user"),
    ShowsEverybodyEverything: ("campaign", "may not see it"),
    EchoesWhatItIsAsked: ("campaign", "the ref of"),
    HandsAllPeopleAtOnce: ("people", "1,000 people at most"),
    RepeatsSomebody: ("people", "exactly once"),
    InventsPeople: ("people_by_ref", "leave unknown ones out"),
    ComparesAddressesAsTyped: ("people_with_address", "strip and lower-case"),
    GoesByTheName: ("opted_out", "same name without the tag"),
    CountsWrong: ("opt_out", "one was new"),
    AdoptsByName: ("ensure_opt_out_groups", "the adopted group must keep its tag"),
    LooksBeforeItLeaps: ("ensure_opt_out_groups", "eight callers at once"),
    CommitsByItself: ("opt_out", "do not commit"),
    ForgetsTheAddressOfTheTab: ("tab_url", "never empty or None"),
    RefersByTheName: ("person_ref", "your own object"),
    MakesACampaignOfTheFirst: ("new_campaign", "1000 are in it"),
}
"""Each defect: the method HostContract must name, and words of the promise."""
