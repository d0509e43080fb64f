"""What changes while a campaign of the random walk is scheduled, more than twenty minutes before its time."""

from collections.abc import Callable
from dataclasses import replace

from cxmc_ext.domain.people import PersonRef
from cxmc_ext.standin.service.membership import find_member
from tests.faults.walk_promises import WalkedCampaign
from tests.faults.walk_state import WalkState

Change = Callable[[WalkState, WalkedCampaign, PersonRef], None]


def change_scheduled_campaign(walk: WalkState, campaign: WalkedCampaign) -> None:
    """One change in the CRM or at MailChimp, of one person of the campaign."""
    refs = [ref for ref in walk.environment.host.members[campaign.ref] if ref in campaign.people]
    if not refs:
        return
    ref, change = walk.random.choice(refs), walk.random.choice(CHANGES)
    walk.counts[f"while scheduled:{change.__name__.replace('_', ' ')}"] += 1
    address = campaign.people[ref]
    change(walk, campaign, ref)
    if address not in campaign.people.values():
        campaign.excluded.add(address)


def _remove(walk: WalkState, campaign: WalkedCampaign, ref: PersonRef) -> None:
    del walk.environment.host.members[campaign.ref][ref], campaign.people[ref]


def _delete(walk: WalkState, campaign: WalkedCampaign, ref: PersonRef) -> None:
    host = walk.environment.host
    for members in host.members.values():
        members.pop(ref, None)
    del host.persons[ref], campaign.people[ref]
    walk.people.remove(ref)


def _correct(walk: WalkState, campaign: WalkedCampaign, ref: PersonRef) -> None:
    persons = walk.environment.host.persons
    persons[ref] = replace(persons[ref], address=walk.new_address("later"))
    campaign.add(ref, persons[ref].address)
    walk.judge(campaign, campaign.people[ref])


def _add(walk: WalkState, campaign: WalkedCampaign, ref: PersonRef) -> None:
    """Nobody confirmed the new person, who is therefore not mailed."""
    del ref
    new = walk.add_person(walk.new_address("added"))
    walk.environment.host.add_to_campaign(campaign.ref, new)


def _opt_out(walk: WalkState, campaign: WalkedCampaign, ref: PersonRef) -> None:
    campaign.excluded.add(campaign.people[ref])
    walk.leave(ref, "while scheduled")


def _unsubscribe(walk: WalkState, campaign: WalkedCampaign, ref: PersonRef) -> None:
    address, audience = campaign.people[ref], walk.environment.audience
    member = find_member(audience, address)
    if member is not None and member.status == "subscribed":
        walk.environment.standin.actions.set_status(audience.id, address, "unsubscribed")
        walk.left_elsewhere(address)
        walk.promises.maybe |= campaign.people_at(address)
        campaign.excluded.add(address)


CHANGES: tuple[Change, ...] = (_remove, _delete, _correct, _add, _opt_out, _unsubscribe)
