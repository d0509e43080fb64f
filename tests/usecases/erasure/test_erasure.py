"""“Erase a person”: gone at MailChimp, nobody in our rows, never pushed again, never written back."""

import pytest
from sqlalchemy import delete, select, update

from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import RecipientStatus
from cxmc_ext.db.models.suppressed_address import SuppressedAddress
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.standin import DEMO_ACCOUNT
from cxmc_ext.standin.service import engagement
from cxmc_ext.usecases.erasure import requests as erasure_requests
from cxmc_ext.usecases.screens import recipients as recipients_screen
from cxmc_ext.usecases.screens import tab as tab_screen
from cxmc_ext.usecases.screens.eligibility import count_recipients
from cxmc_ext.usecases.sending import form_drafts
from tests.support.databases import on_both
from tests.support.erasure import (
    ANNA,
    BOB,
    audience,
    find_traces,
    is_member,
    recipient_rows,
    record_click,
    request_erasure,
    resync_before_worker,
    resync_from_scratch,
    send_and_sync,
    sync_everything,
)
from tests.support.recruiter import Recruiter

pytestmark = on_both


def test_nothing_of_the_person_is_left_and_everything_counted_stays(
    recruiter: Recruiter, admin_user: User
) -> None:
    send_and_sync(recruiter)
    before = recruiter.mailing
    events = len(recruiter.session.scalars(select(Event)).all())
    pressed = request_erasure(recruiter, admin_user)
    recruiter.run_workers()
    after = recruiter.mailing
    assert recruiter.operation(pressed).state == "done"
    assert not is_member(recruiter, ANNA)
    assert is_member(recruiter, BOB)
    assert (
        find_traces(recruiter, ANNA, "Person1", member_hash(ANNA).hex(), str(member_hash(ANNA)))
        == []
    )
    assert [row.person_id for row in recipient_rows(recruiter)] == ["", "2"]
    assert [row.reason for row in recipient_rows(recruiter)] == [None, None]
    assert (after.people_count, after.mailable_count, after.counts) == (
        before.people_count,
        before.mailable_count,
        before.counts,
    )
    assert len(recruiter.session.scalars(select(Event)).all()) == events


def test_the_synchronisation_never_writes_the_person_back(
    recruiter: Recruiter, admin_user: User
) -> None:
    send_and_sync(recruiter)
    request_erasure(recruiter, admin_user)
    recruiter.run_workers()
    recipient = audience(recruiter)
    assert recipient.deleted_permanently
    recruiter.standin.state.accounts[DEMO_ACCOUNT].campaigns[
        recruiter.mailing.remote_id or ""
    ].recipients[member_hash(ANNA).hex()].activity.append(
        {"action": "open", "timestamp": recruiter.services.clock(), "ip": "1.1.1.1"}
    )
    before = len(recipient_rows(recruiter))
    session = recruiter.session
    session.execute(delete(RecipientStatus))
    session.execute(delete(Event))
    session.commit()
    resync_from_scratch(recruiter)
    assert len(recipient_rows(recruiter)) == before
    assert find_traces(recruiter, ANNA) == []
    assert recipient_rows(recruiter)[0].status > 0


def test_what_the_person_did_between_press_and_erasure_is_counted_once(
    recruiter: Recruiter, admin_user: User
) -> None:
    send_and_sync(recruiter)
    url = f"https://cv.example/?email={ANNA}"
    record_click(recruiter, ANNA, url, 10)
    sync_everything(recruiter)
    record_click(recruiter, ANNA, url, 11)
    told = request_erasure(recruiter, admin_user)
    resync_before_worker(recruiter)
    recruiter.run_workers()
    assert recruiter.operation(told).state == "done"
    resync_from_scratch(recruiter)
    assert recruiter.mailing.counts["events"]["clicked"] == 2
    assert len(recipient_rows(recruiter)) == 2
    assert find_traces(recruiter, ANNA) == []


def test_who_leaves_between_press_and_erasure_leaves_once(
    recruiter: Recruiter, admin_user: User
) -> None:
    anna, _ = send_and_sync(recruiter)
    state, now = recruiter.standin.state, recruiter.services.clock()
    account = state.accounts[DEMO_ACCOUNT]
    remote = account.campaigns[recruiter.mailing.remote_id or ""]
    request_erasure(recruiter, admin_user)
    assert engagement.record_unsubscribe(state, account, remote, member_hash(ANNA).hex(), "", now)
    resync_before_worker(recruiter)
    assert recruiter.host.opt_outs == {anna}
    recruiter.run_workers()
    resync_from_scratch(recruiter)
    assert recruiter.mailing.counts["events"]["unsubscribed"] == 1
    assert [row.status for row in recipient_rows(recruiter)] == [
        EventStatus.UNSUBSCRIBED,
        EventStatus.SENT,
    ]


def test_an_opt_out_told_later_still_reaches_the_crm(
    recruiter: Recruiter, admin_user: User
) -> None:
    anna, _ = send_and_sync(recruiter)
    request_erasure(recruiter, admin_user)
    recruiter.run_workers()
    remote = recruiter.standin.state.accounts[DEMO_ACCOUNT].campaigns[
        recruiter.mailing.remote_id or ""
    ]
    remote.recipients[member_hash(ANNA).hex()].unsubscribed_at = recruiter.services.clock()
    remote.totals["unsubscribed"] = 1
    session = recruiter.session
    session.execute(update(Mailing).values(report_fingerprint=""))
    session.commit()
    sync_everything(recruiter)
    assert recruiter.host.opt_outs <= {anna}
    assert find_traces(recruiter, ANNA) == []


