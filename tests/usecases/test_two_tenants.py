"""Two tenants in one CRM: nothing that concerns one of them affects the other."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import select, text, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.errors import Conflict, SetupError
from cxmc_ext.domain.operations import Press
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
from cxmc_ext.usecases.sync.context import TurnContext
from tests.support.databases import on_both
from tests.support.two_tenants import NORTH, SOUTH, TwoTenants

pytestmark = [on_both, pytest.mark.slow]

T = TypeVar("T")

BOTH = "both@people.example"
GROUP = "MailChimp opt-out"


@pytest.fixture
def host() -> MemoryMultiAccountHost:  # type: ignore[override]
    return MemoryMultiAccountHost(NORTH, SOUTH)


@pytest.fixture
def two_tenants(
    services: Services,
    host: MemoryMultiAccountHost,
    queue: ManualQueue,
    standin: StandinServer,
) -> TwoTenants:
    return TwoTenants(services, host, queue, standin).connect()


def group(two_tenants: TwoTenants, ref: str) -> set[PersonRef]:
    return two_tenants.multi_account_host.accounts[ref].opt_outs


def leaves(two_tenants: TwoTenants, account_id: str, address: str) -> None:
    """Unsubscribes through MailChimp's own form."""
    state = two_tenants.standin.state
    with state.lock:
        for audience in state.accounts[account_id].lists.values():
            member = next(
                (m for m in audience.members.values() if m.email_address == address), None
            )
            if member is not None:
                membership.set_status(state, audience, member, "unsubscribed", "admin")


def sent(two_tenants: TwoTenants) -> None:
    """Both tenants have sent a campaign to the same person and synced it once."""
    for ref in (NORTH, SOUTH):
        two_tenants.send(ref, two_tenants.campaign(ref, BOTH, f"own@{ref}.example"))
    two_tenants.run_workers()
    two_tenants.standin.state.advance(700)
    two_tenants.run_workers()


def test_each_tenant_has_its_own_key_account_audience_and_templates(
    two_tenants: TwoTenants,
) -> None:
    north, south = two_tenants.account_of(NORTH), two_tenants.account_of(SOUTH)
    assert (north.remote_account_id, south.remote_account_id) == (DEMO_ACCOUNT, OTHER_ACCOUNT)
    assert (north.key_tail, south.key_tail) == (DEMO_KEY[28:32], OTHER_KEY[28:32])
    assert north.list_id != south.list_id
    assert not {template["id"] for template in north.templates} & {
        template["id"] for template in south.templates
    }
    with pytest.raises(SetupError):
        api_keys.client_with_key(two_tenants.services, north.id, south.sealed_key)


def test_campaigns_with_the_same_ref_are_separate(
    two_tenants: TwoTenants,
) -> None:
    sent(two_tenants)
    (north,), (south,) = two_tenants.mailings(NORTH), two_tenants.mailings(SOUTH)
    assert north.campaign_ref == south.campaign_ref
    assert (north.state, south.state) == ("sent", "sent")
    mails = sorted((mail.campaign, mail.address) for mail in two_tenants.standin.outbox)
    assert mails == sorted(
        (mailing.remote_id, address)
        for ref, mailing in ((NORTH, north), (SOUTH, south))
        for address in (BOTH, f"own@{ref}.example")
    )


def test_unsubscribe_from_one_tenant_does_not_concern_the_other(two_tenants: TwoTenants) -> None:
    sent(two_tenants)
    leaves(two_tenants, DEMO_ACCOUNT, BOTH)
    for mailing in (*two_tenants.mailings(NORTH), *two_tenants.mailings(SOUTH)):
        sync_schedule.request_update(
            two_tenants.services_for(
                NORTH if mailing.account_id == two_tenants.account_of(NORTH).id else SOUTH
            ),
            two_tenants.admin(NORTH),
            mailing.campaign_ref,
        )
    two_tenants.run_workers()
    assert len(group(two_tenants, NORTH)) == 1
    assert group(two_tenants, SOUTH) == set()


