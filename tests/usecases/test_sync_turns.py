"""Turns: who may sync when, one gate call for all, and what a fault or a crash leaves behind."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update
from syncing import World

from cxmc_ext.db.models import Account, Mailing
from cxmc_ext.db.queries import bulk, syncing
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import HandQueue, MemoryHost
from cxmc_ext.usecases import sync
from tests.databases import on_both

pytestmark = on_both

ANNA, BRAM = "anna@kantoor.example", "bram@kantoor.example"
GATE = "GET /reports"
PAGES = "GET /reports/{campaign_id}/email-activity"


@pytest.fixture
def world(
    services: Services, standin: StandinServer, host: MemoryHost, clock: object, still: None
) -> World:
    return World(services, standin, host, clock).connect()


def test_nothing_changed_costs_one_call_for_all_campaigns_together(
    world: World, queue: HandQueue
) -> None:
    mailings = [world.sends(ANNA, BRAM, title=f"Nr. {n}") for n in range(5)]
    for mailing in mailings:
        world.syncs(mailing)
    world.passes(700)
    world.requests()
    nudge(world, queue)
    assert world.requests() == {GATE: 1}
    seen = [world.mailing(mailing).last_sync_at for mailing in mailings]
    assert seen == pytest.approx([world.services.clock()] * 5, abs=5)
    assert sync.claim_due(world.services, 20) == []


def test_five_hundred_unchanged_campaigns_cost_one_call(world: World, queue: HandQueue) -> None:
    first = world.sends(ANNA, title="Nr. 0")
    world.syncs(first)
    copies = [world.copy(first) for _ in range(499)]
    world.passes(700)
    world.requests()
    nudge(world, queue)
    assert world.requests() == {GATE: 1}
    assert sync.claim_due(world.services, 500) == []
    assert len({first, *copies}) == 500


def test_only_what_changed_is_read_and_the_gate_is_shared(world: World, queue: HandQueue) -> None:
    mailings = [world.sends(ANNA, BRAM, title=f"Nr. {n}") for n in range(4)]
    for mailing in mailings:
        world.syncs(mailing)
    world.passes(700)
    for mailing in mailings[:2]:
        world.opens(mailing, ANNA, world.services.clock() - 5)
    world.requests()
    nudge(world, queue)
    assert world.requests() == {GATE: 1, PAGES: 2}
    assert [world.status(mailing, ANNA) for mailing in mailings] == ["opened"] * 2 + ["sent"] * 2


def test_due_mailings_are_claimed_newest_first_and_once(world: World) -> None:
    mailings = [world.sends(ANNA, title=f"Nr. {n}") for n in range(3)]
    assert sync.claim_due(world.services, 2) == [mailings[2], mailings[1]]
    assert sync.claim_due(world.services, 2) == [mailings[0]]
    assert sync.claim_due(world.services, 2) == []
    world.passes(syncing.AHEAD + 1)
    assert len(sync.claim_due(world.services, 9)) == 3, "a lost wake-up is made up for"


def test_a_mailing_that_is_not_due_is_not_touched(world: World) -> None:
    mailing = world.sends(ANNA)
    world.syncs(mailing)
    world.requests()
    sync.run(world.services, mailing)
    assert world.requests() == {}
    sync.run(world.services, mailing, asked=True)
    assert GATE in world.requests()


def test_only_one_worker_has_the_turn(world: World) -> None:
    mailing = world.sends(ANNA)
    first = syncing.claim(world.services.session(), mailing, "a", world.services.clock())
    world.services.session().commit()
    assert first is not None
    sync.run(world.services, mailing)
    assert world.requests() == {}


def test_a_worker_that_lost_its_turn_writes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = world.sends(ANNA)
    store(world, mailing, sync_since=None)

    def stolen(*_: Any) -> Iterator[Any]:
        store(world, mailing, sync_lease="somebody else")
        return iter(())

    monkeypatch.setattr("cxmc_ext.usecases.sync_report.Activities.lots", stolen)
    world.syncs(mailing)
    assert world.events(mailing) == []
    assert world.mailing(mailing).sync_lease == "somebody else"


@pytest.mark.parametrize(
    "values",
    [
        {"state": "inactive"},
        {"paused": True},
        {"key_refused": True},
        {"key_sealed": None},
        {"back_off_until": 9**12},
    ],
)
def test_an_account_that_may_not_be_called_is_not(world: World, values: dict[str, Any]) -> None:
    mailing = world.sends(ANNA)
    world.services.session().execute(update(Account).values(**values))
    world.services.session().commit()
    assert sync.claim_due(world.services, 9) == []
    sync.run(world.services, mailing)
    assert world.requests() == {}


def test_deactivating_stops_a_turn_at_its_next_write(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = world.sends(ANNA)
    add = bulk.add_sent

    def deactivate(*args: Any) -> None:
        add(*args)
        world.services.session().execute(update(Account).values(state="inactive", epoch=99))

    monkeypatch.setattr(bulk, "add_sent", deactivate)
    world.syncs(mailing)
    assert world.mailing(mailing).sync_line == ""


def test_update_now_makes_it_due_and_several_presses_are_one(
    world: World, queue: HandQueue
) -> None:
    mailing = world.sends(ANNA)
    world.syncs(mailing)
    world.opens(mailing, ANNA, world.services.clock())
    ref = world.mailing(mailing).campaign_ref
    for _ in range(3):
        sync.request_update(world.services, world.host.users["admin"][0], ref)
    world.requests()
    queue.run_all()
    assert world.requests()[GATE] == 1
    assert world.status(mailing, ANNA) == "opened"


def test_update_now_during_a_turn_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = world.sends(ANNA)
    ref = world.mailing(mailing).campaign_ref
    add = bulk.add_sent

    def press(*args: Any) -> None:
        add(*args)
        syncing.want(world.services.session(), mailing, world.services.clock())

    monkeypatch.setattr(bulk, "add_sent", press)
    world.syncs(mailing)
    assert ref
    assert sync.claim_due(world.services, 9) == [mailing]


def test_there_is_nothing_to_update_without_a_campaign_in_mailchimp(world: World) -> None:
    with pytest.raises(Conflict) as refused:
        sync.request_update(world.services, world.host.users["admin"][0], "none")
    assert refused.value.why.code == "nothing_to_update"


def nudge(world: World, queue: HandQueue) -> None:
    for mailing in sync.claim_due(world.services, 20):
        queue.nudge_sync(mailing)
    queue.run_all()


def store(world: World, mailing: int, **values: Any) -> None:
    session = world.services.session()
    session.execute(update(Mailing).where(Mailing.id == mailing).values(**values))
    session.commit()


def test_a_worker_whose_clock_is_ahead_does_not_keep_the_gate_shut_for_the_others(
    world: World,
) -> None:
    mailing = world.sends(ANNA)
    session, ahead = world.services.session(), world.services.clock() + 3600
    session.execute(update(Account).values(gate_at=ahead))
    session.commit()
    sync.run(world.services, mailing)
    assert world.status(mailing, ANNA) == "sent"
