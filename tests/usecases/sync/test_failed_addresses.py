"""Addresses at which mail does not arrive: found in reports and audience, told once, until they change."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from cxmc_ext import PersonRef
from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.failed_address import FailedAddress, MarkedPerson
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.notice import Notice
from cxmc_ext.db.queries import accounts, bulk, notices, sync_turns
from cxmc_ext.db.queries import failed_addresses as queries
from cxmc_ext.domain.mailchimp import Member
from cxmc_ext.domain.notices import NoticeKind
from cxmc_ext.standin import DEMO_LIST
from cxmc_ext.standin.service import membership
from cxmc_ext.usecases.opt_outs.members import record_member_opt_outs
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.sync import turn as sync_turn
from tests.support.databases import on_both
from tests.support.killed import Killed, dies
from tests.support.sync_world import SyncWorld, subscriber_hash

pytestmark = on_both

ANNA, BRAM, CARL = "anna@kantoor.example", "bram@kantoor.example", "carl@kantoor.example"
HOUR, DAY = 3600, 86_400


def marked(world: SyncWorld, address: str) -> set[PersonRef]:
    """Who is marked with an address, as the Host was told."""
    return {ref for ref, (failed, _) in world.host.failed.items() if failed == address}


def people(world: SyncWorld, address: str) -> set[PersonRef]:
    return set(world.host.people_with_address([address]).get(address, ()))


def told(world: SyncWorld) -> list[list[list[str]]]:
    """The people of each notice."""
    kind = Notice.kind == NoticeKind.ADDRESS_FAILED
    return world.fetch_all(select(Notice.people).where(kind).order_by(Notice.id))


def bounce(world: SyncWorld, mailing: int, *addresses: str, kind: str = "hard") -> None:
    for address in addresses:
        world.record_bounce(mailing, address, world.services.clock(), kind)


def set_status(world: SyncWorld, address: str, status: str) -> None:
    state, audience = world.standin.state, world.remote_account.lists[DEMO_LIST]
    with state.lock:
        member = audience.members[subscriber_hash(address)]
        membership.set_status(state, audience, member, status, "admin")


def test_a_hard_bounce_marks_everybody_with_the_address_once(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM, title="Week 48")
    colleague = world.host.add_person(f" {ANNA.upper()}")
    bounce(world, mailing, ANNA)
    for hours in range(3):
        world.sync(mailing, after=2 * hours * HOUR)
        world.update_mailing(mailing, report_fingerprint="", events_cursor=None)
    assert marked(world, ANNA) == people(world, ANNA) > {colleague}
    assert set(world.host.failed) == people(world, ANNA)
    assert world.host.failed[colleague] == (ANNA, "Mail bounced for good: campaign “Week 48”")
    assert len(told(world)) == 1
    assert len(told(world)[0]) == 2
    assert world.fetch_one(select(FailedAddress)).reason == "hard_bounce"
    actions = world.fetch_all(select(Audit.action).where(Audit.action == "address_failed"))
    assert len(actions) == 2
    assert not world.host.opt_outs, "a failed address is no opt-out"


def test_a_soft_bounce_counts_after_three_campaigns_in_a_row(world: SyncWorld) -> None:
    def send(kind: str = "soft") -> int:
        mailing = world.add_sent_mailing(ANNA, ago=60)
        if kind:
            bounce(world, mailing, ANNA, kind=kind)
        world.sync(mailing, after=HOUR)
        return mailing

    results = [(send(kind), bool(world.host.failed))[1] for kind in ("soft", "soft", "", "soft")]
    assert results == [False] * 4
    send()
    assert not world.host.failed
    last = send()
    assert marked(world, ANNA) == people(world, ANNA)
    assert world.fetch_one(select(FailedAddress)).mailing_id == last
    world.update_mailing(last, report_fingerprint="", events_cursor=None)
    world.sync(last, after=HOUR)
    assert len(told(world)) == 1


def test_the_order_in_which_reports_are_read_does_not_matter(world: SyncWorld) -> None:
    mailings = [world.add_sent_mailing(ANNA, ago=n * DAY) for n in (3, 2, 1)]
    for mailing in mailings:
        bounce(world, mailing, ANNA, kind="soft")
    for mailing in (mailings[2], mailings[0]):
        world.sync(mailing)
    assert not world.host.failed
    world.sync(mailings[1])
    assert marked(world, ANNA) == people(world, ANNA)


def test_a_member_who_was_cleaned_anywhere_is_marked_and_not_opted_out(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM)
    set_status(world, ANNA, "cleaned")
    world.sync(mailing, after=2 * HOUR)
    world.sync(mailing, after=2 * HOUR)
    assert marked(world, ANNA) == people(world, ANNA)
    assert not world.host.opt_outs
    assert len(told(world)) == 1


def test_the_bounce_that_explains_a_cleaned_address_is_shown(world: SyncWorld) -> None:
    """The audience is read before the report."""
    mailing = world.add_sent_mailing(ANNA)
    bounce(world, mailing, ANNA)
    world.sync(mailing, after=2 * HOUR)
    row = world.fetch_one(select(FailedAddress))
    assert (row.reason, row.mailing_id) == ("hard_bounce", mailing)
    assert len(told(world)) == 1


@pytest.mark.parametrize("status", ["cleaned", "unsubscribed"])
def test_whoever_complained_is_opted_out_and_has_a_working_address(
    world: SyncWorld, status: str
) -> None:
    """The audience may be read before the report: then the address was taken for a failed one."""
    world.standin.state.switches.complaint_status = status
    mailing = world.add_sent_mailing(ANNA)
    world.record_complaint(mailing, ANNA)
    world.sync(mailing, after=2 * HOUR)
    world.sync(mailing, after=2 * HOUR)
    assert world.host.opt_outs == people(world, ANNA)
    assert not world.host.failed
    assert world.fetch_all(select(FailedAddress)) == []


def test_the_mark_ends_with_the_address_and_follows_it(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM)
    bounce(world, mailing, ANNA)
    world.sync(mailing, after=2 * HOUR)
    (anna,) = people(world, ANNA)
    world.host.persons[anna] = replace(world.host.persons[anna], address=CARL)
    newcomer = world.host.add_person(ANNA)
    world.sync(mailing, after=2 * HOUR)
    assert set(world.host.failed) == {newcomer}
    assert [row.person_id for row in world.fetch_all(select(MarkedPerson))] == [newcomer.id]
    assert len(told(world)) == 2, "the newcomer was not told before"


def test_an_address_that_subscribes_again_works(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    bounce(world, mailing, ANNA)
    world.sync(mailing, after=2 * HOUR)
    assert world.host.failed
    world.advance(60)
    set_status(world, ANNA, "subscribed")
    state, audience = world.standin.state, world.remote_account.lists[DEMO_LIST]
    with state.lock:
        member = audience.members[subscriber_hash(ANNA)]
    found = Member(member.id, ANNA, "subscribed", {}, member.last_changed)
    session = world.services.session()
    account_id = accounts.get_or_create(session, world.services.account_ref).id
    record_member_opt_outs(world.services, account_id, DEMO_LIST, [found], world.services.clock())
    session.commit()
    assert not world.host.failed
    assert world.fetch_all(select(FailedAddress)) == world.fetch_all(select(MarkedPerson)) == []


# What a killed worker has just done. Everything that follows a commit is done again by the next turn.
_STEPS = [
    (bulk, "add_events"),
    (queries, "add"),
    (queries, "mark"),
    (audit, "log_failed_address"),
    (notices, "add"),
    (sync_turns, "extend"),
    (sync_turns, "finish"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name"), _STEPS, ids=lambda value: str(value)[-30:])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_killed_worker_changes_nothing(
    world: SyncWorld, monkeypatch: pytest.MonkeyPatch, module: object, name: str, nth: int
) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM, CARL)
    bounce(world, mailing, ANNA, BRAM)
    with monkeypatch.context() as patch:
        patch.setattr(module, name, dies(getattr(module, name), nth))
        try:
            world.sync(mailing)
        except Killed:
            world.services.session().rollback()
    session = world.services.session()
    session.execute(Mailing.__table__.update().values(sync_lease_until=0))  # type: ignore[attr-defined]
    session.commit()
    world.sync(mailing, after=2 * HOUR)
    world.sync(mailing, after=2 * HOUR)
    assert set(world.host.failed) == people(world, ANNA) | people(world, BRAM)
    assert sorted(person for notice in told(world) for _, person in notice) == ["1", "2"]
    assert len(world.fetch_all(select(Audit).where(Audit.action == "address_failed"))) == 2
    assert len(world.fetch_all(select(Event).where(Event.kind == 2))) == 2


def test_two_turns_at_once_tell_it_once(world: SyncWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second mailing of the same address is read while the first is about to store it."""
    first, second = world.add_sent_mailing(ANNA), world.add_sent_mailing(ANNA)
    for mailing in (first, second):
        world.sync(mailing)
        bounce(world, mailing, ANNA)
    known, is_nested = queries.known_reasons, []

    def raced(*args: object) -> object:
        found = known(*args)  # type: ignore[arg-type]
        if not is_nested:
            is_nested.append(True)
            world.services.session().rollback()
            world.update_mailing(second, next_sync_at=world.services.clock())
            sync_turn.run(world.services, second)
        return found

    monkeypatch.setattr(queries, "known_reasons", raced)
    world.sync(first, after=HOUR)
    assert marked(world, ANNA) == people(world, ANNA)
    assert len(told(world)) == 1
