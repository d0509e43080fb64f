"""The campaigns and people of a random walk, and what happened to them so far."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from random import Random

from cxmc_ext.domain.people import OPT_OUT_TAG, Person, PersonKind, PersonRef
from cxmc_ext.standin.models import Campaign as RemoteCampaign
from cxmc_ext.standin.models import CampaignRecipient, Member, subscriber_hash
from cxmc_ext.standin.service.membership import find_member
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.walk_promises import Promises, WalkedCampaign, plain_address, spelling


@dataclass(frozen=True)
class ElsewhereUnsubscribe:
    """Somebody unsubscribed without any mail: when, and when we had mailed them last."""

    address: str
    at: int
    mailed_at: int


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
    elsewhere: list[ElsewhereUnsubscribe] = field(default_factory=list)
    """Of addresses that we had mailed to."""
    returning: list[PersonRef] = field(default_factory=list)
    """Whom the next campaign is to mail again."""
    archived: set[str] = field(default_factory=set)
    """Addresses that “Archive” of the unused contacts archived."""
    forwarded: set[str] = field(default_factory=set)
    """Addresses that were unsubscribed for an opt-out in the CRM."""
    touched: set[str] = field(default_factory=set)
    """Refs of campaigns with something new at MailChimp."""
    gone: set[str] = field(default_factory=set)
    """Addresses whose member has moved away or was deleted: mailed again or not, both are right."""
    has_moved: bool = False
    """Whether a member's address was changed at MailChimp: then only reports tell who left."""
    calls: Counter[str] = field(default_factory=Counter)
    """Of the current campaign, by name and whom they are about."""
    names: "count[int]" = field(default_factory=lambda: count(1))
    """Numbers of people and addresses, from 1 at each reset."""
    random: Random = field(init=False)
    environment: FaultEnvironment = field(init=False)
    promises: Promises = field(init=False)

    @property
    def where(self) -> str:
        """Where the walk is, for messages."""
        return f"seed {self.seed}, campaign {self.number}"

    def note_forwarded(self) -> set[str]:
        """Addresses that were ever unsubscribed because of an opt-out in the CRM."""
        members = self.environment.audience.members.values()
        self.forwarded |= {plain_address(m.email_address) for m in members if m.ended_by == "api"}
        return set(self.forwarded)

    @property
    def is_audience_read(self) -> bool:
        """Whether turns of some campaign read what the audience reports."""
        return any(
            self.remote_campaigns(campaign) and self.is_readable(campaign)
            for campaign in self.campaigns
        )

    def is_readable(self, campaign: WalkedCampaign) -> bool:
        """A report is read while MailChimp shows a status that says what happened."""
        return not any(remote.shown_status for remote in self.remote_campaigns(campaign))

    def is_in_audience(self, address: str) -> bool:
        """Whether a campaign mailed this address through the present audience."""
        list_id = self.environment.account.list_id
        return any(
            remote.list_id == list_id and plain_address(row.email_address) == address
            for campaign in self.campaigns
            for remote in self.remote_campaigns(campaign)
            for row in remote.recipients.values()
        )

    def create_campaign(self) -> WalkedCampaign:
        """Four new people, one with an international domain, one other spelling, and earlier ones."""
        env, n = self.environment, self.number
        env.campaign = env.host.add_campaign(f"Tocht {n}")
        names = ("anna", "bram", "carla", "daan")
        addresses = [f"{name}{n}@kandidaten.example" for name in names]
        addresses.append(f"Zoe.Info{n}@Bücher-{n}.example")
        campaign = WalkedCampaign(env.campaign, n)
        earlier = self.random.sample(self.people, min(len(self.people), 3))
        earlier += [ref for ref in self.returning if ref in env.host.persons]
        self.returning.clear()
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
            member is not None
            and member.status != "subscribed"
            and not self.is_restored(address, member)
        )
        # The id of this address belongs to a member who has changed the address and kept the id: such
        # people are left out with MailChimp's words, "not a member of this list".
        is_taken = member is None and key in audience.members
        if is_left_out or is_taken:
            campaign.unreachable.add(address)

    def is_restored(self, address: str, member: Member) -> bool:
        """Whether we archived a member of whom nothing but mails is known."""
        if address not in self.archived or member.status != "archived":
            return False
        told = [
            row.bounce or row.unsubscribed_at or row.complained_at
            for row in self.report_rows(address)
        ]
        left_out = [c for c in self.campaigns if c.had(address) and address not in c.expected]
        return bool(told) and not any(told) and not left_out

    def report_rows(self, address: str) -> list[CampaignRecipient]:
        """What MailChimp's reports say of this address, oldest campaign first."""
        return [
            row
            for campaign in self.campaigns
            for remote in self.remote_campaigns(campaign)
            for row in remote.recipients.values()
            if plain_address(row.email_address) == address
        ]

    def add_person(self, address: str) -> PersonRef:
        """A candidate with a ref that was never used."""
        self.counts["people"] += 1
        ref = PersonRef(PersonKind.CANDIDATE, f"w{next(self.names)}")
        self.environment.host.persons[ref] = Person(ref, "Kim Jansen", address, first_name="Kim")
        self.people.append(ref)
        return ref

    def new_address(self, name: str) -> str:
        """An address that nobody had before, sometimes an international one."""
        self.counts["addresses"] += 1
        number = next(self.names)
        domain = self.random.choice(("kandidaten.example", "müller-straße.example"))
        return f"{name}{self.number}.{number}@{domain}"

    def opt_out_in_time(self, campaign: WalkedCampaign, ref: PersonRef) -> None:
        address = self.promises.address_of(ref)
        if address not in campaign.excluded_late:
            campaign.excluded.add(address)
        self.leave(ref, "in time")

    def leave(self, ref: PersonRef, note: str) -> None:
        """Somebody puts the person into the opt-out group."""
        if ref not in self.environment.host.opt_outs:
            self.promises.by_hand.add(ref)
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
                now = self.environment.services.clock()
                mailed_at = max(
                    remote.send_time
                    for campaign in mailed
                    for remote in self.remote_campaigns(campaign)
                )
                self.elsewhere.append(ElsewhereUnsubscribe(address, now, mailed_at))

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