def test_who_was_erased_is_never_pushed_again(recruiter: Recruiter, admin_user: User) -> None:
    send_and_sync(recruiter)
    request_erasure(recruiter, admin_user)
    recruiter.run_workers()
    recruiter.campaign = recruiter.host.add_campaign("Week 49")
    recruiter.add(f" {ANNA.upper()}", BOB)
    live = count_recipients(recruiter.services, recruiter.campaign)
    assert dict(live.left_out_by_reason) == {"erasure": 1}
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses.count(ANNA) == 1
    assert recruiter.mailed_addresses.count(BOB) == 2
    assert recruiter.mailing.counts["reason"] == {"erasure": 1}
    assert not is_member(recruiter, ANNA)
    assert find_traces(recruiter, ANNA, ANNA.upper()) == []
    found = tab_screen.load_rows(recruiter.services, recruiter.campaign)
    assert found is not None
    page = recipients_screen.recipient_page(
        recruiter.services,
        recruiter.campaign,
        found,
        recipients_screen.RecipientFilter(left_out=True),
        1,
    )
    assert [(line.name, line.address, line.reason) for line in page.rows] == [("", "", "erasure")]


def test_one_who_was_never_a_member_is_gone_already(recruiter: Recruiter, admin_user: User) -> None:
    pressed = request_erasure(recruiter, admin_user, "nobody@elsewhere.example")
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "done"
    assert recruiter.operation(pressed).payload == {"calls_in_flight": False}


def test_a_person_of_the_crm_is_erased_with_every_address_they_had(
    recruiter: Recruiter, admin_user: User
) -> None:
    anna, _ = send_and_sync(recruiter)
    person = recruiter.host.persons[anna]
    recruiter.host.persons[anna] = type(person)(anna, person.name, "new@kandidaten.example")
    assert erasure_requests.erasure_scope(
        recruiter.services, "candidate:1"
    ) == erasure_requests.ErasureScope(1, 1)
    request_erasure(recruiter, admin_user, "candidate:1")
    recruiter.run_workers()
    assert find_traces(recruiter, ANNA, "new@") == []
    assert len(recruiter.session.scalars(select(SuppressedAddress)).all()) == 2
    assert not is_member(recruiter, ANNA)


def test_a_person_without_an_address_leaves_the_frozen_rows(
    recruiter: Recruiter, admin_user: User
) -> None:
    recruiter.add("geen adres", BOB)
    recruiter.send()
    recruiter.run_workers()
    request_erasure(recruiter, admin_user, "candidate:1")
    recruiter.run_workers()
    assert find_traces(recruiter, "geen adres") == []
    assert len(recruiter.mailed_addresses) == 1


def test_an_address_changed_at_mailchimp_is_marked_as_well(
    recruiter: Recruiter, admin_user: User
) -> None:
    send_and_sync(recruiter)
    audience(recruiter).members[
        member_hash(ANNA).hex()
    ].email_address = "anna.new@kandidaten.example"
    request_erasure(recruiter, admin_user)
    recruiter.run_workers()
    assert not is_member(recruiter, ANNA)
    recruiter.campaign = recruiter.host.add_campaign("Week 49")
    recruiter.add("anna.new@kandidaten.example", BOB)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailing.counts["reason"] == {"erasure": 1}


def test_the_same_press_twice_is_one_erasure_two_people_are_two(
    recruiter: Recruiter, admin_user: User
) -> None:
    first = request_erasure(recruiter, admin_user)
    assert request_erasure(recruiter, admin_user, ANNA.upper()) == first
    assert request_erasure(recruiter, admin_user, BOB) != first
    recruiter.run_workers()
    assert len(recruiter.session.scalars(select(SuppressedAddress)).all()) == 2


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("anna", "erasure_target_invalid"),
        ("dog:1", "erasure_target_invalid"),
        ("contact:99", "erasure_person_unknown"),
    ],
)
def test_what_names_nobody_is_refused(
    recruiter: Recruiter, admin_user: User, typed: str, code: str
) -> None:
    with pytest.raises(Invalid) as told:
        request_erasure(recruiter, admin_user, typed)
    assert told.value.fields["who"].code == code


def test_an_address_typed_for_a_test_mail_that_was_not_sent_goes_too(
    recruiter: Recruiter, admin_user: User
) -> None:
    send_and_sync(recruiter)
    other = recruiter.host.add_campaign()
    press = Press(recruiter.user, "window", other)
    typed = {"subject": "Kept", "test_to": f"chef@x.example; {ANNA.upper()}"}
    form_drafts.save_draft(recruiter.services, press, typed)
    request_erasure(recruiter, admin_user)
    recruiter.run_workers()
    assert find_traces(recruiter, ANNA, ANNA.upper()) == []
    drafts = recruiter.session.scalars(select(Mailing.form_draft)).all()
    assert "Kept" in [draft["values"]["subject"] for draft in drafts if draft]
