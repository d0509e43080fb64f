"""A send knows who left the audience, although the synchronization has not read it yet.

MailChimp skips who unsubscribed, at their own address only: a person whose address was corrected in the CRM
since would be mailed at the new one.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.usecases.sending.reschedule_requests import request_reschedule
from tests.support.crm_changes import change, come_due, come_near, scheduled, tick_and_work
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = on_both

OLD, NEW, BOB = "anna@oud.example", "anna@nieuw.example", "bob@kantoor.example"

Leave = Callable[[Recruiter], object]


def by_the_link(recruiter: Recruiter) -> None:
    """Of a campaign whose report is not read until tomorrow."""
    recruiter.standin.actions.unsubscribe(recruiter.mailing.remote_id or "", OLD)


def by_a_form(recruiter: Recruiter) -> None:
    recruiter.standin.actions.set_status(recruiter.audience.id, OLD, "unsubscribed")


def as_spam(recruiter: Recruiter) -> None:
    recruiter.standin.actions.complain(recruiter.mailing.remote_id or "", OLD)


SLOW = pytest.mark.slow
WAYS = pytest.mark.parametrize(
    "leave",
    [
        by_the_link,
        pytest.param(by_a_form, marks=SLOW),
        pytest.param(as_spam, marks=SLOW),
    ],
)


@WAYS
def test_a_person_with_a_corrected_address_is_not_mailed_after_leaving(
    recruiter: Recruiter, leave: Leave
) -> None:
    (anna,) = recruiter.add(OLD)
    recruiter.send()
    recruiter.run_workers()
    pause_reading(recruiter)
    leave(recruiter)
    person = recruiter.host.persons[anna]
    recruiter.host.persons[anna] = replace(person, address=NEW)
    recruiter.campaign = recruiter.host.add_campaign("Second")
    recruiter.host.add_to_campaign(recruiter.campaign, anna)
    recruiter.add(BOB)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [OLD, BOB]
    assert recruiter.host.opt_outs == {anna}
    assert recruiter.exclusion_reasons()[NEW] == "opted_out"
    members = {member.email_address for member in recruiter.audience.members.values()}
    assert NEW not in members, "nobody who left is subscribed again at another address"


@SLOW
@WAYS
def test_a_scheduled_campaign_leaves_them_out_too(recruiter: Recruiter, leave: Leave) -> None:
    (anna,) = recruiter.add(OLD)
    recruiter.send()
    recruiter.run_workers()
    first = recruiter.campaign
    person = recruiter.host.persons[anna]
    recruiter.host.persons[anna] = replace(person, address=NEW)
    recruiter.campaign = recruiter.host.add_campaign("Second")
    recruiter.host.add_to_campaign(recruiter.campaign, anna)
    scheduled(recruiter, BOB)
    pause_reading(recruiter)
    second, recruiter.campaign = recruiter.campaign, first
    leave(recruiter)
    recruiter.campaign = second
    come_near(recruiter)
    tick_and_work(recruiter)
    assert recruiter.mailing.state == MailingState.SCHEDULED
    assert [mail for mail in come_due(recruiter) if mail != OLD] == [BOB]
    assert recruiter.host.opt_outs == {anna}


@SLOW
@WAYS
def test_a_new_time_leaves_them_out_too(recruiter: Recruiter, leave: Leave) -> None:
    first, (anna,) = recruiter.campaign, recruiter.add(OLD)
    recruiter.send()
    recruiter.run_workers()
    second = recruiter.host.add_campaign("Second")
    recruiter.host.add_to_campaign(second, anna)
    recruiter.campaign = second
    scheduled(recruiter, BOB)
    pause_reading(recruiter)
    recruiter.campaign = first
    leave(recruiter)
    change(recruiter, anna, address=NEW)
    recruiter.campaign = second
    new_time = (recruiter.mailing.schedule_at or 0) + 900
    request_reschedule(recruiter.services, recruiter.press(), new_time)
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.SCHEDULED
    assert come_due(recruiter) == [OLD, BOB]


@SLOW
def test_a_list_that_mailchimp_cannot_show_stops_no_send(recruiter: Recruiter) -> None:
    recruiter.add(BOB)
    recruiter.standin.state.faults.add("GET /lists/*/members", "500_before", times=100)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [BOB]


def pause_reading(recruiter: Recruiter) -> None:
    session = recruiter.session
    session.execute(update(Mailing).values(next_sync_at=None))
    session.commit()


@pytest.mark.parametrize("ahead", [1500, pytest.param(86_400, marks=SLOW)])
def test_an_import_by_a_worker_whose_clock_is_ahead_hides_nobody(
    recruiter: Recruiter, ahead: int
) -> None:
    (anna,) = recruiter.add(OLD)
    recruiter.send()
    recruiter.run_workers()
    session = recruiter.session
    session.execute(update(Account).values(unsubscribes_cursor=recruiter.services.clock() + ahead))
    session.commit()
    pause_reading(recruiter)
    by_a_form(recruiter)
    recruiter.standin.state.advance(3000)
    person = recruiter.host.persons[anna]
    recruiter.host.persons[anna] = replace(person, address=NEW)
    recruiter.campaign = recruiter.host.add_campaign("Next")
    recruiter.host.add_to_campaign(recruiter.campaign, anna)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [OLD]
    assert recruiter.host.opt_outs == {anna}
