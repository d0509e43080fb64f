"""Without its opt-out groups, or with what another audience reported, the module mails nobody wrongly."""

from collections.abc import Callable

import pytest

from cxmc_ext.db.queries import reported_opt_outs
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.opt_outs import OptOut, OptOutSource
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonKind, User
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.standin import DEMO_KEY
from cxmc_ext.standin.service import membership
from cxmc_ext.usecases.accounts import activation, connection_requests
from cxmc_ext.usecases.worker import tick
from tests.support.databases import on_both
from tests.support.recruiter import Callback, Recruiter

ANNA, BRAM = "anna@kandidaten.example", "bram@kandidaten.example"


@pytest.mark.slow
@pytest.mark.parametrize("kind", PersonKind)
@pytest.mark.parametrize("step", ["freeze", "segment", "verify", "intent"])
def test_nothing_is_sent_while_a_group_is_missing(
    recruiter: Recruiter,
    before_step: Callable[[str, Callback], None],
    step: str,
    kind: PersonKind,
) -> None:
    anna, _ = recruiter.add(ANNA, BRAM)
    recruiter.opt_out(anna)
    group = recruiter.host.groups[OPT_OUT_TAG, kind]
    before_step(step, lambda: recruiter.host.groups.pop((OPT_OUT_TAG, kind)))
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == []
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.NOT_READY,
        ["opt_out_groups_missing"],
    )
    recruiter.host.groups[OPT_OUT_TAG, kind] = group
    recruiter.check()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [BRAM]


