"""Two tenants in one CRM: what one does, suffers or is refused never reaches the other."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import select, text, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.errors import Conflict, SetupError
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef, Right
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY, OTHER_KEY, StandinServer
from cxmc_ext.standin.seed_data import OTHER_ACCOUNT
from cxmc_ext.standin.service import membership
from cxmc_ext.testing import Clock, ManualQueue, MemoryMultiAccountHost
from cxmc_ext.testing.multi_account import MemoryAccountHost
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.accounts import details as account_details
from cxmc_ext.usecases.admin import control_room
from cxmc_ext.usecases.admin.metrics import collect
from cxmc_ext.usecases.screens import tab as tab_screen
from cxmc_ext.usecases.screens import timeline
from cxmc_ext.usecases.screens.models import Viewer
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.sync import webhook
from cxmc_ext.usecases.sync.api_calls import TurnCalls
from cxmc_ext.usecases.worker import runner
from tests.support.databases import on_both
from tests.support.two_tenants import NORTH, SOUTH, TwoTenants

pytestmark = on_both

T = TypeVar("T")

BOTH = "both@people.example"
GROUP = "MailChimp opt-out"


@pytest.fixture
def host() -> MemoryMultiAccountHost:  # type: ignore[override]
    return MemoryMultiAccountHost(NORTH, SOUTH)


@pytest.fixture
def holding(
    services: Services,
    host: MemoryMultiAccountHost,
    queue: ManualQueue,
    standin: StandinServer,
    monkeypatch: pytest.MonkeyPatch,
) -> TwoTenants:
    monkeypatch.setattr(runner, "PATIENCE", -1.0)
    return TwoTenants(services, host, queue, standin).connect()


def group(holding: TwoTenants, ref: str) -> set[PersonRef]:
    return holding.multi_account_host.accounts[ref].opt_outs


def leaves(holding: TwoTenants, account_id: str, address: str) -> None:
    """By MailChimp's own form."""
    state = holding.standin.state
    with state.lock:
        for audience in state.accounts[account_id].lists.values():
            member = next(
                (m for m in audience.members.values() if m.email_address == address), None
            )
            if member is not None:
                membership.set_status(state, audience, member, "unsubscribed", "admin")


def sent(holding: TwoTenants) -> None:
    """Both tenants have sent a campaign to the same person, and read its report once."""
    for ref in (NORTH, SOUTH):
        holding.send(ref, holding.campaign(ref, BOTH, f"own@{ref}.example"))
    holding.run_workers()
    holding.standin.state.advance(700)
    holding.run_workers()


def test_each_tenant_has_its_own_key_account_audience_and_templates(holding: TwoTenants) -> None:
    north, south = holding.account(NORTH), holding.account(SOUTH)
    assert (north.remote_account, south.remote_account) == (DEMO_ACCOUNT, OTHER_ACCOUNT)
    assert (north.key_tail, south.key_tail) == (DEMO_KEY[28:32], OTHER_KEY[28:32])
    assert north.list_id != south.list_id
    assert not {one["id"] for one in north.templates} & {one["id"] for one in south.templates}
    with pytest.raises(SetupError):
        api_keys.client_with_key(holding.services, north.id, south.sealed_key)


def test_campaigns_of_the_same_ref_are_two_and_go_to_their_own_people(holding: TwoTenants) -> None:
    sent(holding)
    (north,), (south,) = holding.mailings(NORTH), holding.mailings(SOUTH)
    assert north.campaign_ref == south.campaign_ref
    assert (north.state, south.state) == ("sent", "sent")
    mails = sorted((mail.campaign, mail.address) for mail in holding.standin.outbox)
    assert mails == sorted(
        (mailing.remote_id, address)
        for ref, mailing in ((NORTH, north), (SOUTH, south))
        for address in (BOTH, f"own@{ref}.example")
    )


def test_who_leaves_one_tenant_stays_with_the_other(holding: TwoTenants) -> None:
    sent(holding)
    leaves(holding, DEMO_ACCOUNT, BOTH)
    for mailing in (*holding.mailings(NORTH), *holding.mailings(SOUTH)):
        sync_schedule.request_update(
            holding.services_for(
                NORTH if mailing.account_id == holding.account(NORTH).id else SOUTH
            ),
            holding.admin(NORTH),
            mailing.campaign_ref,
        )
    holding.run_workers()
    assert len(group(holding, NORTH)) == 1
    assert group(holding, SOUTH) == set()


def test_an_opt_out_in_the_crm_of_one_does_not_keep_the_other_from_mailing(
    holding: TwoTenants,
) -> None:
    crm = holding.multi_account_host.accounts[NORTH]
    crm.opt_out(OPT_OUT_TAG, [crm.add_person(BOTH)], "by a test")
    sent(holding)
    mails = [mail.campaign for mail in holding.standin.outbox if mail.address == BOTH]
    assert mails == [holding.mailings(SOUTH)[0].remote_id]


def test_a_person_page_shows_no_activity_of_another_tenant(holding: TwoTenants) -> None:
    sent(holding)
    for ref in (NORTH, SOUTH):
        person = next(
            r
            for r, p in holding.multi_account_host.accounts[ref].persons.items()
            if p.address == BOTH
        )
        viewer = Viewer(holding.admin(ref), frozenset(Right))
        seen = timeline.person_timeline(
            holding.services_for(ref), ref=person, before="", kind="", viewer=viewer
        )
        assert [one.campaign_title for one in seen.items] == [f"Campaign of {ref}"]


