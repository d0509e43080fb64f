"""What people do between two campaigns of the random walk: in the CRM, as recipients, at MailChimp."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from cxmc_ext.standin.models import Campaign, CampaignRecipient, Member
from cxmc_ext.standin.service import engagement
from cxmc_ext.standin.service.membership import current_member, find_member
from tests.faults import walk_crm, walk_hygiene
from tests.faults.scenarios import press_connect
from tests.faults.walk_promises import WalkedCampaign, plain_address

if TYPE_CHECKING:
    from tests.faults.random_walk import RandomWalk

Action = Callable[["RandomWalk"], object]
UNKNOWN_STATUS = "under_review"


# As a recipient.


def _recipient(
    walk: "RandomWalk",
) -> tuple[WalkedCampaign, Campaign, str, CampaignRecipient] | None:
    """A random mail of a campaign that went out."""
    delivered = [
        (walked, remote, member_id, row)
        for walked in walk.campaigns
        for remote in walk.remote_campaigns(walked)
        for member_id, row in remote.recipients.items()
    ]
    if not delivered:
        return None
    chosen = walk.random.choice(delivered)
    walk.touched.add(chosen[0].ref)
    return chosen


def _react(walk: "RandomWalk") -> None:
    """Open or click, sometimes twice within a second, or bounce softly."""
    chosen = _recipient(walk)
    if chosen is None:
        return
    _, remote, member_id, row = chosen
    state = walk.environment.standin.state
    with state.lock:
        now, account = state.clock.now(), walk.environment.remote_account
        for _ in range(walk.random.choice((1, 1, 2))):
            engagement.record_open(remote, member_id, now)
            if remote.links and walk.random.random() < 0.5:
                engagement.record_click(remote, member_id, next(iter(remote.links)), now)
        if not row.bounce and walk.random.random() < 0.2:
            engagement.record_bounce(state, account, remote, member_id, "soft", now)


def _leave_by_mail(walk: "RandomWalk", kind: str) -> None:
    chosen = _recipient(walk)
    if chosen is None:
        return
    walked, remote, member_id, row = chosen
    state, account = walk.environment.standin.state, walk.environment.remote_account
    with state.lock:
        now = state.clock.now()
        if kind == "unsubscribe":
            done = engagement.record_unsubscribe(state, account, remote, member_id, "", now)
        else:
            status = walk.random.choice(("cleaned", "unsubscribed"))
            state.switches.change({"complaint_status": status})
            done = engagement.record_complaint(state, account, remote, member_id, now)
    if not done:
        return
    walk.counts[f"did {kind}"] += 1
    member = _member(walk, remote, member_id)
    address = plain_address(row.email_address)
    walk.promises.close(address, walked.people_at(address))
    if member is not None and member.status != "subscribed":
        walk.promises.close(plain_address(member.email_address), set())


def _member(walk: "RandomWalk", remote: Campaign, member_id: str) -> Member | None:
    """Who got a mail, as they are now; None: they or the audience were deleted."""
    audience = walk.environment.remote_account.lists.get(remote.list_id)
    return current_member(audience, member_id) if audience else None


def _unsubscribe(walk: "RandomWalk") -> None:
    _leave_by_mail(walk, "unsubscribe")


def _complain(walk: "RandomWalk") -> None:
    _leave_by_mail(walk, "complain")


def _bounce(walk: "RandomWalk") -> None:
    """For good. It says nothing about the people: they may get another address."""
    chosen = _recipient(walk)
    if chosen is None:
        return
    _, remote, member_id, row = chosen
    state, account = walk.environment.standin.state, walk.environment.remote_account
    with state.lock:
        now = state.clock.now()
        if not engagement.record_bounce(state, account, remote, member_id, "hard", now):
            return
    walk.counts["did hard bounce"] += 1
    member = _member(walk, remote, member_id)
    if member is None or member.status != "cleaned":
        return  # The audience was deleted: nothing reports that the address is cleaned.
    # MailChimp cleans the address that the member has now; under a new id nothing reports the old one.
    walk.promises.failed.add(plain_address(member.email_address))
    if member_id in account.lists[remote.list_id].members:
        walk.promises.failed.add(plain_address(row.email_address))


# In the audience.


def _member_address(walk: "RandomWalk") -> str | None:
    """The address of a random subscriber who is in the CRM."""
    audience = walk.environment.audience
    known = {walk.promises.address_of(ref) for ref in walk.people}
    addresses = [
        member.email_address
        for member in audience.members.values()
        if member.status == "subscribed" and plain_address(member.email_address) in known
    ]
    return walk.random.choice(addresses) if addresses else None


def _unsubscribe_elsewhere(walk: "RandomWalk") -> None:
    """By another way than a mail: a form, or an administrator."""
    address = _member_address(walk)
    if address is None:
        return
    walk.environment.standin.actions.set_status(
        walk.environment.audience.id, address, "unsubscribed"
    )
    plain = plain_address(address)
    walk.left_elsewhere(plain)


def _complain_elsewhere(walk: "RandomWalk") -> None:
    """About a mail that was sent from MailChimp itself: no report of ours tells of it."""
    address = _member_address(walk)
    if address is None:
        return
    state, account = walk.environment.standin.state, walk.environment.remote_account
    with state.lock:
        member = find_member(walk.environment.audience, address)
        assert member is not None
        walk.counts["campaigns by hand"] += 1
        remote = Campaign(
            state.new_id(), state.new_number(), "regular", state.clock.now(),
            list_id=walk.environment.audience.id, settings={"title": "By hand"}, status="sent",
            send_time=state.clock.now(), emails_sent=1,
            recipients={member.id: CampaignRecipient(address, {})},
        )  # fmt: skip
        account.campaigns[remote.id] = remote
        status = walk.random.choice(("cleaned", "unsubscribed"))
        state.switches.change({"complaint_status": status})
        engagement.record_complaint(state, account, remote, member.id, state.clock.now())
    walk.left_elsewhere(plain_address(address), is_event=status == "unsubscribed")


def _archive_member(walk: "RandomWalk") -> None:
    """Also one who unsubscribed, which archiving hides; we have read that before."""
    audience = walk.environment.audience
    known = {walk.promises.address_of(ref) for ref in walk.people}
    members = [row for row in audience.members.values() if row.email_address in known]
    if not members:
        return
    member = walk.random.choice(members)
    if member.status != "subscribed":
        walk.settle()
    walk.environment.standin.actions.set_status(
        audience.id, member.email_address, "archived", "admin"
    )


def _delete_member(walk: "RandomWalk") -> None:
    address = _member_address(walk)
    if address is not None:
        walk.gone.add(plain_address(address))
        walk.environment.standin.actions.delete_member(walk.environment.audience.id, address)


def _edit_member(walk: "RandomWalk") -> None:
    """Moves `last_changed`, also of somebody who unsubscribed long ago."""
    members = list(walk.environment.audience.members.values())
    if not members:
        return
    member = walk.random.choice(members)
    walk.environment.standin.actions.edit(
        walk.environment.audience.id, member.email_address, {"FNAME": str(walk.random.random())}
    )


def _change_address_on_the_form(walk: "RandomWalk") -> None:
    address = _member_address(walk)
    if address is None:
        return
    env, new = walk.environment, plain_address(walk.new_address("form"))
    env.standin.state.switches.address_change_keeps_id = walk.random.random() < 0.3
    walk.has_moved = True
    walk.gone.add(plain_address(address))
    env.standin.actions.change_address(env.audience.id, address, new)
    for campaign in walk.campaigns:  # one that MailChimp has not sent yet goes to the new address
        for ref in campaign.people_at(plain_address(address)):
            campaign.frozen[ref].add(new)


def _delete_audience(walk: "RandomWalk") -> None:
    """After everything it knew was read; then "Initialize" again."""
    walk.settle()
    env = walk.environment
    env.standin.actions.delete_audience(env.account.list_id)
    walk.press_and_work(press_connect, f"again {walk.random.random()}")
    if env.account.list_id not in env.remote_account.lists:
        walk.end_random_events()
        walk.press_and_work(press_connect, f"without faults {walk.random.random()}")
        walk.set_hooks()
    assert env.account.list_id in env.remote_account.lists, f"{walk.where}: no new audience"


# Campaigns at MailChimp.


def _archive_campaign(walk: "RandomWalk") -> None:
    chosen = _recipient(walk)
    if chosen is not None:
        walk.environment.standin.actions.archive(chosen[1].id)


def _show_unknown_status(walk: "RandomWalk") -> None:
    chosen = _recipient(walk)
    if chosen is not None:
        remote = chosen[1]
        remote.shown_status = "" if remote.shown_status else UNKNOWN_STATUS


# Actions with weights; `campaigns at MailChimp` and mails need a campaign that went out.
ACTIONS: tuple[tuple[Action, int], ...] = (
    (_react, 8),
    (_unsubscribe, 6),
    (_complain, 2),
    (_bounce, 2),
    (_unsubscribe_elsewhere, 2),
    (_complain_elsewhere, 2),
    (_archive_member, 1),
    (_delete_member, 1),
    (_edit_member, 3),
    (_change_address_on_the_form, 2),
    (_delete_audience, 1),
    (_archive_campaign, 1),
    (_show_unknown_status, 1),
    (walk_crm.edit_address, 4),
    (walk_crm.correct_failed_address, 3),
    (walk_crm.merge, 2),
    (walk_crm.remove_from_campaign, 1),
    (walk_crm.opt_out, 2),
    (walk_hygiene.invite_back, 4),
    (walk_hygiene.forward_opt_outs, 2),
    (walk_hygiene.archive_unused, 1),
)