def test_a_scheduled_campaign_is_unscheduled_when_its_opt_outs_cannot_be_checked(
    recruiter: Recruiter,
) -> None:
    recruiter.add(ANNA)
    recruiter.send(schedule_at=(recruiter.services.clock() // 900 + 5) * 900)
    recruiter.run_workers()
    recruiter.host.groups.clear()
    at = recruiter.mailing.schedule_at or 0
    recruiter.standin.state.advance(at - recruiter.services.clock() - 890)
    recruiter.session.rollback()
    tick.tick(recruiter.services)
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.NOT_READY,
        ["opt_out_groups_missing"],
    )
    recruiter.standin.state.advance(3600)
    recruiter.services.client_factory(DEMO_KEY, 9).templates()
    assert recruiter.mailed_addresses == []


def test_groups_that_are_created_again_get_everybody_known_to_have_opted_out(
    recruiter: Recruiter,
) -> None:
    anna, bram = recruiter.add(ANNA, BRAM)
    unsubscribe(recruiter, ANNA)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.host.opt_outs == {anna}
    recruiter.host.groups.clear()
    activation.request_activation(recruiter.services, Press(administrator(recruiter), "again"))
    recruiter.run_workers()
    assert set(recruiter.host.groups) == {(OPT_OUT_TAG, kind) for kind in PersonKind}
    assert recruiter.host.opt_outs == {anna}
    assert bram not in recruiter.host.opt_outs


@on_both
def test_groups_that_are_created_again_get_whom_a_campaign_left_out(recruiter: Recruiter) -> None:
    """Whom users put into the group by hand is known from then on, until they take them out again."""
    anna, bram, _ = recruiter.add(ANNA, BRAM, "carl@kandidaten.example")
    recruiter.opt_out(anna, bram)
    recruiter.send()
    recruiter.run_workers()
    del recruiter.host.groups[OPT_OUT_TAG, bram.kind][bram]
    recruiter.campaign = recruiter.host.add_campaign("Next")
    recruiter.host.add_to_campaign(recruiter.campaign, anna, bram)
    recruiter.send()
    recruiter.run_workers()
    recruiter.host.groups.clear()
    activation.request_activation(recruiter.services, Press(administrator(recruiter), "again"))
    recruiter.run_workers()
    assert recruiter.host.opt_outs == {anna}


def test_groups_that_were_filled_half_way_are_filled_by_the_next_press(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More opt-outs than one batch; the Host fails at the second one."""
    now, admin = recruiter.services.clock(), administrator(recruiter)
    addresses = sorted((f"p{n}@kandidaten.example" for n in range(1001)), key=member_hash)
    source, note = OptOutSource.UNSUBSCRIBED, Note(NoteKind.UNSUBSCRIBED)
    opt_outs = [OptOut(each, source, note, now) for each in addresses]
    for batch in (opt_outs[:1000], opt_outs[1000:]):
        reported_opt_outs.store(recruiter.session, recruiter.account.id, "list", batch)
        recruiter.services.session().commit()
    first, last = (recruiter.host.add_person(addresses[place]) for place in (0, -1))
    recruiter.host.groups.clear()
    with monkeypatch.context() as broken:
        write = recruiter.host.opt_out
        broken.setattr(
            recruiter.host,
            "opt_out",
            lambda tag, refs, note: write(tag, [ref for ref in refs if ref != last], note),
        )
        pressed = activation.request_activation(recruiter.services, Press(admin, "again"))
        recruiter.run_workers()
    assert recruiter.operation(pressed).state == "failed"
    assert recruiter.host.opt_outs == {first}
    activation.request_activation(recruiter.services, Press(admin, "once more"))
    recruiter.run_workers()
    assert recruiter.host.opt_outs == {first, last}
    recruiter.host.groups[OPT_OUT_TAG, first.kind].clear()
    activation.request_activation(recruiter.services, Press(admin, "a third time"))
    recruiter.run_workers()
    assert recruiter.host.opt_outs == set()


def test_pressing_activate_with_all_groups_in_place_changes_no_member(
    recruiter: Recruiter,
) -> None:
    (anna,) = recruiter.add(ANNA)
    unsubscribe(recruiter, ANNA)
    recruiter.send()
    recruiter.run_workers()
    del recruiter.host.groups[OPT_OUT_TAG, anna.kind][anna]
    activation.request_activation(recruiter.services, Press(administrator(recruiter), "again"))
    recruiter.run_workers()
    assert recruiter.host.opt_outs == set()


def test_who_unsubscribed_from_a_deleted_audience_is_not_mailed_by_a_new_one(
    recruiter: Recruiter,
) -> None:
    recruiter.add(ANNA, BRAM)
    unsubscribe(recruiter, ANNA)
    reinitialize(recruiter)
    old_list = recruiter.account.list_id
    with recruiter.standin.state.lock:
        del recruiter.remote_account.lists[old_list]
    reinitialize(recruiter)
    assert recruiter.account.list_id != old_list
    # The CRM loses the membership as well: what the audience reported is kept by the module.
    for members in recruiter.host.groups.values():
        members.clear()
    newcomer = recruiter.host.add_person(f" {ANNA.upper()}")
    recruiter.host.add_to_campaign(recruiter.campaign, newcomer)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [BRAM]
    assert recruiter.exclusion_reasons()[ANNA] == "unsubscribed"


def test_initialize_counts_what_the_audience_knows(recruiter: Recruiter) -> None:
    anna, bram = recruiter.add(ANNA, BRAM)
    unsubscribe(recruiter, ANNA)
    unsubscribe(recruiter, BRAM, "cleaned")
    first = reinitialize(recruiter)
    assert first["opt_outs_reported"] - first["opt_outs_known"] == 2
    second = reinitialize(recruiter)
    assert second["opt_outs_reported"] == second["opt_outs_known"] == first["opt_outs_reported"]
    assert recruiter.host.opt_outs == {anna}
    assert set(recruiter.host.failed) == {bram}, "an address that failed is no opt-out"


def test_initialize_reads_an_audience_of_more_than_one_page(recruiter: Recruiter) -> None:
    before = reinitialize(recruiter)["opt_outs_reported"]
    state, audience = recruiter.standin.state, recruiter.audience
    for number in range(1001):
        row = {"email_address": f"p{number}@kandidaten.example"}
        membership.add(state, audience, row, "unsubscribed")
    assert reinitialize(recruiter)["opt_outs_reported"] == before + 1001


def test_who_subscribes_again_in_the_same_audience_is_mailed_by_the_next_campaign(
    recruiter: Recruiter,
) -> None:
    people = recruiter.add(ANNA, BRAM)
    unsubscribe(recruiter, ANNA)
    reinitialize(recruiter)
    recruiter.host.groups[OPT_OUT_TAG, PersonKind.CANDIDATE].clear()
    recruiter.standin.state.advance(60)
    unsubscribe(recruiter, ANNA, "subscribed")
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [BRAM], "MailChimp is asked after the people are selected"
    recruiter.campaign = recruiter.host.add_campaign("Next")
    recruiter.host.add_to_campaign(recruiter.campaign, *people)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [ANNA, BRAM, BRAM]


def administrator(recruiter: Recruiter) -> User:
    return recruiter.host.users["admin"][0]


def unsubscribe(recruiter: Recruiter, address: str, status: str = "unsubscribed") -> None:
    """The person leaves the audience of the account, without any campaign."""
    state = recruiter.standin.state
    with state.lock:
        audience = recruiter.audience
        member = membership.find_member(audience, address)
        if member is None:
            member = membership.add(state, audience, {"email_address": address}, "subscribed")
        membership.set_status(state, audience, member, status, "user")


def reinitialize(recruiter: Recruiter) -> dict[str, int]:
    """Presses “Initialize” with the key of the account; returns what the operation found out."""
    press = Press(administrator(recruiter), recruiter.next_nonce())
    operation_id = connection_requests.request_connection(recruiter.services, press, DEMO_KEY, None)
    recruiter.run_workers()
    operation = recruiter.operation(operation_id)
    assert operation.state == "done", operation.problems
    return dict(operation.payload)
