"""What keeps the list clean during a random walk, with what each of these actions promises."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from cxmc_ext.db.queries import invitations, withdrawn_members
from cxmc_ext.domain.contacts import OptOutForwarding
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.standin.service.membership import find_member
from cxmc_ext.usecases.accounts.settings import change_settings
from cxmc_ext.usecases.contacts.requests import request_archiving
from cxmc_ext.usecases.invitations.requests import request_invitation
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.scenarios import admin, press_check, press_send, user
from tests.faults.walk_promises import WalkedCampaign

if TYPE_CHECKING:
    from tests.faults.random_walk import RandomWalk

DAY = 86_400
YEAR = 366 * DAY
# What the API does when it is asked to ask somebody who unsubscribed.
RESUBSCRIBE = ("accepted", "accepted", "by_origin", "refused", "ignored")


# Invite back.


def invite_back(walk: "RandomWalk") -> None:
    """Once or twice; the person may confirm, use the signup form, do nothing, or leave again at once."""
    env, promises = walk.environment, walk.promises
    refs = [ref for ref in walk.people if ref in promises.left and ref in env.host.opt_outs]
    if not refs:
        return
    ref = walk.random.choice(refs)
    address = promises.address_of(ref)
    env.standin.state.switches.change({"resubscribe": walk.random.choice(RESUBSCRIBE)})
    asked = _confirmation_mails(walk, address)

    def press_invitation(env: FaultEnvironment, nonce: str) -> int:
        return request_invitation(env.services, Press(user(env), nonce), ref)

    for _ in range(walk.random.choice((1, 1, 2))):
        walk.press(press_invitation)
    assert _confirmation_mails(walk, address) <= asked + 1, f"{walk.where}: {address} asked twice"
    is_back = ref not in env.host.opt_outs
    is_invited = _is_invited(walk, address)
    walk.pass_hour()
    walk.random.choice(ANSWERS)(walk, address)
    walk.touched |= {campaign.ref for campaign in walk.campaigns}
    walk.settle()
    _check_answer(walk, ref, address, must_be_back=is_back or is_invited)


def _check_answer(walk: "RandomWalk", ref: PersonRef, address: str, *, must_be_back: bool) -> None:
    env, promises = walk.environment, walk.promises
    member = find_member(env.audience, address)
    is_subscribed = member is not None and member.status == "subscribed"
    is_back = ref not in env.host.opt_outs
    where = f"{walk.where}, {address} ({member.status if member else 'no member'})"
    assert not is_back or is_subscribed, f"{where}: back without a confirmation"
    if walk.is_audience_read:
        assert is_back or not (is_subscribed and must_be_back), f"{where}: confirmed, not back"
    by_hand = promises.holders(address) & promises.by_hand - {ref}
    assert by_hand <= env.host.opt_outs, f"{where}: {by_hand} were opted out in the CRM"
    walk.counts[f"invited: {'back' if is_back else 'stays away'}"] += 1
    if is_back:
        promises.come_back(ref, address)
        walk.returning.append(ref)
    elif is_subscribed and must_be_back:  # nothing was read yet: they may come back at any time
        promises.come_back(ref, address)
        promises.unclear.add(address)


def _is_invited(walk: "RandomWalk", address: str) -> bool:
    env = walk.environment
    row = invitations.of_address(env.session, env.account.id, member_hash(address))
    return row is not None and row.confirmed_at is None


def _confirmation_mails(walk: "RandomWalk", address: str) -> int:
    mails = walk.environment.standin.outbox.mails(kind="service")
    return sum(mail.address == address for mail in mails)


def _confirm(walk: "RandomWalk", address: str) -> None:
    env = walk.environment
    member = find_member(env.audience, address)
    if member is not None and member.status == "pending":
        env.standin.actions.confirm(env.audience.id, address)
        walk.promises.reopen(address)


def _sign_up(walk: "RandomWalk", address: str) -> None:
    env = walk.environment
    if address not in walk.promises.failed:
        env.standin.actions.sign_up(env.audience.id, address)
        walk.promises.reopen(address)


def _do_nothing(walk: "RandomWalk", address: str) -> None:
    del walk, address


def _confirm_and_leave(walk: "RandomWalk", address: str) -> None:
    env = walk.environment
    _confirm(walk, address)
    member = find_member(env.audience, address)
    if member is not None and member.status == "subscribed":
        env.standin.actions.set_status(env.audience.id, address, "unsubscribed")
        walk.left_elsewhere(address)


ANSWERS: tuple[Callable[["RandomWalk", str], None], ...] = (
    _confirm,
    _confirm,
    _sign_up,
    _do_nothing,
    _confirm_and_leave,
)


# Opt-outs of the CRM at MailChimp.


def forward_opt_outs(walk: "RandomWalk") -> None:
    """Another choice, one more opt-out in the CRM, and the hour after which it is forwarded."""
    env = walk.environment
    choice = walk.random.choice(list(OptOutForwarding))
    change_settings(env.services, admin(env), "", choice)
    walk.leave(walk.random.choice(walk.people), "in the CRM")
    before = _statuses(walk)
    walk.pass_hour()
    walk.counts[f"forwarding: {choice}"] += 1
    if choice is OptOutForwarding.OFF:
        assert _statuses(walk) == before, f"{walk.where}: forwarded although it is off"


def check_forwarding(walk: "RandomWalk") -> None:
    """With a choice, whoever was opted out in the CRM cannot be mailed from MailChimp either."""
    env, promises = walk.environment, walk.promises
    if env.account.opt_out_forwarding == OptOutForwarding.OFF:
        return
    for ref in promises.by_hand & env.host.opt_outs & set(walk.people):
        address = promises.address_of(ref)
        member = find_member(env.audience, address)
        is_told = address in promises.closed or address in promises.unclear
        if member is not None and walk.is_in_audience(address) and not is_told:
            stored = withdrawn_members.withdrawn(
                env.session, env.account.id, env.account.list_id, [member_hash(address)]
            )
            where = f"{walk.where}: {address} was not forwarded"
            assert member.status != "subscribed", f"{where}, stored: {stored}"


def _statuses(walk: "RandomWalk") -> dict[str, str]:
    members = walk.environment.audience.members.values()
    return {member.email_address: member.status for member in members}


# Contacts that cost money.


def press_over_the_limit(walk: "RandomWalk") -> None:
    """A send over the plan's limit adds, restores and mails nobody; without the limit it goes on."""
    env = walk.environment
    change_settings(env.services, admin(env), "1", "")
    before, mails = _statuses(walk), len(env.standin.outbox)
    walk.press(press_send)
    assert _statuses(walk) == before, f"{walk.where}: contacts were added over the limit"
    assert len(env.standin.outbox) == mails, f"{walk.where}: mailed over the limit"
    change_settings(env.services, admin(env), "", "")
    walk.press(press_check)
    walk.counts["pressed over the limit"] += 1


