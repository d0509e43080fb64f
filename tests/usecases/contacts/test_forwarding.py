"""Opt-outs of the CRM reach MailChimp by choice: each once, and nothing raises a status."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.audit import Audit
from cxmc_ext.domain.people import OPT_OUT_TAG, User
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service import membership
from cxmc_ext.usecases.invitations.requests import request_invitation
from cxmc_ext.usecases.sync import turn as sync_turn
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter
from tests.usecases.contacts.conftest import (
    ADA,
    BOB,
    CHANGES,
    COR,
    archive,
    calls_of,
    choose,
    hour_later,
    opt_out,
    send_to,
    statuses,
)

pytestmark = [on_both, pytest.mark.slow]

DAN = "dan@kandidaten.example"
AFTERWARDS = {"off": "subscribed", "archive": "archived", "unsubscribe": "unsubscribed"}


@pytest.mark.parametrize("choice", AFTERWARDS)
def test_an_opt_out_reaches_mailchimp_once_as_chosen(mailed: Recruiter, choice: str) -> None:
    choose(mailed, choice)
    opt_out(mailed, ADA)
    hour_later(mailed)
    assert statuses(mailed, ADA, BOB) == [AFTERWARDS[choice], "subscribed"]
    made = len(mailed.remote_calls())
    hour_later(mailed)
    later = set(mailed.remote_calls()[made:])
    assert later <= {"delete_segment"}, "nothing changed, so MailChimp is not asked"
    notes = mailed.fetch_all(select(Audit.subject).where(Audit.action == "opt_outs_forwarded"))
    assert notes == ([] if choice == "off" else [f"{choice}: 1"])
    send_to(mailed, ADA, BOB)
    assert mailed.mailed_addresses.count(ADA) == 1
    assert mailed.standin.state.resubscribed == []


@pytest.mark.parametrize("hides", [True, False])
def test_an_unsubscribe_is_neither_hidden_nor_lifted(mailed: Recruiter, hides: bool) -> None:
    """They unsubscribed at MailChimp, opted out here, and the CRM takes its opt-out back."""
    state = mailed.standin.state
    state.switches.archive_hides_unsubscribe = hides
    choose(mailed, "archive")
    ada = mailed.audience.members[subscriber_hash(ADA)]
    membership.set_status(state, mailed.audience, ada, "unsubscribed", "user")
    ref = opt_out(mailed, ADA)
    hour_later(mailed)
    assert statuses(mailed, ADA) == ["unsubscribed"]
    del mailed.host.groups[OPT_OUT_TAG, ref.kind][ref]
    send_to(mailed, ADA, BOB)
    assert mailed.mailed_addresses.count(ADA) == 1


def test_an_opt_out_that_we_forwarded_is_no_unsubscribe_of_others(mailed: Recruiter) -> None:
    """Two people share an address; one opts out here. The other one gets an address of their own."""
    choose(mailed, "unsubscribe")
    other = mailed.host.add_person(ADA.upper())
    ref = opt_out(mailed, ADA)
    hour_later(mailed)
    assert statuses(mailed, ADA) == ["unsubscribed"]
    first = mailed.mailing
    sync_turn.run(mailed.services, first.id, requested=True)
    assert mailed.host.opt_outs == {ref}
    assert "unsubscribed" not in (mailed.mailing.counts or {}).get("events", {})
    mailed.host.persons[other] = replace(mailed.host.persons[other], address=DAN)
    mailed.campaign = mailed.host.add_campaign("Of their own")
    mailed.host.add_to_campaign(mailed.campaign, other, ref)
    mailed.send()
    mailed.run_workers()
    assert mailed.mailed_addresses.count(DAN) == 1
    assert mailed.mailed_addresses.count(ADA) == 1, "the address itself stays closed"


def test_a_forwarded_member_whose_address_was_changed_is_no_unsubscribe(mailed: Recruiter) -> None:
    """MailChimp keeps the id of the address before, and that is the one we withdrew."""
    choose(mailed, "unsubscribe")
    mailed.standin.state.switches.change({"address_change_keeps_id": True})
    mailed.standin.actions.change_address(mailed.audience.id, ADA, DAN)
    mailed.host.add_person(DAN)
    ref = opt_out(mailed, ADA)
    hour_later(mailed)
    assert statuses(mailed, ADA) == ["unsubscribed"], "under the id it keeps"
    sync_turn.run(mailed.services, mailed.mailing.id, requested=True)
    assert mailed.host.opt_outs == {ref}
    assert "unsubscribed" not in (mailed.mailing.counts or {}).get("events", {})


@pytest.mark.parametrize("is_taken_back", [False, True])
def test_an_edit_of_a_forwarded_member_is_no_unsubscribe(
    mailed: Recruiter, is_taken_back: bool
) -> None:
    """Any edit moves the time of the member. Once the CRM has taken the opt-out back, it may be their own."""
    choose(mailed, "unsubscribe")
    other = mailed.host.add_person(ADA.upper())
    ref = opt_out(mailed, ADA)
    hour_later(mailed)
    if is_taken_back:
        del mailed.host.groups[OPT_OUT_TAG, ref.kind][ref]
    mailed.standin.state.advance(3600)
    mailed.standin.actions.edit(mailed.audience.id, ADA, {"FNAME": "Ada"})
    sync_turn.run(mailed.services, mailed.mailing.id, requested=True)
    assert mailed.host.opt_outs == ({ref, other} if is_taken_back else {ref})


def test_an_opt_out_that_ended_may_come_again(mailed: Recruiter) -> None:
    choose(mailed, "archive")
    ref = opt_out(mailed, ADA)
    hour_later(mailed)
    del mailed.host.groups[OPT_OUT_TAG, ref.kind][ref]
    hour_later(mailed)
    send_to(mailed, ADA)
    assert statuses(mailed, ADA) == ["subscribed"], "restored: our records know of no objection"
    mailed.opt_out(ref)
    hour_later(mailed)
    assert statuses(mailed, ADA) == ["archived"]
    assert calls_of(mailed, *CHANGES) == ["archive_member", "restore_member", "archive_member"]


@pytest.mark.parametrize("choice", ["archive", "unsubscribe"])
def test_whoever_was_invited_back_is_left_alone_until_they_opt_out_again(
    mailed: Recruiter, choice: str
) -> None:
    mailed.standin.state.switches.change({"resubscribe": "accepted"})
    choose(mailed, choice)
    ref = opt_out(mailed, ADA)
    hour_later(mailed)
    request_invitation(mailed.services, mailed.press(), ref)
    mailed.run_workers()
    hour_later(mailed)
    assert statuses(mailed, ADA) == ["pending"]
    mailed.standin.actions.confirm(mailed.audience.id, ADA)
    assert statuses(mailed, ADA) == ["subscribed"]
    mailed.read_audience()
    assert ref not in mailed.host.opt_outs
    mailed.opt_out(ref)
    hour_later(mailed)
    assert statuses(mailed, ADA) == [AFTERWARDS[choice]]
    assert mailed.standin.state.resubscribed == []


@pytest.mark.parametrize("choice", ["archive", "unsubscribe"])
def test_whoever_confirms_and_leaves_at_once_has_left_for_everybody_at_the_address(
    mailed: Recruiter, choice: str
) -> None:
    """Nobody read the audience in between, so only the unsubscribe is seen."""
    mailed.standin.state.switches.change({"resubscribe": "accepted"})
    choose(mailed, choice)
    other = mailed.host.add_person(ADA.upper())
    ref = opt_out(mailed, ADA)
    hour_later(mailed)
    request_invitation(mailed.services, mailed.press(), ref)
    mailed.run_workers()
    mailed.standin.actions.confirm(mailed.audience.id, ADA)
    mailed.standin.actions.set_status(mailed.audience.id, ADA, "unsubscribed")
    mailed.read_audience()
    assert mailed.host.opt_outs == {ref, other}


@pytest.mark.parametrize("choice", ["archive", "unsubscribe"])
def test_one_that_mailchimp_refuses_does_not_hold_up_the_others(
    mailed: Recruiter, choice: str
) -> None:
    choose(mailed, choice)
    for address in (ADA, BOB):
        opt_out(mailed, address)
    verb = {"archive": "DELETE", "unsubscribe": "PATCH"}[choice]
    mailed.standin.state.faults.add(f"{verb} /lists/*/members/*", "400")
    hour_later(mailed)
    assert statuses(mailed, ADA, BOB).count("subscribed") == 1
    hour_later(mailed)
    assert statuses(mailed, ADA, BOB) == [AFTERWARDS[choice]] * 2


DAY = 24 * 3600
MEMBER = "/lists/*/members/*"


@pytest.mark.parametrize("choice", ["archive", "unsubscribe"])
def test_a_member_whom_mailchimp_did_not_know_once_is_looked_for_a_day_later(
    mailed: Recruiter, choice: str
) -> None:
    """A 404 may be a mistake, and whoever was deleted may subscribe again."""
    choose(mailed, choice)
    opt_out(mailed, ADA)
    mailed.standin.state.faults.add(f"GET {MEMBER}", "404")
    hour_later(mailed)
    hour_later(mailed)
    assert calls_of(mailed, "member") == ["member"], "not every hour"
    mailed.standin.state.advance(DAY)
    hour_later(mailed)
    assert statuses(mailed, ADA, BOB) == [AFTERWARDS[choice], "subscribed"]
    mailed.standin.state.advance(DAY)
    hour_later(mailed)
    assert calls_of(mailed, "member", *CHANGES) == ["member", "member", f"{choice}_member"]


@pytest.mark.parametrize("choice", ["archive", "unsubscribe"])
def test_a_change_that_finds_no_member_is_tried_again(mailed: Recruiter, choice: str) -> None:
    choose(mailed, choice)
    opt_out(mailed, ADA)
    verb = {"archive": "DELETE", "unsubscribe": "PATCH"}[choice]
    mailed.standin.state.faults.add(f"{verb} {MEMBER}", "404")
    hour_later(mailed)
    assert statuses(mailed, ADA) == ["subscribed"]
    hour_later(mailed)
    assert statuses(mailed, ADA) == [AFTERWARDS[choice]]


def test_whom_archiving_did_not_find_once_is_forwarded(
    year_later: Recruiter, admin_user: User
) -> None:
    year_later.standin.state.faults.add(f"GET {MEMBER}", "404", times=3)
    archive(year_later, admin_user)
    assert statuses(year_later, ADA, BOB, COR) == ["subscribed"] * 3
    choose(year_later, "unsubscribe")
    opt_out(year_later, ADA)
    year_later.standin.state.advance(DAY)
    hour_later(year_later)
    assert statuses(year_later, ADA, BOB) == ["unsubscribed", "subscribed"]


def test_an_archived_member_who_signed_up_again_is_forwarded(
    year_later: Recruiter, admin_user: User
) -> None:
    archive(year_later, admin_user)
    year_later.standin.actions.sign_up(year_later.audience.id, ADA)
    choose(year_later, "unsubscribe")
    for address in (ADA, BOB):
        opt_out(year_later, address)
    made = len(year_later.remote_calls())
    for _ in range(2):
        hour_later(year_later)
    assert statuses(year_later, ADA, BOB) == ["unsubscribed", "archived"]
    calls = [name for name in year_later.remote_calls()[made:] if name == "member"]
    assert len(calls) == 2, "each is looked at once"