def test_activation_pause_and_a_refused_key_are_one_tenants_own(holding: TwoTenants) -> None:
    control_room.pause(holding.services_for(NORTH), holding.admin(NORTH))
    assert (holding.account(NORTH).paused, holding.account(SOUTH).paused) == (True, False)
    campaign = holding.campaign(NORTH, BOTH)
    holding.standin.state.faults.add("* **", "401", times=0, account=DEMO_ACCOUNT)
    holding.send(NORTH, campaign)
    holding.run_workers()
    assert (holding.account(NORTH).key_refused, holding.account(SOUTH).key_refused) == (True, False)
    with pytest.raises(Conflict, match="key_refused"):
        account_details.request_refresh(holding.services_for(NORTH), holding.admin(NORTH), "again")
    account_details.request_refresh(holding.services_for(SOUTH), holding.admin(SOUTH), "again")
    activation.deactivate(holding.services_for(NORTH), holding.admin(NORTH))
    assert not tab_screen.is_enabled(holding.services_for(NORTH))
    assert tab_screen.is_enabled(holding.services_for(SOUTH))
    holding.send(SOUTH, holding.campaign(SOUTH, BOTH))
    holding.run_workers()
    assert len(holding.standin.outbox) == 1


def test_the_control_room_shows_one_tenant(holding: TwoTenants) -> None:
    sent(holding)
    for ref in (NORTH, SOUTH):
        seen = control_room.load_page(holding.services_for(ref), 1)
        assert [one.title for one in seen.mailings] == [f"Campaign of {ref}"]
        assert seen.account.ref == ref


def test_the_same_nonce_of_two_tenants_is_refused_and_never_answered_with_the_others(
    holding: TwoTenants,
) -> None:
    account_details.request_refresh(holding.services_for(NORTH), holding.admin(NORTH), "same")
    with pytest.raises(Conflict, match="nonce_reused"):
        account_details.request_refresh(holding.services_for(SOUTH), holding.admin(SOUTH), "same")


def test_a_hint_wakes_the_account_whose_audience_it_names(
    holding: TwoTenants, queue: ManualQueue, clock: Clock
) -> None:
    sent(holding)
    session = holding.services.session()
    planned = clock() + 9999
    session.execute(update(Mailing).values(next_sync_at=planned))
    session.commit()
    queue.nudges.clear()
    webhook.schedule_unsubscribe_check(holding.services, holding.account(SOUTH).list_id)
    (south,) = holding.mailings(SOUTH)
    assert south.next_sync_at < planned
    assert holding.mailings(NORTH)[0].next_sync_at == planned
    assert {row for _, row in queue.nudges} <= {south.id}


def test_a_hint_right_after_a_look_waits_ten_seconds_not_a_minute(
    holding: TwoTenants, clock: Clock
) -> None:
    sent(holding)
    session = holding.services.session()
    looked = clock()
    session.execute(update(Mailing).values(next_sync_at=looked + 9999))
    session.execute(update(Account).values(unsubscribes_cursor=looked))
    session.commit()
    webhook.schedule_unsubscribe_check(holding.services, holding.account(SOUTH).list_id)
    assert looked < holding.mailings(SOUTH)[0].next_sync_at <= looked + 10


def test_metrics_name_the_account(holding: TwoTenants) -> None:
    control_room.pause(holding.services_for(SOUTH), holding.admin(SOUTH))
    found = {one.name: one.samples for one in collect(holding.services)}
    assert found["cxmc_paused"] == (({"account": NORTH}, False), ({"account": SOUTH}, True))
    assert found["cxmc_queue_reachable"] == (({}, True),)


def test_without_a_name_nothing_is_done_for_anybody(holding: TwoTenants) -> None:
    with pytest.raises(SetupError, match="none was named"):
        account_details.request_refresh(holding.services, holding.admin(NORTH), "whose")
    stored = holding.services.session().scalars(select(Account.ref).order_by(Account.id)).all()
    assert stored == [NORTH, SOUTH]


def test_a_tenant_that_is_looked_up_in_the_database_leaves_no_transaction_open_over_a_call(
    holding: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite it would keep every other writer waiting for MailChimp."""
    sent(holding)
    session = holding.services.session()
    session.execute(update(Mailing).values(state="sending", next_sync_at=0))
    session.commit()
    for_account, call, opened = holding.multi_account_host.for_account, TurnCalls.call, list[bool]()

    def looked_up(ref: str | None) -> MemoryAccountHost | None:
        session.execute(text("SELECT 1"))
        return for_account(ref)

    def watched(calls: TurnCalls, name: str, method: Callable[[], T]) -> T:
        opened.append(session.in_transaction())
        return call(calls, name, method)

    monkeypatch.setattr(holding.multi_account_host, "for_account", looked_up)
    monkeypatch.setattr(TurnCalls, "call", watched)
    sync_turn.run(holding.services, holding.mailings(NORTH)[0].id)
    assert opened
    assert not any(opened)
