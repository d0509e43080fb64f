"""What is an answer to “Invite back”, and what is not."""

from dataclasses import replace

import pytest

from cxmc_ext import PersonRef
from cxmc_ext.domain.people import OPT_OUT_TAG
from cxmc_ext.usecases.admin.control_room import load_page
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter
from tests.usecases.invitations.conftest import ANNA, BRAM, codes, invite, leave_by_mail, let_ask

pytestmark = on_both


def test_an_edit_of_another_address_of_theirs_confirms_nothing(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    """Anna left at an old address. The present one is subscribed, and somebody edits that member."""
    anna, _ = left
    host = recruiter.host
    host.persons[anna] = replace(host.persons[anna], address=BRAM)
    recruiter.standin.state.advance(60)
    recruiter.standin.actions.edit(recruiter.audience.id, BRAM, {"FNAME": "Bram"})
    assert codes(invite(recruiter, anna)) == ["invitation_subscribed"]
    assert host.opt_outs == {anna}


@pytest.mark.slow
def test_a_later_opt_out_of_the_crm_is_not_ended_by_an_earlier_confirmation(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    anna, _ = left
    let_ask(recruiter)
    invite(recruiter, anna)
    recruiter.standin.actions.confirm(recruiter.audience.id, ANNA)
    recruiter.read_audience()
    recruiter.opt_out(anna)
    assert codes(invite(recruiter, anna)) == ["invitation_subscribed"]
    assert recruiter.host.opt_outs == {anna}


@pytest.mark.slow
def test_a_member_that_cannot_be_read_keeps_nobody_else_waiting(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    _, bram = left
    leave_by_mail(recruiter, BRAM)
    let_ask(recruiter)
    for person in left:
        invite(recruiter, person)
        recruiter.standin.state.advance(60)
    recruiter.standin.actions.confirm(recruiter.audience.id, BRAM)
    read = "GET /lists/*/members/*"
    recruiter.standin.state.faults.add(read, "500_before", times=0, address=ANNA)
    for _ in range(2):
        recruiter.read_audience()
    assert bram not in recruiter.host.opt_outs
    assert recruiter.account.unsubscribes_problem


def test_a_failed_invitation_needs_no_attention_once_the_person_has_subscribed(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    """The second failure is told by the second attempt alone."""
    anna, bram = left
    leave_by_mail(recruiter, BRAM)
    for person in (anna, bram, bram):
        recruiter.standin.state.advance(60)
        assert codes(invite(recruiter, person)) == ["invitation_refused"]
    assert len(load_page(recruiter.services, 1).failed_operations) == 2
    recruiter.standin.state.advance(60)
    recruiter.standin.actions.sign_up(recruiter.audience.id, ANNA)
    recruiter.read_audience()
    assert len(load_page(recruiter.services, 1).failed_operations) == 1
    recruiter.standin.state.advance(60)
    recruiter.standin.actions.set_status(recruiter.audience.id, ANNA, "cleaned")
    recruiter.opt_out(anna)
    assert codes(invite(recruiter, anna)) == ["invitation_cleaned"]
    assert len(load_page(recruiter.services, 1).failed_operations) == 2


@pytest.mark.slow
def test_who_was_merged_since_the_invitation_is_let_in(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    anna, _ = left
    let_ask(recruiter)
    invite(recruiter, anna)
    host = recruiter.host
    merged = host.add_person(ANNA)
    recruiter.opt_out(merged)
    del host.persons[anna], host.groups[OPT_OUT_TAG, anna.kind][anna]
    recruiter.standin.actions.confirm(recruiter.audience.id, ANNA)
    recruiter.read_audience()
    assert not host.opt_outs