def test_opt_out_in_one_crm_does_not_exclude_from_the_other(
    two_tenants: TwoTenants,
) -> None:
    crm = two_tenants.multi_account_host.accounts[NORTH]
    crm.opt_out(OPT_OUT_TAG, [crm.add_person(BOTH)], "by a test")
    sent(two_tenants)
    mails = [mail.campaign for mail in two_tenants.standin.outbox if mail.address == BOTH]
    assert mails == [two_tenants.mailings(SOUTH)[0].remote_id]


def test_a_lost_group_gets_its_own_people_back(two_tenants: TwoTenants) -> None:
    hosts = [two_tenants.multi_account_host.accounts[ref] for ref in (NORTH, SOUTH)]
    for host, ref, opted_out in zip(hosts, (NORTH, SOUTH), (0, 1), strict=True):
        campaign = two_tenants.campaign(ref, BOTH, "p@people.example")
        host.opt_out(OPT_OUT_TAG, [list(host.persons)[opted_out]], "by a test")
        two_tenants.send(ref, campaign)
    two_tenants.run_workers()
    hosts[0].groups.clear()
    for ref, state in ((NORTH, "not_ready"), (SOUTH, "sent")):
        two_tenants.send(ref, two_tenants.campaign(ref, "late@people.example"))
        two_tenants.run_workers()
        assert two_tenants.mailings(ref)[-1].state == state
    north, press = two_tenants.services_for(NORTH), Press(two_tenants.admin(NORTH), "again")
    activation.request_activation(north, press)
    two_tenants.run_workers()
    assert [{ref.id for ref in host.opt_outs} for host in hosts] == [{"1"}, {"2"}]


def test_person_page_shows_no_events_of_another_tenant(two_tenants: TwoTenants) -> None:
    sent(two_tenants)
    for ref in (NORTH, SOUTH):
        person = next(
            r
            for r, p in two_tenants.multi_account_host.accounts[ref].persons.items()
            if p.address == BOTH
        )
        viewer = Viewer(two_tenants.admin(ref), frozenset(Right))
        events = timeline.person_timeline(
            two_tenants.services_for(ref), ref=person, before="", kind="", viewer=viewer
        )
        assert [event.campaign and event.campaign.title for event in events.items] == [
            f"Campaign of {ref}"
        ]


def test_activation_pause_and_refused_key_concern_one_tenant(two_tenants: TwoTenants) -> None:
    control_room.pause(two_tenants.services_for(NORTH), two_tenants.admin(NORTH))
    assert (
        two_tenants.account_of(NORTH).sync_paused,
        two_tenants.account_of(SOUTH).sync_paused,
    ) == (
        True,
        False,
    )
    campaign = two_tenants.campaign(NORTH, BOTH)
    two_tenants.standin.state.faults.add("* **", "401", times=0, account=DEMO_ACCOUNT)
    two_tenants.send(NORTH, campaign)
    two_tenants.run_workers()
    assert (
        two_tenants.account_of(NORTH).key_refused,
        two_tenants.account_of(SOUTH).key_refused,
    ) == (
        True,
        False,
    )
    with pytest.raises(Conflict, match="key_refused"):
        account_details.request_refresh(
            two_tenants.services_for(NORTH), Press(two_tenants.admin(NORTH), "again")
        )
    account_details.request_refresh(
        two_tenants.services_for(SOUTH), Press(two_tenants.admin(SOUTH), "again")
    )
    activation.deactivate(two_tenants.services_for(NORTH), two_tenants.admin(NORTH))
    assert not tab_screen.is_enabled(two_tenants.services_for(NORTH))
    assert tab_screen.is_enabled(two_tenants.services_for(SOUTH))
    two_tenants.send(SOUTH, two_tenants.campaign(SOUTH, BOTH))
    two_tenants.run_workers()
    assert len(two_tenants.standin.outbox) == 1


