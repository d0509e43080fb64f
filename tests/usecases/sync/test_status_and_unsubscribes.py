"""What is done in MailChimp by hand is followed: the status of campaigns, and unsubscribes."""

import pytest

from cxmc_ext.adapters.mailchimp.reports import ReportEndpoints
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.accounts import DEFAULT_ACCOUNT
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonKind
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.sync import turn as sync_turn
from tests.support.databases import on_both
from tests.support.sync_world import SyncWorld, subscriber_hash

pytestmark = on_both

ANNA, BRAM = "anna@kantoor.example", "bram@kantoor.example"
HOUR = 3600


def test_scheduled_campaign_is_followed_until_it_is_sent(world: SyncWorld) -> None:
    mailing = scheduled(world, ANNA, at=world.services.clock() + 5 * HOUR)
    world.sync(mailing)
    row = world.mailing(mailing)
    assert (row.state, world.events(mailing)) == ("scheduled", [])
    assert row.next_sync_at == pytest.approx(world.services.clock() + HOUR, abs=2)
    world.advance(5 * HOUR)
    world.deliver(row.remote_id or "", [ANNA], world.services.clock() - 3)
    world.sync(mailing)
    row = world.mailing(mailing)
    assert (row.state, row.remote_status, row.emails_sent) == ("sent", "sent", 1)
    assert world.event_kinds(mailing, ANNA) == ["sent"]
    assert row.next_sync_at == pytest.approx(world.services.clock() + 600, abs=70)


def test_mailing_is_not_sent_before_mailchimp_says_so(world: SyncWorld) -> None:
    mailing = scheduled(world, ANNA, at=world.services.clock())
    world.deliver(world.mailing(mailing).remote_id or "", [ANNA], world.services.clock())
    world.remote_campaign(mailing).status = "sending"
    world.sync(mailing)
    assert (world.mailing(mailing).state, world.events(mailing)) == ("sending", [])
    assert world.mailing(mailing).next_sync_at == pytest.approx(world.services.clock() + 30, abs=2)
    world.remote_campaign(mailing).status = "sent"
    world.sync(mailing)
    assert (world.mailing(mailing).state, world.event_kinds(mailing, ANNA)) == ("sent", ["sent"])


@pytest.mark.slow
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
def test_state_follows_the_status_at_mailchimp(
    world: SyncWorld, before: str, there: str, after: str, why: list[str]
) -> None:
    mailing = scheduled(world, ANNA, at=world.services.clock() + HOUR, state=before)
    world.remote_campaign(mailing).status = there
    world.sync(mailing)
    row = world.mailing(mailing)
    assert (row.state, row.remote_status) == (after, there)
    assert [problem["code"] for problem in row.problems] == why
    assert not row.sync_warnings, "a status we know is nothing to warn of"


@pytest.mark.parametrize("time", [0, pytest.param(253_402_300_799, marks=pytest.mark.slow)])
def test_a_scheduled_campaign_keeps_its_time_if_mailchimp_names_none(
    world: SyncWorld, time: int
) -> None:
    """Late opt-outs are looked for shortly before it."""
    at = world.services.clock() + 5 * HOUR
    mailing = scheduled(world, ANNA, at=at)
    world.remote_campaign(mailing).send_time = time
    world.sync(mailing)
    row = world.mailing(mailing)
    assert (row.state, row.schedule_at) == ("scheduled", at)
    world.remote_campaign(mailing).send_time = at + HOUR
    world.sync(mailing)
    assert world.mailing(mailing).schedule_at == at + HOUR, "somebody changed it there"


def test_draft_deleted_in_mailchimp_needs_attention_and_is_not_synced_anymore(
    world: SyncWorld,
) -> None:
    mailing = scheduled(world, ANNA, at=world.services.clock() + HOUR)
    world.remote_account.campaigns.clear()
    world.sync(mailing)
    row = world.mailing(mailing)
    assert (row.state, row.sync_problem["code"]) == ("scheduled", "campaign_missing"), "a slip?"
    world.sync(mailing, after=60)
    row = world.mailing(mailing)
    assert (row.state, row.next_sync_at) == ("attention", None)
    assert [problem["code"] for problem in row.problems] == ["deleted_there"]


