"""The campaigns and people of a random walk, and what happened to them so far."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from cxmc_ext.domain.people import OPT_OUT_TAG, Person, PersonKind, PersonRef
from cxmc_ext.standin.models import Campaign as RemoteCampaign
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service.membership import find_member
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.walk_promises import Promises, WalkedCampaign, plain_address, spelling


@dataclass
class WalkState:
    """Everything a random walk knows; `random` and `environment` start anew at every reset."""

    checkpoints: Checkpoints
    seed: int
    number: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    campaigns: list[WalkedCampaign] = field(default_factory=list)
    """Since the last reset."""
    people: list[PersonRef] = field(default_factory=list)
    """Everybody in the CRM whom the walk has added since then."""
    elsewhere: dict[str, int] = field(default_factory=dict)
    """Addresses that we had mailed to when they unsubscribed without any mail."""
    touched: set[str] = field(default_factory=set)
    """Refs of campaigns with something new at MailChimp."""
    has_moved: bool = False
    """Whether a member's address was changed at MailChimp: then only reports tell who left."""
    random: Random = field(init=False)
    environment: FaultEnvironment = field(init=False)
    promises: Promises = field(init=False)

    @property
    def where(self) -> str:
        """Where the walk is, for messages."""
        return f"seed {self.seed}, campaign {self.number}"

    def create_campaign(self) -> WalkedCampaign:
        """Four new people, one with an international domain, one other spelling, and earlier ones."""
        env, n = self.environment, self.number
        env.campaign = env.host.add_campaign(f"Tocht {n}")
        names = ("anna", "bram", "carla", "daan")
        addresses = [f"{name}{n}@kandidaten.example" for name in names]
        addresses.append(f"Zoe.Info{n}@Bücher-{n}.example")
        campaign = WalkedCampaign(env.campaign, n)
        earlier = self.random.sample(self.people, min(len(self.people), 3))
        new = [self.add_person(address) for address in addresses]
        twin = self.add_person(spelling(self.random, self.random.choice(addresses)))
        for ref in (*new, twin, *earlier):
            env.host.add_to_campaign(env.campaign, ref)
            campaign.add(ref, env.host.persons[ref].address)
        for address in set(campaign.people.values()):
            self.judge(campaign, address)
        self.opt_out_in_time(campaign, new[3])
        return campaign

    def judge(self, campaign: WalkedCampaign, address: str) -> None:
        """Notes who must not, may not or cannot be mailed at this address of a campaign."""
        audience = self.environment.audience
        if self.promises.is_forbidden(address):
            campaign.excluded.add(address)
        elif self.promises.is_uncertain(address):
            campaign.excluded_late.add(address)
        member, key = find_member(audience, address), subscriber_hash(address)
        is_left_out = key in audience.deleted_permanently or (
            member is not None and member.status != "subscribed"
        )
        # The id of this address belongs to a member who has changed the address and kept the id: such
        # people are left out with MailChimp's words, "not a member of this list".
        is_taken = member is None and key in audience.members
        if is_left_out or is_taken:
            campaign.unreachable.add(address)

    def add_person(self, address: str) -> PersonRef:
        """A candidate with a ref that was never used."""
        self.counts["people"] += 1
        ref = PersonRef(PersonKind.CANDIDATE, f"w{self.counts['people']}")
        self.environment.host.persons[ref] = Person(ref, "Kim Jansen", address, first_name="Kim")
        self.people.append(ref)
        return ref

    def new_address(self, name: str) -> str:
        """An address that nobody had before, sometimes an international one."""
        self.counts["addresses"] += 1
        domain = self.random.choice(("kandidaten.example", "müller-straße.example"))
        return f"{name}{self.number}.{self.counts['addresses']}@{domain}"

    def opt_out_in_time(self, campaign: WalkedCampaign, ref: PersonRef) -> None:
        address = self.promises.address_of(ref)
        if address not in campaign.excluded_late:
            campaign.excluded.add(address)
        self.leave(ref, "in time")

    def leave(self, ref: PersonRef, note: str) -> None:
        """Somebody puts the person into the opt-out group."""
        self.promises.left.add(ref)
        self.promises.spread()
        self.environment.host.opt_out(OPT_OUT_TAG, [ref], note)

    def left_elsewhere(self, address: str, is_event: bool = True) -> None:
        """Somebody left without a mail of ours: it counts for the last campaign that mailed them."""
        mailed = self.mailed_campaigns(address)
        refs = mailed[-1].people_at(address) if mailed else set()
        self.promises.close(address, refs)
        for campaign in mailed:
            self.promises.maybe |= campaign.people_at(address) - refs
        if mailed:
            # The report of the last one may be unreadable now; then another one's turn asks the audience.
            self.touched |= {campaign.ref for campaign in self.campaigns}
            if is_event:
                self.elsewhere[address] = self.environment.services.clock()

    def remote_campaigns(self, campaign: WalkedCampaign) -> list[RemoteCampaign]:
        """MailChimp's campaigns of one of ours that were sent, or are being sent."""
        return [
            remote
            for remote in self.environment.remote_account.campaigns.values()
            if (remote.recipients or remote.status == "sending")
            and remote.settings["title"].startswith(f"Tocht {campaign.number} ")
        ]

    def mails(self, campaign: WalkedCampaign) -> list[str]:
        """Addresses that were mailed in the campaign, in one spelling."""
        ids = {remote.id for remote in self.remote_campaigns(campaign)}
        outbox = self.environment.standin.outbox
        return [plain_address(mail.address) for mail in outbox if mail.campaign in ids]

    def mailed_campaigns(self, address: str) -> list[WalkedCampaign]:
        """Our campaigns that mailed this address, oldest first."""
        return [campaign for campaign in self.campaigns if address in self.mails(campaign)]
