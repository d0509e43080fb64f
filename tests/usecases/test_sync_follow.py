"""What is done in MailChimp by hand shows here: the campaign's own status, and who left the audience."""

import pytest
from syncing import World, md5

from cxmc_ext.adapters.mailchimp_reports import ReportEndpoints
from cxmc_ext.db.models import Operation
from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.values import DEFAULT_ACCOUNT, OPT_OUT_TAG, PersonKind
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases import sync
from tests.databases import on_both

pytestmark = on_both

ANNA, BRAM = "anna@kantoor.example", "bram@kantoor.example"
HOUR = 3600


@pytest.fixture
def world(
    services: Services, standin: StandinServer, host: MemoryHost, clock: object, still: None
) -> World:
    return World(services, standin, host, clock).connect()


def test_a_scheduled_campaign_is_followed_until_it_is_sent(world: World) -> None:
    mailing = scheduled(world, ANNA, at=world.services.clock() + 5 * HOUR)
    world.syncs(mailing)
    row = world.mailing(mailing)
    assert (row.state, world.events(mailing)) == ("scheduled", [])
    assert row.next_sync_at == pytest.approx(world.services.clock() + HOUR, abs=2)
    world.passes(5 * HOUR)
    world.delivers(row.remote_id or "", [ANNA], world.services.clock() - 3)
    world.syncs(mailing)
    row = world.mailing(mailing)
    assert (row.state, row.remote_status, row.emails_sent) == ("sent", "sent", 1)
    assert world.kinds(mailing, ANNA) == ["sent"]
    assert row.next_sync_at == pytest.approx(world.services.clock() + 600, abs=70)


def test_sent_is_not_written_before_mailchimp_says_sent(world: World) -> None:
    mailing = scheduled(world, ANNA, at=world.services.clock())
    world.delivers(world.mailing(mailing).remote_id or "", [ANNA], world.services.clock())
    world.campaign(mailing).status = "sending"
    world.syncs(mailing)
    assert (world.mailing(mailing).state, world.events(mailing)) == ("sending", [])
    assert world.mailing(mailing).next_sync_at == pytest.approx(world.services.clock() + 30, abs=2)
    world.campaign(mailing).status = "sent"
    world.syncs(mailing)
    assert (world.mailing(mailing).state, world.kinds(mailing, ANNA)) == ("sent", ["sent"])


@pytest.mark.parametrize(
    ("before", "there", "after", "why"),
    [
        ("in_mailchimp", "sent", "sent", []),
        ("not_ready", "schedule", "scheduled", []),
        ("scheduled", "save", "attention", ["unscheduled_there"]),
        ("sending", "canceling", "cancelled", ["cancelled_there"]),
        ("sending", "canceled", "cancelled", ["cancelled_there"]),
        ("in_mailchimp", "save", "in_mailchimp", []),
        ("not_ready", "save", "not_ready", []),
    ],
)
def test_the_state_follows_mailchimps(
    world: World, before: str, there: str, after: str, why: list[str]
) -> None:
    mailing = scheduled(world, ANNA, at=world.services.clock() + HOUR, state=before)
    world.campaign(mailing).status = there
    world.syncs(mailing)
    row = world.mailing(mailing)
    assert (row.state, row.remote_status) == (after, there)
    assert [each["code"] for each in row.why] == why


def test_a_draft_deleted_in_mailchimp_needs_a_person_and_is_followed_no_more(world: World) -> None:
    mailing = scheduled(world, ANNA, at=world.services.clock() + HOUR)
    world.there.campaigns.clear()
    world.syncs(mailing)
    row = world.mailing(mailing)
    assert (row.state, row.sync_note["code"]) == ("scheduled", "campaign_missing"), "a slip?"
    world.syncs(mailing, after=60)
    row = world.mailing(mailing)
    assert (row.state, row.next_sync_at) == ("attention", None)
    assert [each["code"] for each in row.why] == ["deleted_there"]


def test_a_sent_campaign_deleted_in_mailchimp_keeps_what_is_stored(world: World) -> None:
    mailing = world.sends(ANNA)
    world.syncs(mailing)
    world.there.campaigns.clear()
    world.syncs(mailing, after=600)
    world.syncs(mailing, after=60)
    row = world.mailing(mailing)
    assert (row.state, row.next_sync_at, row.sync_note["code"]) == ("sent", None, "report_gone")
    assert world.kinds(mailing, ANNA) == ["sent"]


def test_a_report_that_is_not_there_yet_is_asked_for_again_in_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = world.sends(ANNA, ago=30)
    with monkeypatch.context() as patched:
        patched.setattr(ReportEndpoints, "report_lines", lambda *_: iter(()))
        world.syncs(mailing)
    row = world.mailing(mailing)
    assert (row.state, row.sync_note, world.events(mailing)) == ("sent", None, [])
    assert row.next_sync_at == pytest.approx(world.services.clock() + 60, abs=2)
    world.syncs(mailing, after=60)
    assert world.kinds(mailing, ANNA) == ["sent"]