def test_control_room_shows_one_tenant(two_tenants: TwoTenants) -> None:
    sent(two_tenants)
    for ref in (NORTH, SOUTH):
        room = control_room.load_page(two_tenants.services_for(ref), 1)
        assert [mailing.title for mailing in room.mailings] == [f"Campaign of {ref}"]
        assert room.account.ref == ref


def test_nonce_of_another_tenant_is_refused(
    two_tenants: TwoTenants,
) -> None:
    account_details.request_refresh(
        two_tenants.services_for(NORTH), Press(two_tenants.admin(NORTH), "same")
    )
    with pytest.raises(Conflict, match="nonce_reused"):
        account_details.request_refresh(
            two_tenants.services_for(SOUTH), Press(two_tenants.admin(SOUTH), "same")
        )


def test_webhook_call_concerns_the_account_of_its_audience(
    two_tenants: TwoTenants, queue: ManualQueue, clock: Clock
) -> None:
    sent(two_tenants)
    session = two_tenants.services.session()
    planned = clock() + 9999
    session.execute(update(Mailing).values(next_sync_at=planned))
    session.commit()
    queue.nudges.clear()
    webhook.schedule_unsubscribe_check(two_tenants.services, two_tenants.account_of(SOUTH).list_id)
    (south,) = two_tenants.mailings(SOUTH)
    assert south.next_sync_at < planned
    assert two_tenants.mailings(NORTH)[0].next_sync_at == planned
    assert {row for _, row in queue.nudges} <= {south.id}


def test_webhook_call_right_after_a_check_waits_ten_seconds(
    two_tenants: TwoTenants, clock: Clock
) -> None:
    sent(two_tenants)
    session = two_tenants.services.session()
    looked = clock()
    session.execute(update(Mailing).values(next_sync_at=looked + 9999))
    session.execute(update(Account).values(unsubscribes_cursor=looked))
    session.commit()
    webhook.schedule_unsubscribe_check(two_tenants.services, two_tenants.account_of(SOUTH).list_id)
    assert looked < two_tenants.mailings(SOUTH)[0].next_sync_at <= looked + 10


def test_metrics_name_the_account(two_tenants: TwoTenants) -> None:
    control_room.pause(two_tenants.services_for(SOUTH), two_tenants.admin(SOUTH))
    samples = {metric.name: metric.samples for metric in collect(two_tenants.services)}
    assert samples["cxmc_paused"] == (({"account": NORTH}, False), ({"account": SOUTH}, True))
    assert samples["cxmc_queue_reachable"] == (({}, True),)


def test_request_without_an_account_is_an_error(two_tenants: TwoTenants) -> None:
    with pytest.raises(SetupError, match="none was named"):
        account_details.request_refresh(
            two_tenants.services, Press(two_tenants.admin(NORTH), "whose")
        )
    stored = two_tenants.services.session().scalars(select(Account.ref).order_by(Account.id)).all()
    assert stored == [NORTH, SOUTH]


def test_no_transaction_stays_open_during_a_call_after_the_tenant_was_looked_up(
    two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite, every other writer would wait for MailChimp."""
    sent(two_tenants)
    session = two_tenants.services.session()
    session.execute(update(Mailing).values(state="sending", next_sync_at=0))
    session.commit()
    for_account, call, opened = (
        two_tenants.multi_account_host.for_account,
        TurnContext.call,
        list[bool](),
    )

    def looked_up(ref: str | None) -> MemoryAccountHost | None:
        session.execute(text("SELECT 1"))
        return for_account(ref)

    def watched(context: TurnContext, name: str, method: Callable[[], T]) -> T:
        opened.append(session.in_transaction())
        return call(context, name, method)

    monkeypatch.setattr(two_tenants.multi_account_host, "for_account", looked_up)
    monkeypatch.setattr(TurnContext, "call", watched)
    sync_turn.run(two_tenants.services, two_tenants.mailings(NORTH)[0].id)
    assert opened
    assert not any(opened)
