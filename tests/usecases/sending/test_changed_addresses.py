"""A member's address is changed at MailChimp, and the id stays that of the address before (observed 2019).

The mail goes to the address MailChimp has, so only that one tells whom a member is.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cxmc_ext.db.queries import reported_opt_outs
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.domain.opt_outs import OptOut, OptOutSource
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonKind, PersonRef, User
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.standin.service import membership
from tests.support.databases import on_both
from tests.support.erasure import request_erasure, sync_everything
from tests.support.recruiter import Callback, Recruiter

pytestmark = [on_both, pytest.mark.slow]

OLD, NEW, BOB, CAS = (
    "anna@oud.example",
    "anna@nieuw.example",
    "bob@kantoor.example",
    "cas@kantoor.example",
)
# With other people in the campaign the audience is read in pages instead of one by one.
READINGS = pytest.mark.parametrize("others", [[], [BOB, CAS]], ids=["one by one", "in pages"])


@pytest.fixture(autouse=True)
def _keeps_id(recruiter: Recruiter) -> None:
    recruiter.standin.state.switches.address_change_keeps_id = True


def _opted_out_in_the_crm(recruiter: Recruiter, _admin: User) -> None:
    recruiter.opt_out(recruiter.host.add_person(NEW, PersonKind.CONTACT))


def _reported_by_another_audience(recruiter: Recruiter, _admin: User) -> None:
    session, note = recruiter.session, Note(NoteKind.CLEANED)
    opt_out = OptOut(NEW, OptOutSource.CLEANED, note, 1)
    reported_opt_outs.store(session, recruiter.account.id, "another", [opt_out])
    session.commit()


def _erased(recruiter: Recruiter, admin: User) -> None:
    request_erasure(recruiter, admin, NEW)
    recruiter.run_workers()


@READINGS
@pytest.mark.parametrize("forbid", [_opted_out_in_the_crm, _reported_by_another_audience, _erased])
def test_nobody_is_mailed_at_an_address_that_was_not_previewed(
    recruiter: Recruiter,
    admin_user: User,
    forbid: Callable[[Recruiter, User], None],
    others: list[str],
) -> None:
    _add_member(recruiter, OLD)
    forbid(recruiter, admin_user)
    _move(recruiter)
    recruiter.add(OLD, *others)
    _send(recruiter)
    assert recruiter.mailed_addresses == [OLD, *others]


@READINGS
@pytest.mark.parametrize("addresses", [[OLD, NEW], [NEW, OLD]])
def test_people_at_both_addresses_get_one_mail_each(
    recruiter: Recruiter, addresses: list[str], others: list[str]
) -> None:
    _add_member(recruiter, OLD)
    _move(recruiter)
    recruiter.add(*addresses, *others)
    _send(recruiter)
    assert recruiter.mailed_addresses == [NEW, OLD, *others]


@READINGS
@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "archived", "pending"])
def test_who_left_at_the_new_address_is_not_subscribed_again_at_the_old_one(
    recruiter: Recruiter, others: list[str], status: str
) -> None:
    _add_member(recruiter, OLD)
    _move(recruiter)
    recruiter.standin.actions.set_status(recruiter.account.list_id, NEW, status)
    recruiter.add(OLD, *others)
    _send(recruiter)
    assert recruiter.mailed_addresses == others
    assert recruiter.exclusion_reasons()[OLD] == status


def test_a_change_between_segment_and_mail_leaves_that_person_out(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    recruiter.add(OLD, BOB)
    before_step("check_segment", lambda: _move(recruiter))
    _send(recruiter)
    assert recruiter.mailed_addresses == [BOB]
    assert recruiter.exclusion_reasons()[OLD] == "not_in_audience"


def test_an_archived_member_is_not_restored_at_another_address(recruiter: Recruiter) -> None:
    recruiter.add(OLD)
    _send(recruiter)
    _move(recruiter)
    recruiter.standin.actions.set_status(recruiter.account.list_id, NEW, "archived")
    _new_campaign(recruiter, OLD, BOB)
    _send(recruiter)
    assert recruiter.mailed_addresses == [OLD, BOB]
    assert recruiter.audience.members[member_hash(OLD).hex()].status == "archived"


@pytest.mark.parametrize("ends", ["unsubscribed", "complained"])
def test_a_second_opt_out_at_the_new_address_counts_too(recruiter: Recruiter, ends: str) -> None:
    (anna,) = recruiter.add(OLD)
    _send(recruiter)
    _leaves(recruiter, OLD)
    assert recruiter.host.opt_outs == {anna}
    _comes_back_at_the_new_address(recruiter, anna)
    _new_campaign(recruiter, BOB)
    recruiter.host.add_to_campaign(recruiter.campaign, anna)
    _send(recruiter)
    assert recruiter.mailed_addresses == [NEW, OLD, BOB]
    if ends == "complained":
        remote_id = recruiter.mailing.remote_id
        recruiter.standin.actions.complain(remote_id, member_hash(OLD).hex())
        sync_everything(recruiter)
    else:
        _leaves(recruiter, NEW)
    assert recruiter.host.opt_outs == {anna}


def test_everybody_at_the_new_address_is_opted_out_although_the_old_one_is_known(
    recruiter: Recruiter,
) -> None:
    recruiter.add(OLD)
    _send(recruiter)
    _leaves(recruiter, OLD)
    recruiter.standin.state.advance(7200)
    _move(recruiter)
    colleague = recruiter.host.add_person(NEW)
    sync_everything(recruiter)
    assert colleague in recruiter.host.opt_outs


def _add_member(recruiter: Recruiter, address: str) -> None:
    row = {"email_address": address}
    membership.add(recruiter.standin.state, recruiter.audience, row, "subscribed")


def _move(recruiter: Recruiter) -> None:
    recruiter.standin.actions.change_address(recruiter.account.list_id, OLD, NEW)


def _leaves(recruiter: Recruiter, address: str) -> None:
    recruiter.standin.state.advance(7200)
    recruiter.standin.actions.set_status(recruiter.account.list_id, address, "unsubscribed")
    sync_everything(recruiter)


def _comes_back_at_the_new_address(recruiter: Recruiter, person: PersonRef) -> None:
    recruiter.standin.state.advance(7200)
    recruiter.standin.actions.set_status(recruiter.account.list_id, OLD, "subscribed")
    _move(recruiter)
    recruiter.host.groups[OPT_OUT_TAG, person.kind].clear()
    recruiter.host.persons[person] = replace(recruiter.host.persons[person], address=NEW)


def _new_campaign(recruiter: Recruiter, *addresses: str) -> None:
    recruiter.campaign = recruiter.host.add_campaign("Volgende")
    recruiter.add(*addresses)


def _send(recruiter: Recruiter) -> None:
    """Presses “Create and send”, and lets time pass until that ends."""
    operation = recruiter.send()
    for _ in range(100):
        recruiter.run_once(operation)
        if recruiter.operation(operation).state in ("done", "not_ready"):
            return
        recruiter.standin.state.advance(10)
        recruiter.skip_pauses()
    raise AssertionError(recruiter.operation(operation).state)