def archive_unused(walk: "RandomWalk") -> None:
    """A year later the unused contacts are archived; the next campaign mails some of them."""
    walk.settle()
    env = walk.environment
    env.advance(YEAR)
    env.pass_round()
    env.run_workers(rounds=60)
    before = _statuses(walk)
    walk.press(_press_archive)
    after = _statuses(walk)
    changed = {each: status for each, status in after.items() if status != before.get(each)}
    changes = {each: (before.get(each), status) for each, status in changed.items()}
    wrong = {
        each: change
        for each, change in changes.items()
        if change != _ARCHIVED and not _is_forwarded(walk, each, change)
    }
    assert not wrong, f"{walk.where}: archiving changed {wrong}"
    walk.archived |= changed.keys()
    walk.counts["archived"] += len(changed)
    refs = [ref for ref in walk.people if walk.promises.address_of(ref) in changed]
    walk.returning += walk.random.sample(refs, min(len(refs), 2))


_ARCHIVED = ("subscribed", "archived")


def _is_forwarded(walk: "RandomWalk", address: str, change: tuple[str | None, str]) -> bool:
    """Whether somebody opted out in the CRM meanwhile, which workers bring to MailChimp as chosen."""
    has_opted_out = bool(walk.promises.holders(address) & walk.environment.host.opt_outs)
    may_change = change[0] in {"subscribed", "pending"} and change[1] in {
        "archived",
        "unsubscribed",
    }
    return has_opted_out and may_change


def _press_archive(env: FaultEnvironment, nonce: str) -> int:
    return request_archiving(env.services, Press(admin(env), nonce))


# Not too often.


def cap_frequency(walk: "RandomWalk", campaign: WalkedCampaign) -> None:
    """At most one mailing in seven days, for this campaign; sometimes it is sent anyway."""
    env = walk.environment
    lift_cap(env)
    object.__setattr__(env.services.settings, "frequency_cap", 1)
    if walk.random.random() < 0.5:
        env.order["ignores_frequency_cap"] = True
        walk.counts["sent anyway"] += 1
        return
    walk.counts["capped"] += 1
    for address in set(campaign.people.values()):
        earlier = [other for other in walk.campaigns[:-1] if other.had(address)]
        if any(_is_recent(walk, other, address) for other in earlier):
            campaign.excluded.add(address)
            walk.counts["over the cap"] += 1
        elif earlier:  # with an unknown outcome, cancelled, or long ago
            campaign.excluded_late.add(address)


def lift_cap(env: FaultEnvironment) -> None:
    env.order.clear()
    object.__setattr__(env.services.settings, "frequency_cap", 0)


def _is_recent(walk: "RandomWalk", campaign: WalkedCampaign, address: str) -> bool:
    """Whether the campaign certainly mailed the address in the last days."""
    since = walk.environment.services.clock() - 6 * DAY
    sent = [
        remote
        for remote in walk.remote_campaigns(campaign)
        if remote.status == "sent" and remote.send_time > since and not remote.shown_status
    ]
    return bool(sent) and not campaign.cancelled and address in walk.mails(campaign)