def test_a_mailing_on_which_an_operation_works_is_left_to_it(world: World) -> None:
    mailing = scheduled(world, ANNA, at=world.services.clock() + HOUR, state="preparing")
    session = world.services.session()
    session.add(
        Operation(
            account_id=accounts.of_ref(session, DEFAULT_ACCOUNT).id,
            mailing_id=mailing,
            kind="send",
            scope=f"mailing:{mailing}",
            nonce="n",
            token="t",
            state="running",
            created_at=1,
        )
    )
    session.commit()
    world.campaign(mailing).status = "schedule"
    world.syncs(mailing)
    assert world.mailing(mailing).state == "preparing"
    assert world.mailing(mailing).next_sync_at == pytest.approx(world.services.clock() + 60, abs=2)


def test_who_leaves_by_another_way_is_opted_out_and_shown_at_the_newest_mailing(
    world: World,
) -> None:
    old = world.sends(ANNA, BRAM, title="Oud", ago=9000)
    new = world.sends(ANNA, title="Nieuw", ago=600)
    contact = world.host.add_person(ANNA.upper(), PersonKind.CONTACT)
    world.syncs(old)
    world.syncs(new)
    world.leaves(ANNA)
    asks(world, old)
    assert contact in world.host.opt_outs
    assert {world.host.persons[ref].address.lower() for ref in world.host.opt_outs} == {ANNA}
    assert "MailChimp" in world.host.groups[OPT_OUT_TAG, PersonKind.CONTACT][contact]
    assert world.kinds(new, ANNA) == ["sent", "unsubscribed"]
    assert world.kinds(old, ANNA) == ["sent"]
    assert (world.status(new, ANNA), world.status(old, ANNA)) == ("unsubscribed", "sent")
    assert world.mailing(new).counts["status"] == {"unsubscribed": 1}
    asks(world, new)
    asks(world, old)
    assert world.kinds(new, ANNA) == ["sent", "unsubscribed"]


def test_one_leaving_told_by_audience_and_report_is_one_activity_of_the_right_campaign(
    world: World,
) -> None:
    old = world.sends(ANNA, title="Oud", ago=9000)
    new = world.sends(ANNA, title="Nieuw", ago=600)
    world.syncs(old)
    world.syncs(new)
    world.unsubscribes(old, ANNA)
    asks(world, new)
    assert world.kinds(new, ANNA) == ["sent", "unsubscribed"]
    world.syncs(old, after=HOUR)
    assert world.kinds(old, ANNA) == ["sent", "unsubscribed"]
    assert world.kinds(new, ANNA) == ["sent"]
    assert world.mailing(new).counts["events"] == {"sent": 1}


def test_who_bounced_hard_is_not_opted_out(world: World) -> None:
    mailing = world.sends(ANNA)
    world.bounces(mailing, ANNA, world.services.clock(), kind="hard")
    asks(world, mailing)
    assert world.status(mailing, ANNA) == "bounced"
    assert not world.host.opt_outs


def test_the_audience_is_asked_once_an_hour_and_for_every_update_now(world: World) -> None:
    mailing = world.sends(ANNA)
    world.syncs(mailing)
    world.requests()
    members = "GET /lists/{list_id}/members"
    world.syncs(mailing, after=600)
    assert members not in world.requests()
    asks(world, mailing)
    assert world.requests()[members] == 1
    world.syncs(mailing, after=HOUR)
    assert world.requests()[members] == 1


def test_an_audience_that_cannot_be_read_stops_nothing(world: World) -> None:
    mailing = world.sends(ANNA)
    world.standin.state.faults.add("GET /lists/*/members", "404", times=0)
    asks(world, mailing)
    assert world.kinds(mailing, ANNA) == ["sent"]


def scheduled(world: World, address: str, at: int, state: str = "scheduled") -> int:
    """A mailing that is not sent: a draft at MailChimp, planned for `at`."""
    mailing = world.sends(address, ago=0)
    row = world.mailing(mailing)
    campaign = world.campaign(mailing)
    campaign.status, campaign.send_time = "schedule", at
    campaign.recipients.clear()
    row.state, row.remote_status, row.sent_at = state, "save", None
    row.schedule_at = at if state == "scheduled" else None
    world.services.session().commit()
    assert md5(address) in world.there.lists[campaign.list_id].members
    return mailing


def asks(world: World, mailing: int) -> None:
    sync.request_update(
        world.services, world.host.users["admin"][0], world.mailing(mailing).campaign_ref
    )
    sync.run(world.services, mailing)
