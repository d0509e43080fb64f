"""Campaigns over a month: each is read as often as its age says, everything is stored, calls are few."""

from random import Random

import pytest

from cxmc_ext.domain.rules.sync_intervals import DAY, HOUR, INTERVALS, interval_index
from cxmc_ext.testing import ManualQueue
from cxmc_ext.usecases.sync import schedule as sync_schedule
from tests.support.sync_world import SyncWorld

pytestmark = pytest.mark.slow

CHANGE_CHECK = "GET /reports"
PAGES = "GET /reports/{campaign_id}/email-activity"


def test_fifty_campaigns_are_synced_for_a_month(world: SyncWorld, queue: ManualQueue) -> None:
    dice = Random(7)
    people = [f"p{n}@kantoor.example" for n in range(4)]
    mailings = [world.add_sent_mailing(*people, title=f"Nr. {n}", ago=n * 20) for n in range(50)]
    events, reads, checks = 0, 0, 0
    for step in [600] * 12 + [2 * HOUR] * 11 + [8 * HOUR] * 18 + [DAY] * 24:
        if dice.random() < 0.5:
            world.record_opens(dice.choice(mailings), dice.choice(people), world.services.clock())
            events += 1
        world.advance(step)
        world.take_request_counts()
        while due := sync_schedule.claim_due(world.services, 100):
            for mailing in due:
                queue.nudge_sync(mailing)
            queue.run_all()
        requests = world.take_request_counts()
        reads += requests.get(PAGES, 0)
        checks += requests.get(CHANGE_CHECK, 0)
        assert requests.get(CHANGE_CHECK, 0) <= 1, "one call for all of them together"
    stored = sum(world.mailing(mailing).counts["events"].get("opened", 0) for mailing in mailings)
    assert stored == events
    assert reads <= 50 + events, "only what changed is read"
    assert checks <= 12 + 11 + 18 + 24, "one call per step, however many campaigns there are"
    assert world.services.clock() > (world.mailing(mailings[0]).sent_at or 0) + 30 * DAY


def test_campaign_is_read_as_often_as_its_age_says(world: SyncWorld, queue: ManualQueue) -> None:
    """Counts the turns in each row of the table of sync intervals, from one due time to the next."""
    mailing = world.add_sent_mailing("anna@kantoor.example", ago=0)
    sent = world.mailing(mailing).sent_at or 0
    runs = [0] * len(INTERVALS)
    while world.services.clock() < sent + 33 * DAY:
        (due,) = sync_schedule.claim_due(world.services, 9)
        queue.nudge_sync(due)
        queue.run_all()
        runs[interval_index(sent, world.services.clock())] += 1
        following = world.mailing(mailing).next_sync_at or 0
        world.advance(max(0, following - world.services.clock()))
    ages = [0, *(int(below) for below, _ in INTERVALS[:-1]), 33 * DAY]
    expected = [
        (older - younger) / every
        for (_, every), younger, older in zip(INTERVALS, ages, ages[1:], strict=False)
    ]
    assert expected == [12, 22, 48, 28, 32, 3]
    assert runs == pytest.approx(expected, abs=1)
