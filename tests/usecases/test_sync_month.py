"""Fifty campaigns through a month: each as often as its age says, everything stored, few calls."""

from random import Random

import pytest
from syncing import World

from cxmc_ext.domain.rules.tiers import DAY, HOUR
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import HandQueue, MemoryHost
from cxmc_ext.usecases import sync

GATE = "GET /reports"
PAGES = "GET /reports/{campaign_id}/email-activity"


@pytest.fixture
def world(services: Services, standin: StandinServer, host: MemoryHost, clock: object) -> World:
    return World(services, standin, host, clock).connect()


def test_fifty_campaigns_live_through_a_month(world: World, queue: HandQueue) -> None:
    dice = Random(7)
    people = [f"p{n}@kantoor.example" for n in range(4)]
    mailings = [world.sends(*people, title=f"Nr. {n}", ago=n * 20) for n in range(50)]
    happened, reads = 0, 0
    for step in [600] * 12 + [2 * HOUR] * 11 + [8 * HOUR] * 18 + [DAY] * 24:
        if dice.random() < 0.5:
            world.opens(dice.choice(mailings), dice.choice(people), world.services.clock())
            happened += 1
        world.passes(step)
        world.requests()
        while due := sync.claim_due(world.services, 100):
            for mailing in due:
                queue.nudge_sync(mailing)
            queue.run_all()
        seen = world.requests()
        reads += seen.get(PAGES, 0)
        assert seen.get(GATE, 0) <= 1, "one call for all of them together"
    stored = sum(world.mailing(mailing).counts["events"].get("opened", 0) for mailing in mailings)
    assert stored == happened
    assert reads <= 50 + happened, "only what changed is read"
    assert world.services.clock() > (world.mailing(mailings[0]).sent_at or 0) + 30 * DAY
