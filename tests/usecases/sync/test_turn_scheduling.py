"""Which mailing is read when, by which worker, and one change check for all of them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.queries import bulk, sync_due, sync_turns
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.mailchimp import ReportSummary
from cxmc_ext.domain.ports.mailchimp import MailChimp
from cxmc_ext.testing import ManualQueue
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.worker import wakeups
from tests.support.databases import on_both
from tests.support.sync_world import SyncWorld

pytestmark = on_both

ANNA, BRAM = "anna@kantoor.example", "bram@kantoor.example"
CHANGE_CHECK = "GET /reports"
PAGES = "GET /reports/{campaign_id}/email-activity"


def test_unchanged_campaigns_take_one_call_together(world: SyncWorld, queue: ManualQueue) -> None:
    mailings = [world.add_sent_mailing(ANNA, BRAM, title=f"Nr. {n}") for n in range(5)]
    for mailing in mailings:
        world.sync(mailing)
    world.advance(700)
    world.take_request_counts()
    nudge(world, queue)
    assert world.take_request_counts() == {CHANGE_CHECK: 1}
    synced_at = [world.mailing(mailing).last_sync_at for mailing in mailings]
    assert synced_at == pytest.approx([world.services.clock()] * 5, abs=5)
    assert sync_schedule.claim_due(world.services, 20) == []


def test_five_hundred_unchanged_campaigns_take_one_call(
    world: SyncWorld, queue: ManualQueue
) -> None:
    first = world.add_sent_mailing(ANNA, title="Nr. 0")
    world.sync(first)
    copies = [world.copy_mailing(first) for _ in range(499)]
    world.advance(700)
    world.take_request_counts()
    nudge(world, queue)
    assert world.take_request_counts() == {CHANGE_CHECK: 1}
    assert sync_schedule.claim_due(world.services, 500) == []
    assert len({first, *copies}) == 500


def test_only_changed_campaigns_are_read_and_the_change_check_is_shared(
    world: SyncWorld, queue: ManualQueue
) -> None:
    mailings = [world.add_sent_mailing(ANNA, BRAM, title=f"Nr. {n}") for n in range(4)]
    for mailing in mailings:
        world.sync(mailing)
    world.advance(700)
    for mailing in mailings[:2]:
        world.record_opens(mailing, ANNA, world.services.clock() - 5)
    world.take_request_counts()
    nudge(world, queue)
    assert world.take_request_counts() == {CHANGE_CHECK: 1, PAGES: 2}
    assert [world.status(mailing, ANNA) for mailing in mailings] == ["opened"] * 2 + ["sent"] * 2


def test_due_mailings_are_claimed_newest_first_and_once(world: SyncWorld) -> None:
    mailings = [world.add_sent_mailing(ANNA, title=f"Nr. {n}") for n in range(3)]
    assert sync_schedule.claim_due(world.services, 2) == [mailings[2], mailings[1]]
    assert sync_schedule.claim_due(world.services, 2) == [mailings[0]]
    assert sync_schedule.claim_due(world.services, 2) == []
    world.advance(sync_due.CLAIM_SECONDS + 1)
    assert len(sync_schedule.claim_due(world.services, 9)) == 3, "a lost nudge is repeated"


def test_mailing_that_is_not_due_is_not_read(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.sync(mailing)
    world.take_request_counts()
    sync_turn.run(world.services, mailing)
    assert world.take_request_counts() == {}
    sync_turn.run(world.services, mailing, requested=True)
    assert CHANGE_CHECK in world.take_request_counts()


def test_only_one_worker_has_the_turn(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    first = sync_turns.claim(world.services.session(), mailing, "a", world.services.clock())
    world.services.session().commit()
    assert first is not None
    sync_turn.run(world.services, mailing)
    assert world.take_request_counts() == {}


def test_a_worker_that_writes_keeps_its_turn(world: SyncWorld) -> None:
    session, mailing = world.services.session(), world.add_sent_mailing(ANNA)
    first = sync_turns.claim(session, mailing, "a", world.services.clock())
    assert first is not None
    world.update_mailing(mailing, sync_lease_until=0)
    sync_turns.extend(session, first)
    session.commit()
    sync_turn.run(world.services, mailing, requested=True)
    assert world.take_request_counts() == {}


def test_worker_that_lost_its_turn_writes_nothing(
    world: SyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.update_mailing(mailing, events_cursor=None)

    def stolen(*_: Any) -> Iterator[Any]:
        world.update_mailing(mailing, sync_lease_token="somebody else")
        return iter(())

    monkeypatch.setattr("cxmc_ext.usecases.sync.pages.ActivityPages.batches", stolen)
    world.sync(mailing)
    assert world.events(mailing) == []
    assert world.mailing(mailing).sync_lease_token == "somebody else"


@pytest.mark.parametrize(
    "values",
    [
        {"state": "inactive"},
        {"sync_paused": True},
        {"key_refused": True},
        {"sealed_key": None},
        {"back_off_until": 9**12},
    ],
)
def test_account_that_may_not_be_called_is_not_called(
    world: SyncWorld, values: dict[str, Any]
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.services.session().execute(update(Account).values(**values))
    world.services.session().commit()
    assert sync_schedule.claim_due(world.services, 9) == []
    sync_turn.run(world.services, mailing)
    assert world.take_request_counts() == {}


def test_deactivation_stops_a_turn_at_its_next_write(
    world: SyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    add = bulk.add_sent_events

    def deactivate(*args: Any) -> None:
        add(*args)
        world.services.session().execute(update(Account).values(state="inactive", epoch=99))

    monkeypatch.setattr(bulk, "add_sent_events", deactivate)
    world.sync(mailing)
    assert world.mailing(mailing).report_fingerprint == ""


def test_update_now_makes_a_mailing_due_and_several_presses_count_once(
    world: SyncWorld, queue: ManualQueue
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.sync(mailing)
    world.record_opens(mailing, ANNA, world.services.clock())
    ref = world.mailing(mailing).campaign_ref
    for _ in range(3):
        sync_schedule.request_update(world.services, world.host.users["admin"][0], ref)
    world.take_request_counts()
    queue.run_all()
    assert world.take_request_counts()[CHANGE_CHECK] == 1
    assert world.status(mailing, ANNA) == "opened"


def test_update_now_during_a_turn_is_not_lost(
    world: SyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    ref = world.mailing(mailing).campaign_ref
    add = bulk.add_sent_events

    def press(*args: Any, **options: Any) -> None:
        add(*args, **options)
        sync_turns.request_now(world.services.session(), mailing, world.services.clock())

    monkeypatch.setattr(bulk, "add_sent_events", press)
    world.sync(mailing)
    assert ref
    assert sync_schedule.claim_due(world.services, 9) == [mailing]


def test_update_now_needs_a_campaign_in_mailchimp(world: SyncWorld) -> None:
    with pytest.raises(Conflict) as refused:
        sync_schedule.request_update(world.services, world.host.users["admin"][0], "none")
    assert refused.value.problem.code == "nothing_to_update"


def nudge(world: SyncWorld, queue: ManualQueue) -> None:
    for mailing in sync_schedule.claim_due(world.services, 20):
        queue.nudge_sync(mailing)
    queue.run_all()


@pytest.mark.slow
def test_worker_whose_clock_is_ahead_does_not_block_the_change_check(
    world: SyncWorld,
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    session, ahead = world.services.session(), world.services.clock() + 3600
    session.execute(update(Account).values(change_checked_at=ahead))
    session.commit()
    sync_turn.run(world.services, mailing)
    assert world.status(mailing, ANNA) == "sent"


def read_mailings(world: SyncWorld) -> list[int]:
    """The mailings whose report was read, in order."""
    calls = select(RemoteCall.mailing_id).where(RemoteCall.method == "activity_page")
    return list(world.services.session().execute(calls.order_by(RemoteCall.id)).scalars())


def test_all_due_reports_are_read_newest_first_after_one_change_check(world: SyncWorld) -> None:
    mailings = [world.add_sent_mailing(ANNA) for _ in range(3)]
    world.take_request_counts()
    wakeups.sync_further(world.services)
    assert read_mailings(world) == sorted(mailings, reverse=True)
    assert world.take_request_counts()[CHANGE_CHECK] == 1


def test_after_its_time_a_worker_leaves_what_is_due_to_the_next_job(
    world: SyncWorld, queue: ManualQueue
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.take_request_counts()
    wakeups.sync_further(world.services, 0)
    assert world.take_request_counts() == {}
    queue.run_all()
    assert read_mailings(world) == [mailing]


def test_turn_beside_a_change_check_takes_the_summary_from_it(world: SyncWorld) -> None:
    mailing, other = (world.add_sent_mailing(ANNA, title=f"Nr. {n}") for n in range(2))

    def client_factory(key: str, account_row: int) -> MailChimp:
        client = world.services.client_factory(key, account_row)
        summaries = client.report_summaries

        def meanwhile(since: int) -> Iterator[ReportSummary]:
            sync_turn.run(world.services, other)  # another worker
            return summaries(since)

        client.report_summaries = meanwhile  # type: ignore[method-assign]
        return client

    world.take_request_counts()
    sync_turn.run(replace(world.services, client_factory=client_factory), mailing)
    assert read_mailings(world) == [mailing]
    world.advance(6)
    wakeups.sync_further(world.services)
    assert read_mailings(world) == [mailing, other]
    assert world.take_request_counts()[CHANGE_CHECK] == 1


def test_turns_share_one_client(world: SyncWorld) -> None:
    made: list[int] = []

    def counted(key: str, account_row: int) -> MailChimp:
        made.append(account_row)
        return world.services.client_factory(key, account_row)

    for _ in range(3):
        world.add_sent_mailing(ANNA)
    wakeups.sync_further(replace(world.services, client_factory=counted))
    assert len(read_mailings(world)) == 3
    assert len(made) == 1
