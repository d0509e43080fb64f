"""“Invite back”: MailChimp asks, the person confirms, and only then their opt-out ends."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update

from cxmc_ext import PersonRef
from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.invitation import Invitation
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.notice import Notice
from cxmc_ext.db.models.recipient import Recipient, RecipientStatus
from cxmc_ext.db.models.reported_opt_out import ReportedOptOut
from cxmc_ext.db.queries import invitations, sync_turns
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.erasure.requests import request_erasure
from cxmc_ext.usecases.invitations.requests import request_invitation
from cxmc_ext.usecases.operations.context import OperationContext
from tests.support.databases import on_both
from tests.support.killed import Killed, dies
from tests.support.recruiter import Recruiter
from tests.usecases.invitations.conftest import (
    ANNA,
    BRAM,
    codes,
    confirmation_mails,
    invite,
    let_ask,
    status,
)

pytestmark = [on_both, pytest.mark.slow]


def test_whoever_confirms_is_mailed_again_and_everything_is_on_record(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    anna, bram = left
    let_ask(recruiter)
    assert invite(recruiter, anna).state == "done"
    assert (status(recruiter), confirmation_mails(recruiter)) == ("pending", [ANNA])
    recruiter.read_audience()
    assert recruiter.host.opt_outs == {anna}, "asked is not confirmed"
    recruiter.standin.actions.confirm(recruiter.audience.id, ANNA)
    recruiter.read_audience()
    assert not recruiter.host.opt_outs
    assert recruiter.host.opt_ins == {
        anna: "Subscribed again in MailChimp, invited by Rosa Recruiter"
    }
    assert recruiter.fetch_all(select(ReportedOptOut)) == []
    entries = recruiter.fetch_all(select(Audit).where(Audit.subject == f"candidate:{anna.id}"))
    assert [row.action for row in entries] == ["opt_out", "invitation", "opt_in"]
    told = recruiter.fetch_all(select(Notice.people).where(Notice.kind == "opted_in"))
    assert told == [[["candidate", anna.id]]]
    recruiter.campaign = recruiter.host.add_campaign("Next")
    recruiter.host.add_to_campaign(recruiter.campaign, anna, bram)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [ANNA, ANNA, BRAM, BRAM]
    assert recruiter.standin.state.resubscribed == [], "nobody was subscribed by us"


def test_whoever_answers_after_months_is_let_in_as_well(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    let_ask(recruiter)
    invite(recruiter, left[0])
    recruiter.standin.state.advance(90 * 86_400)
    recruiter.read_audience()
    recruiter.standin.actions.confirm(recruiter.audience.id, ANNA)
    recruiter.read_audience()
    assert recruiter.host.opt_outs == {left[0]}, "was read a moment ago"
    recruiter.standin.state.advance(86_400)
    recruiter.read_audience()
    assert not recruiter.host.opt_outs


@pytest.mark.parametrize("answer", ["by_origin", "refused", "ignored"])
def test_where_mailchimp_does_not_ask_the_signup_form_is_left(
    recruiter: Recruiter, left: list[PersonRef], answer: str
) -> None:
    anna, _ = left
    recruiter.standin.state.switches.change({"resubscribe": answer})
    operation = invite(recruiter, anna)
    assert (operation.state, codes(operation)) == ("failed", ["invitation_refused"])
    assert (status(recruiter), confirmation_mails(recruiter)) == ("unsubscribed", [])
    assert recruiter.account.list_subscribe_url.endswith(f"/subscribe/{recruiter.audience.id}")
    recruiter.standin.actions.sign_up(recruiter.audience.id, ANNA)
    recruiter.read_audience()
    assert not recruiter.host.opt_outs


def test_who_has_signed_up_before_the_press_is_let_in_at_once(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    recruiter.standin.state.advance(60)
    recruiter.standin.actions.sign_up(recruiter.audience.id, ANNA)
    assert invite(recruiter, left[0]).state == "done"
    assert not recruiter.host.opt_outs
    assert confirmation_mails(recruiter) == []


def test_who_signed_up_after_the_invitation_is_let_in_by_the_next_press(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    """Nothing but the invitation tells that the opt-out, which was made in the CRM, may end."""
    _, bram = left
    recruiter.opt_out(bram)
    recruiter.standin.state.switches.change({"resubscribe": "refused"})
    recruiter.standin.actions.set_status(recruiter.audience.id, BRAM, "unsubscribed", by="api")
    assert codes(invite(recruiter, bram)) == ["invitation_refused"]
    recruiter.standin.state.advance(60)
    recruiter.standin.actions.sign_up(recruiter.audience.id, BRAM)
    assert invite(recruiter, bram).state == "done"
    assert bram not in recruiter.host.opt_outs


def test_an_unsubscribe_that_nobody_has_read_yet_survives_the_invitation(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    """Bram was opted out in the CRM before he unsubscribed; somebody else has the same address."""
    _, bram = left
    recruiter.opt_out(bram)
    other = recruiter.host.add_person(BRAM.upper())
    recruiter.standin.state.advance(60)
    recruiter.standin.actions.set_status(recruiter.audience.id, BRAM, "unsubscribed")
    let_ask(recruiter)
    assert invite(recruiter, bram).state == "done"
    assert status(recruiter, BRAM) == "pending"
    assert other in recruiter.host.opt_outs
    unsubscribed = select(Recipient.address).join(Event, Event.recipient_id == Recipient.id)
    unsubscribed = unsubscribed.where(Event.kind == EventStatus.UNSUBSCRIBED)
    assert sorted(recruiter.fetch_all(unsubscribed)) == [ANNA, BRAM]
    recruiter.read_audience()
    assert sorted(recruiter.fetch_all(unsubscribed)) == [ANNA, BRAM]


def test_pressing_again_asks_nobody_twice(recruiter: Recruiter, left: list[PersonRef]) -> None:
    let_ask(recruiter)
    for _ in range(3):
        assert invite(recruiter, left[0]).state == "done"
    assert confirmation_mails(recruiter) == [ANNA]
    assert len(recruiter.fetch_all(select(Invitation))) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [("subscribed", "invitation_subscribed"), ("cleaned", "invitation_cleaned")],
)
def test_who_cannot_be_asked_is_told_why(
    recruiter: Recruiter, left: list[PersonRef], change: str, code: str
) -> None:
    """Bram was opted out in the CRM only; another one has an address that fails."""
    _, bram = left
    recruiter.opt_out(bram)
    recruiter.standin.actions.set_status(recruiter.audience.id, BRAM, change)
    assert codes(invite(recruiter, bram)) == [code]
    recruiter.read_audience()
    assert bram in recruiter.host.opt_outs, "nobody confirmed anything"


def test_whoever_was_opted_out_in_the_crm_stays_when_a_namesake_confirms(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    anna, _ = left
    by_hand = recruiter.host.add_person(ANNA)
    recruiter.opt_out(by_hand)
    let_ask(recruiter)
    invite(recruiter, anna)
    recruiter.standin.actions.confirm(recruiter.audience.id, ANNA)
    recruiter.read_audience()
    assert recruiter.host.opt_outs == {by_hand}


def test_reports_of_before_opt_nobody_out_again(
    recruiter: Recruiter, left: list[PersonRef]
) -> None:
    let_ask(recruiter)
    invite(recruiter, left[0])
    recruiter.standin.actions.confirm(recruiter.audience.id, ANNA)
    recruiter.read_audience()
    session = recruiter.session
    session.execute(delete(RecipientStatus))
    session.execute(update(Mailing).values(report_fingerprint="", events_cursor=None))
    session.commit()
    recruiter.read_audience()
    assert not recruiter.host.opt_outs
    recruiter.standin.state.advance(60)
    recruiter.standin.actions.set_status(recruiter.audience.id, ANNA, "unsubscribed")
    recruiter.read_audience()
    assert recruiter.host.opt_outs == {left[0]}, "a later one counts"


def test_the_press_says_what_is_missing(recruiter: Recruiter, left: list[PersonRef]) -> None:
    anna, bram = left
    host = recruiter.host

    def refusal(person: PersonRef) -> str:
        with pytest.raises(Conflict) as caught:
            invite(recruiter, person)
        return caught.value.problem.code

    assert refusal(bram) == "invitation_not_opted_out"
    assert refusal(replace(anna, id="999")) == "invitation_person_unknown"
    host.persons[anna] = replace(host.persons[anna], address="")
    assert refusal(anna) == "invitation_no_address"
    host.persons[anna] = replace(host.persons[anna], address=ANNA)
    admin = host.users["admin"][0]
    request_erasure(recruiter.services, Press(admin, "erase"), ANNA)
    assert refusal(anna) == "invitation_erased"


def test_an_erased_person_leaves_no_invitation(recruiter: Recruiter, left: list[PersonRef]) -> None:
    let_ask(recruiter)
    operation = invite(recruiter, left[0])
    assert ANNA not in str(operation.payload)
    request_erasure(recruiter.services, Press(recruiter.host.users["admin"][0], "erase"), ANNA)
    recruiter.run_workers()
    assert recruiter.fetch_all(select(Invitation)) == []


# What a killed worker has just done.
_STEPS = [
    (OperationContext, "prepare_calls"),
    (OperationContext, "perform_call"),
    (OperationContext, "commit_progress"),
    (invitations, "store"),
    (invitations, "confirm"),
    (invitations, "note_checked"),
    (sync_turns, "finish"),
]


@pytest.mark.parametrize(("place", "name"), _STEPS, ids=lambda value: str(value)[-24:])
@pytest.mark.parametrize("nth", [1, 2])
def test_killed_anywhere_the_person_is_asked_once_and_confirms_once(
    recruiter: Recruiter,
    left: list[PersonRef],
    monkeypatch: pytest.MonkeyPatch,
    place: object,
    name: str,
    nth: int,
) -> None:
    anna, _ = left
    let_ask(recruiter)
    press = Press(recruiter.user, recruiter.next_nonce())
    with monkeypatch.context() as patch:
        patch.setattr(place, name, dies(getattr(place, name), nth))
        try:
            request_invitation(recruiter.services, press, anna)
            recruiter.run_workers()
            recruiter.standin.actions.confirm(recruiter.audience.id, ANNA)
            recruiter.read_audience()
        except Killed:
            recruiter.session.rollback()
            if not any(row.confirmed_at for row in recruiter.fetch_all(select(Invitation))):
                recruiter.opt_out(anna)  # what a Host has written is rolled back as well
    recruiter.skip_pauses()
    session = recruiter.session
    session.execute(update(Mailing).values(sync_lease_until=0.0))
    session.commit()
    recruiter.run_workers()
    recruiter.standin.actions.confirm(recruiter.audience.id, ANNA)
    for _ in range(2):
        recruiter.read_audience()
    assert confirmation_mails(recruiter) == [ANNA]
    assert not recruiter.host.opt_outs
    entries = recruiter.fetch_all(select(Audit.action).where(Audit.action == "opt_in"))
    assert len(entries) == 1
