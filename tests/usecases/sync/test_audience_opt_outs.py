"""What only audiences tell: complaints about mails that are not ours, and who left an earlier audience."""

import pytest
from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.failed_address import FailedAddress
from cxmc_ext.db.models.reported_opt_out import ReportedOptOut
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_LIST
from cxmc_ext.standin.models import CampaignRecipient
from cxmc_ext.standin.service import engagement
from tests.support.databases import on_both
from tests.support.sync_world import SyncWorld, subscriber_hash

pytestmark = on_both

ANNA, BRAM = "anna@kantoor.example", "bram@kantoor.example"
HOUR = 3600


@pytest.mark.parametrize(
    "status", ["cleaned", pytest.param("unsubscribed", marks=pytest.mark.slow)]
)
def test_whoever_complains_about_a_mail_of_mailchimp_itself_is_opted_out(
    world: SyncWorld, status: str
) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM)
    world.sync(mailing)
    complain_elsewhere(world, ANNA, status)
    world.sync(mailing, after=2 * HOUR)
    world.sync(mailing, after=2 * HOUR)
    assert world.host.opt_outs == people_at(world, ANNA)
    assert world.fetch_all(select(FailedAddress)) == [], "whoever complains reads their mail"
    assert "complained" not in world.event_kinds(mailing, ANNA), "it was not about this campaign"
    assert "after the campaign “Vacatures”" in note_of(world, ANNA)


@pytest.mark.slow
def test_a_complaint_that_is_listed_late_still_opts_out(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.sync(mailing)
    complaint = complain_elsewhere(world, ANNA, "cleaned")
    at, complaint.complained_at = complaint.complained_at, 0
    world.sync(mailing, after=2 * HOUR)
    assert not world.host.opt_outs
    assert set(world.host.failed) == people_at(world, ANNA)
    complaint.complained_at = at
    world.standin.actions.edit(DEMO_LIST, ANNA, {"FNAME": "Anna"})
    world.sync(mailing, after=2 * HOUR)
    assert world.host.opt_outs == people_at(world, ANNA)
    assert not world.host.failed
    assert world.fetch_one(select(ReportedOptOut.source)) == "complained"


@pytest.mark.slow
def test_a_bounce_beside_a_complaint_opts_out_nobody(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM)
    complain_elsewhere(world, ANNA, "cleaned")
    world.record_bounce(mailing, BRAM, world.services.clock(), kind="hard")
    world.sync(mailing, after=2 * HOUR)
    assert world.host.opt_outs == people_at(world, ANNA)
    assert set(world.host.failed) == people_at(world, BRAM)


@pytest.mark.slow
@pytest.mark.parametrize("is_deleted", [False, True])
def test_an_earlier_audience_is_still_read(world: SyncWorld, is_deleted: bool) -> None:
    """The account uses another audience now; people may leave the earlier one by its forms."""
    newer = leave_earlier_audience(world)
    if is_deleted:
        world.standin.actions.delete_audience(DEMO_LIST)
    world.sync(newer, after=HOUR)
    assert world.host.opt_outs == (set() if is_deleted else people_at(world, ANNA))
    assert world.fetch_one(select(Account.unsubscribes_problem)) is None
    assert "unsubscribed" not in world.event_kinds(newer, BRAM)


@pytest.mark.slow
def test_an_earlier_audience_that_seems_to_be_missing_is_read_again(world: SyncWorld) -> None:
    """A single 404 may be a mistake: who left is not skipped."""
    newer = leave_earlier_audience(world)
    world.standin.state.faults.add(f"GET /lists/{DEMO_LIST}/members", "404")
    world.sync(newer, after=HOUR)
    assert world.fetch_one(select(Account.unsubscribes_problem)) is not None
    world.sync(newer, after=2 * HOUR)
    assert world.host.opt_outs == people_at(world, ANNA)
    assert world.fetch_one(select(Account.unsubscribes_problem)) is None


@pytest.mark.slow
def test_without_the_list_of_complaints_the_address_counts_as_failed(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    complain_elsewhere(world, ANNA, "cleaned")
    world.standin.state.faults.add("GET /lists/*/abuse-reports", "403", times=9)
    world.sync(mailing, after=2 * HOUR)
    assert not world.host.opt_outs
    assert set(world.host.failed) == people_at(world, ANNA)
    ((_, note),) = world.host.failed.values()
    assert "or was marked as spam" in note


def leave_earlier_audience(world: SyncWorld) -> int:
    """Anna leaves the audience of an earlier mailing; returns the mailing in the present one, to Bram."""
    earlier = world.add_sent_mailing(ANNA)
    world.update_mailing(earlier, list_id=DEMO_LIST)
    newer = world.add_sent_mailing(BRAM)
    list_id = world.standin.actions.create_audience(DEMO_ACCOUNT, "Another")
    session = world.services.session()
    session.execute(update(Account).values(list_id=list_id))
    session.commit()
    world.advance(HOUR)
    world.unsubscribe_elsewhere(ANNA)
    return newer


def complain_elsewhere(world: SyncWorld, address: str, status: str) -> CampaignRecipient:
    """About a campaign that was made and sent in MailChimp; returns its row of the recipient."""
    state = world.standin.state
    state.switches.complaint_status = status
    remote = world.add_remote_draft("By hand", world.services.clock())
    world.deliver(remote, [address], world.services.clock())
    with state.lock:
        campaign, now = world.remote_account.campaigns[remote], state.clock.now()
        member_id = subscriber_hash(address)
        assert engagement.record_complaint(state, world.remote_account, campaign, member_id, now)
    return campaign.recipients[member_id]


def people_at(world: SyncWorld, address: str) -> set[object]:
    return {ref for ref, person in world.host.persons.items() if person.address == address}


def note_of(world: SyncWorld, address: str) -> str:
    (ref,) = people_at(world, address)
    return next(str(members[ref]) for members in world.host.groups.values() if ref in members)
