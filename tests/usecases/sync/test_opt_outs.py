"""Who is opted out when MailChimp reports an unsubscribe, whatever happened to the address since."""

from collections.abc import Collection
from dataclasses import replace

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.reported_opt_out import ReportedOptOut
from cxmc_ext.domain.opt_outs import OptOutSource
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonKind, PersonRef
from cxmc_ext.standin.service import membership
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.sync import turn as sync_turn
from tests.support.databases import on_both
from tests.support.sync_world import SyncWorld, subscriber_hash

pytestmark = on_both

ANNA, NEW, BRAM = "anna@kantoor.example", "anna@nieuw.example", "bram@kantoor.example"
HOUR = 3600


def test_the_person_is_opted_out_although_the_address_was_corrected(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    (anna,) = people_at(world, ANNA)
    correct_address(world, anna, NEW)
    colleague = world.host.add_person(NEW.upper(), PersonKind.CONTACT)
    newcomer = world.host.add_person(ANNA)
    world.record_unsubscribe(mailing, ANNA)
    world.sync(mailing)
    assert world.host.opt_outs == {anna, colleague, newcomer}


def test_who_was_left_out_at_the_address_and_has_another_now_is_not_opted_out(
    world: SyncWorld,
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    (anna,) = people_at(world, ANNA)
    removed = world.host.add_person(BRAM)
    world.add_recipient(mailing, ANNA, removed, reason="removed")
    world.unsubscribe_elsewhere(ANNA)
    world.sync(mailing, after=HOUR)
    assert world.host.opt_outs == {anna}


def test_the_person_is_opted_out_although_the_address_was_changed_at_mailchimp(
    world: SyncWorld,
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    (anna,) = people_at(world, ANNA)
    member = world.audience.members[subscriber_hash(ANNA)]
    with world.standin.state.lock:
        member.email_address = NEW
    correct_address(world, anna, "anna@derde.example")
    at_either_address = {anna, world.host.add_person(ANNA), world.host.add_person(NEW)}
    world.unsubscribe_elsewhere(ANNA)
    world.sync(mailing, after=HOUR)
    assert world.host.opt_outs == at_either_address


@pytest.mark.parametrize("report_first", [True, False])
def test_one_unsubscribe_is_one_event_at_its_own_campaign(
    world: SyncWorld, report_first: bool
) -> None:
    older = world.add_sent_mailing(ANNA, title="Older", ago=5 * HOUR)
    newer = world.add_sent_mailing(ANNA, title="Newer", ago=4 * HOUR)
    world.sync(older)
    world.sync(newer)
    world.record_unsubscribe(older, ANNA)
    edit_member(world, ANNA, after=2 * HOUR)
    for mailing in (older, newer) if report_first else (newer, older):
        world.sync(mailing, after=HOUR)
    edit_member(world, ANNA, after=2 * HOUR)
    asks(world, newer)
    asks(world, older)
    assert world.event_kinds(older, ANNA).count("unsubscribed") == 1
    assert "unsubscribed" not in world.event_kinds(newer, ANNA)
    assert (world.status(older, ANNA), world.status(newer, ANNA)) == ("unsubscribed", "sent")
    assert world.mailing(newer).count_differences == {}


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned"])
def test_a_complaint_is_an_event_and_opts_out(world: SyncWorld, status: str) -> None:
    world.standin.state.switches.complaint_status = status
    mailing = world.add_sent_mailing(ANNA, BRAM)
    world.sync(mailing)
    world.record_complaint(mailing, ANNA)
    world.sync(mailing, after=HOUR)
    assert world.event_kinds(mailing, ANNA).count("complained") == 1
    assert world.status(mailing, ANNA) == "unsubscribed"
    assert world.host.opt_outs == set(people_at(world, ANNA))
    assert world.mailing(mailing).count_differences == {}
    assert world.status(mailing, BRAM) == "sent"


def test_a_second_unsubscribe_after_another_mail_is_a_second_event(world: SyncWorld) -> None:
    older = world.add_sent_mailing(ANNA, title="Older", ago=5 * HOUR)
    world.record_unsubscribe(older, ANNA)
    world.sync(older)
    world.advance(HOUR)
    set_status(world, ANNA, "subscribed")
    newer = world.add_sent_mailing(ANNA, title="Newer")
    world.sync(newer)
    set_status(world, ANNA, "unsubscribed")
    asks(world, newer)
    assert world.event_kinds(newer, ANNA) == ["sent", "unsubscribed"]
    assert world.event_kinds(older, ANNA) == ["sent", "unsubscribed"]


def test_more_stored_than_reported_is_a_difference(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM)
    world.record_unsubscribe(mailing, ANNA)
    world.sync(mailing)
    assert world.mailing(mailing).count_differences == {}
    with world.standin.state.lock:
        campaign = world.remote_campaign(mailing)
        campaign.recipients[subscriber_hash(ANNA)].unsubscribed_at = 0
        campaign.totals["unsubscribed"] = 0
    world.sync(mailing, after=HOUR)
    assert world.mailing(mailing).count_differences["unsubscribed"] == [1, 0]


def test_what_an_audience_reports_counts_for_people_who_come_later(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(BRAM)
    world.add_sent_mailing(ANNA)
    del world.host.persons[people_at(world, ANNA)[0]]
    world.unsubscribe_elsewhere(ANNA)
    world.sync(mailing, after=HOUR)
    row = world.fetch_one(select(ReportedOptOut))
    assert (row.address, row.source) == (ANNA, OptOutSource.UNSUBSCRIBED)
    assert row.at == pytest.approx(world.services.clock() - HOUR, abs=2)


def test_a_person_taken_out_of_the_group_by_hand_is_not_put_back(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.unsubscribe_elsewhere(ANNA)
    asks(world, mailing)
    (anna,) = world.host.opt_outs
    del world.host.groups[OPT_OUT_TAG, anna.kind][anna]
    edit_member(world, ANNA, after=HOUR)
    asks(world, mailing)
    assert world.host.opt_outs == set()


def test_without_a_group_nothing_is_lost_and_the_report_says_why(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    groups = dict(world.host.groups)
    world.host.groups.clear()
    world.record_unsubscribe(mailing, ANNA)
    world.sync(mailing)
    problem = world.mailing(mailing).sync_problem
    assert problem["code"] == "opt_out_groups_missing"
    assert "unsubscribed" not in world.event_kinds(mailing, ANNA)
    world.host.groups.update(groups)
    world.sync(mailing, after=HOUR)
    assert world.mailing(mailing).sync_problem is None
    assert world.host.opt_outs == set(people_at(world, ANNA))
    assert world.event_kinds(mailing, ANNA) == ["sent", "unsubscribed"]


def test_a_host_that_answers_more_than_it_was_asked_is_understood(
    world: SyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = world.add_sent_mailing(ANNA)
    stranger = world.host.add_person(BRAM)
    find = world.host.people_with_address
    monkeypatch.setattr(
        world.host,
        "people_with_address",
        lambda addresses: {**find(addresses), BRAM: [stranger], "": [stranger]},
    )
    world.record_unsubscribe(mailing, ANNA)
    world.sync(mailing)
    assert world.mailing(mailing).sync_problem is None
    assert world.host.opt_outs == set(people_at(world, ANNA))


def test_a_host_that_leaves_somebody_out_is_an_error(
    world: SyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = world.add_sent_mailing(ANNA)

    def write_nobody(self: MemoryHost, tag: str, refs: Collection[PersonRef], note: str) -> int:
        return len(refs)

    monkeypatch.setattr(MemoryHost, "opt_out", write_nobody)
    world.record_unsubscribe(mailing, ANNA)
    world.sync(mailing)
    problem = world.mailing(mailing).sync_problem
    assert (problem["code"], problem["values"]) == (
        "opt_outs_not_written",
        {"n": "1", "total": "1"},
    )


def people_at(world: SyncWorld, address: str) -> list[PersonRef]:
    return [ref for ref, person in world.host.persons.items() if person.address == address]


def correct_address(world: SyncWorld, ref: PersonRef, address: str) -> None:
    world.host.persons[ref] = replace(world.host.persons[ref], address=address)


def set_status(world: SyncWorld, address: str, status: str) -> None:
    state = world.standin.state
    with state.lock:
        member = world.audience.members[subscriber_hash(address)]
        membership.set_status(state, world.audience, member, status, "admin")


def edit_member(world: SyncWorld, address: str, after: int) -> None:
    """Somebody edits the member in MailChimp, which moves the time of its last change."""
    world.advance(after)
    state = world.standin.state
    with state.lock:
        member = world.audience.members[subscriber_hash(address)]
        membership.update(state, world.audience, member, {"merge_fields": {"FNAME": "A."}})


def asks(world: SyncWorld, mailing: int) -> None:
    """“Update now”, and a worker that comes."""
    campaign_ref = world.mailing(mailing).campaign_ref
    user, _ = world.host.users["admin"]
    sync_schedule.request_update(world.services, user, campaign_ref)
    sync_turn.run(world.services, mailing)


@pytest.mark.parametrize(
    "method", ["opt_out", pytest.param("people_with_address", marks=pytest.mark.slow)]
)
def test_a_host_that_ends_the_transaction_is_an_error_and_nothing_is_lost(
    world: SyncWorld, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """As some do when two processes add the same member to a group."""
    mailing = world.add_sent_mailing(ANNA)
    world.sync(mailing)
    world.record_unsubscribe(mailing, ANNA)
    answer = getattr(world.host, method)

    def end_transaction(*arguments: object) -> object:
        world.services.session().rollback()
        return answer(*arguments)

    with monkeypatch.context() as broken:
        broken.setattr(world.host, method, end_transaction)
        world.sync(mailing, after=3600)
    assert world.mailing(mailing).sync_problem is not None
    world.host.groups[OPT_OUT_TAG, PersonKind.CANDIDATE].clear()  # in a database: rolled back
    world.sync(mailing, after=3600)
    assert world.mailing(mailing).sync_problem is None
    assert len(world.host.opt_outs) == 1
    assert world.fetch_all(select(ReportedOptOut.address)) == [ANNA]
    assert world.status(mailing, ANNA) == "unsubscribed"
