"""The frequency cap: who was mailed often enough lately is left out, unless somebody sends anyway."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import ExclusionReason, MailingState
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.testing import Clock
from cxmc_ext.usecases.screens.eligibility import count_recipients
from cxmc_ext.usecases.sending.reschedule_requests import request_reschedule
from cxmc_ext.usecases.sync import turn as sync_turn
from tests.support.crm_changes import change, come_due, remove, tick_and_work
from tests.support.databases import on_both
from tests.support.environment import problem_codes
from tests.support.recruiter import Callback, Recruiter

pytestmark = [on_both, pytest.mark.slow]

ADA, BOB = "ada@kandidaten.example", "bob@kandidaten.example"
DAY = 86_400


@pytest.fixture
def capped(recruiter: Recruiter) -> Recruiter:
    """At most one mailing in seven days; Ada is the only one in the campaign."""
    object.__setattr__(recruiter.services.settings, "frequency_cap", 1)
    recruiter.add(ADA)
    return recruiter


def send_again(recruiter: Recruiter, *people: PersonRef, **changes: object) -> None:
    """A new campaign with Ada, in another spelling, and others."""
    recruiter.campaign = recruiter.host.add_campaign("Another")
    recruiter.add("Ada@Kandidaten.example")
    recruiter.host.add_to_campaign(recruiter.campaign, *people)
    recruiter.send(**changes)
    recruiter.run_workers()


def send(recruiter: Recruiter, **changes: object) -> None:
    recruiter.send(**changes)
    recruiter.run_workers()


def test_who_was_mailed_often_enough_is_left_out_everywhere(capped: Recruiter) -> None:
    send(capped)
    capped.campaign = capped.host.add_campaign("Another")
    capped.add(BOB, ADA, " ada@kandidaten.example")
    counts = count_recipients(capped.services, capped.campaign)
    assert (counts.mailable, counts.left_out_by_reason) == (1, {ExclusionReason.FREQUENCY: 2})
    assert counts.with_send_anyway().mailable == 2
    assert counts.with_send_anyway().left_out_by_reason == {ExclusionReason.DUPLICATE: 1}
    send(capped)
    assert capped.mailed_addresses == [ADA, BOB]
    assert capped.mailing.counts["reason"] == {"frequency": 2}
    left_out = select(Recipient.detail).where(Recipient.reason == ExclusionReason.FREQUENCY)
    assert capped.fetch_all(left_out) == ["1/7", "1/7"]


def test_send_anyway_mails_them_and_is_audited(capped: Recruiter) -> None:
    send(capped)
    send_again(capped, ignores_frequency_cap=True)
    assert capped.mailed_addresses == [ADA, ADA]
    actions = capped.fetch_all(select(Audit.action).order_by(Audit.id))
    assert actions[-2:] == ["send_anyway", "send"]


def test_the_period_ends(capped: Recruiter, clock: Clock) -> None:
    send(capped)
    capped.standin.state.clock.advance(7 * DAY + 60)
    send_again(capped)
    assert capped.mailed_addresses == [ADA, ADA]


def test_a_scheduled_campaign_counts_at_its_time(capped: Recruiter) -> None:
    in_two_days = (capped.services.clock() // 900 + 4) * 900 + 2 * DAY
    send(capped, schedule_at=in_two_days)
    send_again(capped)
    assert capped.problem_codes() == ["nobody_to_mail"]
    send_again(capped, schedule_at=in_two_days + 7 * DAY)
    assert capped.mailing.state == MailingState.SCHEDULED


def test_a_scheduled_campaign_that_is_built_again_keeps_its_people(capped: Recruiter) -> None:
    scheduled, (bob,) = capped.campaign, capped.add(BOB)
    in_two_days = (capped.services.clock() // 900 + 4) * 900 + 2 * DAY
    send(capped, schedule_at=in_two_days)
    send_again(capped, ignores_frequency_cap=True)
    capped.campaign = scheduled
    remove(capped, bob)
    capped.standin.state.advance(in_two_days - 15 * 60 - capped.services.clock())
    tick_and_work(capped)
    assert capped.mailing.counts["reason"] == {"removed": 1}
    assert come_due(capped) == [ADA, ADA]


def test_a_corrected_address_that_is_over_the_cap_is_left_out(capped: Recruiter) -> None:
    scheduled, (bob, _) = capped.campaign, capped.add(BOB, "cas@kandidaten.example")
    in_two_days = (capped.services.clock() // 900 + 4) * 900 + 2 * DAY
    send(capped, schedule_at=in_two_days)
    capped.campaign = capped.host.add_campaign("Another")
    capped.add("bob.new@kandidaten.example")
    send(capped)
    capped.campaign = scheduled
    change(capped, bob, address="Bob.new@kandidaten.example")
    capped.standin.state.advance(in_two_days - 15 * 60 - capped.services.clock())
    tick_and_work(capped)
    assert capped.mailing.counts["reason"] == {"frequency": 1}
    left_out = select(Recipient.detail).where(Recipient.reason == ExclusionReason.FREQUENCY)
    assert capped.fetch_all(left_out) == ["1/7"]
    once = [ADA, "bob.new@kandidaten.example", "cas@kandidaten.example"]
    assert come_due(capped) == once


def test_a_new_time_at_which_somebody_is_over_the_cap_is_refused(capped: Recruiter) -> None:
    in_two_days = (capped.services.clock() // 900 + 4) * 900 + 2 * DAY
    send(capped, schedule_at=in_two_days)
    send_again(capped, schedule_at=in_two_days + 30 * DAY)
    for new_time, problems in (
        (in_two_days + 2 * DAY, ["time_over_cap"]),
        (in_two_days + 8 * DAY, []),
    ):
        pressed = request_reschedule(capped.services, capped.press(), new_time)
        capped.run_workers()
        assert problem_codes(capped.operation(pressed)) == problems
        assert capped.mailing.state == MailingState.SCHEDULED
    assert capped.mailing.schedule_at == in_two_days + 8 * DAY


def test_two_campaigns_at_once_mail_a_person_once(
    capped: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    first = capped.campaign
    second = capped.host.add_campaign("At the same time")
    (ada,) = capped.host.members[first]
    capped.host.add_to_campaign(second, ada, capped.host.add_person(BOB))

    def send_second() -> None:
        capped.campaign = second
        capped.run_once(capped.send())
        capped.campaign = first

    before_step("intent", send_second)
    capped.run_once(capped.send())
    capped.run_workers()
    assert capped.mailed_addresses == [ADA, BOB]
    assert capped.problem_codes() == ["nobody_to_mail"]


def test_a_campaign_that_was_not_sent_does_not_count(capped: Recruiter) -> None:
    send(capped, from_email="rosa@elders.example")
    assert capped.mailing.state == MailingState.NOT_READY
    send_again(capped)
    assert capped.mailing.counts["reason"] == {}


def test_of_a_campaign_that_was_cancelled_half_way_those_count_who_were_mailed(
    capped: Recruiter,
) -> None:
    capped.add(BOB)
    capped.standin.state.switches.change({"send_seconds": 3600, "delivered_at_once": 0.5})
    send(capped)
    first = capped.mailing
    assert capped.mailed_addresses == [ADA]
    capped.standin.actions.cancel(first.remote_id or "")
    sync_turn.run(capped.services, first.id, requested=True)
    assert capped.mailing.state == MailingState.CANCELLED
    capped.standin.state.switches.change({"send_seconds": 0, "delivered_at_once": 1.0})
    send_again(capped, capped.host.add_person(BOB))
    assert capped.mailed_addresses == [ADA, BOB]
    assert capped.mailing.counts["reason"] == {"frequency": 1}


def test_off_by_default_it_costs_no_statement(recruiter: Recruiter) -> None:
    recruiter.add(ADA)
    send(recruiter)
    send_again(recruiter)
    assert recruiter.mailed_addresses == [ADA, ADA]