def test_sent_campaign_deleted_in_mailchimp_keeps_what_is_stored(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.sync(mailing)
    world.remote_account.campaigns.clear()
    world.sync(mailing, after=600)
    world.sync(mailing, after=60)
    row = world.mailing(mailing)
    assert (row.state, row.next_sync_at, row.sync_problem["code"]) == ("sent", None, "report_gone")
    assert world.event_kinds(mailing, ANNA) == ["sent"]


def test_missing_report_of_a_fresh_campaign_is_read_a_minute_later(
    world: SyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = world.add_sent_mailing(ANNA, ago=30)
    with monkeypatch.context() as patched:
        patched.setattr(ReportEndpoints, "report_summaries", lambda *_: iter(()))
        world.sync(mailing)
    row = world.mailing(mailing)
    assert (row.state, row.sync_problem, world.events(mailing)) == ("sent", None, [])
    assert row.next_sync_at == pytest.approx(world.services.clock() + 60, abs=2)
    world.sync(mailing, after=60)
    assert world.event_kinds(mailing, ANNA) == ["sent"]


def test_mailing_with_a_running_operation_is_left_alone(world: SyncWorld) -> None:
    mailing = scheduled(world, ANNA, at=world.services.clock() + HOUR, state="preparing")
    session = world.services.session()
    session.add(
        Operation(
            account_id=accounts.get_or_create(session, DEFAULT_ACCOUNT).id,
            mailing_id=mailing,
            kind="send",
            scope=f"mailing:{mailing}",
            nonce="n",
            title_token="t",
            state="running",
            created_at=1,
        )
    )
    session.commit()
    world.remote_campaign(mailing).status = "schedule"
    world.sync(mailing)
    assert world.mailing(mailing).state == "preparing"
    assert world.mailing(mailing).next_sync_at == pytest.approx(world.services.clock() + 60, abs=2)


def test_unsubscribe_outside_a_campaign_opts_out_and_shows_at_the_newest_mailing(
    world: SyncWorld,
) -> None:
    old = world.add_sent_mailing(ANNA, BRAM, title="Oud", ago=9000)
    new = world.add_sent_mailing(ANNA, title="Nieuw", ago=600)
    contact = world.host.add_person(ANNA.upper(), PersonKind.CONTACT)
    world.sync(old)
    world.sync(new)
    world.unsubscribe_elsewhere(ANNA)
    asks(world, old)
    assert contact in world.host.opt_outs
    assert {world.host.persons[ref].address.lower() for ref in world.host.opt_outs} == {ANNA}
    assert "MailChimp" in world.host.groups[OPT_OUT_TAG, PersonKind.CONTACT][contact]
    assert world.event_kinds(new, ANNA) == ["sent", "unsubscribed"]
    assert world.event_kinds(old, ANNA) == ["sent"]
    assert (world.status(new, ANNA), world.status(old, ANNA)) == ("unsubscribed", "sent")
    assert world.mailing(new).counts["status"] == {"unsubscribed": 1}
    asks(world, new)
    asks(world, old)
    assert world.event_kinds(new, ANNA) == ["sent", "unsubscribed"]


def test_unsubscribe_in_audience_and_report_is_one_event_of_the_right_campaign(
    world: SyncWorld,
) -> None:
    old = world.add_sent_mailing(ANNA, title="Oud", ago=9000)
    new = world.add_sent_mailing(ANNA, title="Nieuw", ago=600)
    world.sync(old)
    world.sync(new)
    world.record_unsubscribe(old, ANNA)
    asks(world, new)
    assert world.event_kinds(new, ANNA) == ["sent", "unsubscribed"]
    world.sync(old, after=HOUR)
    assert world.event_kinds(old, ANNA) == ["sent", "unsubscribed"]
    assert world.event_kinds(new, ANNA) == ["sent"]
    assert world.mailing(new).counts["events"] == {"sent": 1}


@pytest.mark.slow
def test_a_hard_bounce_marks_the_owners_of_the_address_and_opts_nobody_out(
    world: SyncWorld,
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.record_bounce(mailing, ANNA, world.services.clock(), kind="hard")
    asks(world, mailing)
    assert world.status(mailing, ANNA) == "bounced"
    ((address, note),) = world.host.failed.values()
    assert address == ANNA
    assert note.startswith("Cleaned in MailChimp: mail to it bounced for good")
    assert "spam" not in note, "it was read who complained, and it was nobody"
    assert not world.host.opt_outs


def test_a_soft_bounce_does_not_opt_out(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.record_bounce(mailing, ANNA, world.services.clock(), kind="soft")
    asks(world, mailing)
    assert world.status(mailing, ANNA) == "bounced"
    assert not world.host.opt_outs


def test_unsubscribes_are_read_every_hour_and_for_every_update_now(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.sync(mailing)
    world.take_request_counts()
    members = "GET /lists/{list_id}/members"
    world.sync(mailing, after=600)
    assert members not in world.take_request_counts()
    asks(world, mailing)
    assert world.take_request_counts()[members] == 2, "unsubscribed, cleaned"
    world.sync(mailing, after=HOUR)
    assert world.take_request_counts()[members] == 2


def test_failed_read_of_unsubscribes_does_not_stop_the_turn(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.standin.state.faults.add("GET /lists/*/members", "404", times=0)
    asks(world, mailing)
    assert world.event_kinds(mailing, ANNA) == ["sent"]


def scheduled(world: SyncWorld, address: str, at: int, state: str = "scheduled") -> int:
    """A mailing that is not sent yet: its campaign is scheduled for `at`."""
    mailing = world.add_sent_mailing(address, ago=0)
    campaign = world.remote_campaign(mailing)
    campaign.status, campaign.send_time = "schedule", at
    campaign.recipients.clear()
    schedule_at = at if state == "scheduled" else None
    world.update_mailing(
        mailing, state=state, remote_status="save", sent_at=None, schedule_at=schedule_at
    )
    assert subscriber_hash(address) in world.remote_account.lists[campaign.list_id].members
    return mailing


def asks(world: SyncWorld, mailing: int) -> None:
    sync_schedule.request_update(
        world.services, world.host.users["admin"][0], world.mailing(mailing).campaign_ref
    )
    sync_turn.run(world.services, mailing)
