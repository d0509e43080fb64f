"""“Change time”: the campaign is sent once, at the new time; if that fails, at the old one."""

import pytest

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY
from cxmc_ext.usecases.sending.reschedule_requests import request_reschedule
from tests.support.recruiter import Recruiter, new_campaign_case

SCHEDULE = "POST /campaigns/*/actions/schedule"
UNSCHEDULE = "POST /campaigns/*/actions/unschedule"
HOUR = 3600


def slot(recruiter: Recruiter, quarters: int) -> int:
    return (recruiter.services.clock() // 900 + quarters) * 900


def schedule(recruiter: Recruiter) -> int:
    """For an hour from now."""
    new_campaign_case(recruiter)
    at = slot(recruiter, 4)
    recruiter.send(schedule_at=at)
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.SCHEDULED, recruiter.mailing.problems
    return at


def change(recruiter: Recruiter, at: int) -> int:
    pressed = request_reschedule(recruiter.services, recruiter.press(), at)
    recruiter.run_workers()
    return pressed


def mails_after(recruiter: Recruiter, seconds: int) -> int:
    """How many people have been mailed when that much time has passed at MailChimp."""
    recruiter.standin.state.advance(seconds)
    recruiter.services.client_factory(DEMO_KEY, 9).templates()
    return len(recruiter.mailed_addresses)


def campaigns_at_mailchimp(recruiter: Recruiter) -> int:
    return len(recruiter.standin.state.accounts[DEMO_ACCOUNT].campaigns)


def test_it_is_sent_once_and_at_the_new_time(recruiter: Recruiter) -> None:
    old = schedule(recruiter)
    remote_id = recruiter.mailing.remote_id
    pressed = change(recruiter, old + 2 * HOUR)
    mailing = recruiter.mailing
    assert recruiter.operation(pressed).state == "done"
    assert (mailing.state, mailing.schedule_at) == (MailingState.SCHEDULED, old + 2 * HOUR)
    assert mailing.remote_id == remote_id
    assert campaigns_at_mailchimp(recruiter) == 1
    assert mails_after(recruiter, 2 * HOUR) == 0
    assert mails_after(recruiter, 2 * HOUR) == 2
    assert mails_after(recruiter, 24 * HOUR) == 2


def test_it_may_also_be_earlier(recruiter: Recruiter) -> None:
    old = schedule(recruiter)
    change(recruiter, old - HOUR // 2)
    assert recruiter.mailing.schedule_at == old - HOUR // 2
    assert mails_after(recruiter, HOUR) == 2


@pytest.mark.parametrize("match", [SCHEDULE, UNSCHEDULE])
def test_refused_by_mailchimp_it_keeps_the_old_time_and_says_so(
    recruiter: Recruiter, match: str
) -> None:
    old = schedule(recruiter)
    recruiter.standin.state.faults.add(match, "400")
    pressed = change(recruiter, old + 2 * HOUR)
    ended = recruiter.operation(pressed)
    assert (ended.state, len(ended.problems)) == ("failed", 1)
    assert recruiter.mailing.state == MailingState.SCHEDULED
    assert recruiter.mailing.schedule_at == old
    assert mails_after(recruiter, 2 * HOUR) == 2
    assert mails_after(recruiter, 24 * HOUR) == 2


def test_whoever_opted_out_meanwhile_is_left_out(recruiter: Recruiter) -> None:
    old = schedule(recruiter)
    recruiter.opt_out(next(iter(recruiter.host.members[recruiter.campaign])))
    change(recruiter, old + 2 * HOUR)
    assert recruiter.mailing.schedule_at == old + 2 * HOUR
    assert mails_after(recruiter, 4 * HOUR) == 1


def test_a_wrong_time_is_refused_and_changes_nothing(recruiter: Recruiter) -> None:
    old = schedule(recruiter)
    now = recruiter.services.clock()
    for wrong, code in (
        (old, "time_unchanged"),
        (now - HOUR, "time_too_soon"),
        (old + 60, "time_off_quarter"),
    ):
        with pytest.raises(Invalid) as told:
            request_reschedule(recruiter.services, recruiter.press(), wrong)
        assert told.value.fields["schedule_at"].code == code
    assert recruiter.mailing.schedule_at == old


def test_only_a_scheduled_campaign_has_a_time_to_change(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    with pytest.raises(Conflict) as told:
        request_reschedule(recruiter.services, recruiter.press(), slot(recruiter, 8))
    assert told.value.problem.code == "not_scheduled"
    recruiter.send()
    recruiter.run_workers()
    with pytest.raises(Conflict) as told:
        request_reschedule(recruiter.services, recruiter.press(), slot(recruiter, 8))
    assert told.value.problem.code == "already_sent"


def test_a_campaign_that_is_being_sent_by_then_stays_sent(recruiter: Recruiter) -> None:
    old = schedule(recruiter)
    pressed = request_reschedule(recruiter.services, recruiter.press(), old + 24 * HOUR)
    assert mails_after(recruiter, 2 * HOUR) == 2
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "failed"
    assert mails_after(recruiter, 48 * HOUR) == 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429", "malformed"])
@pytest.mark.parametrize("match", [SCHEDULE, UNSCHEDULE, "GET /campaigns/*", "GET /"])
def test_a_lost_answer_never_sends_twice(recruiter: Recruiter, match: str, kind: str) -> None:
    old = schedule(recruiter)
    recruiter.standin.state.faults.add(match, kind)
    change(recruiter, old + 2 * HOUR)
    mailing = recruiter.mailing
    assert (mailing.state, mailing.schedule_at) == (MailingState.SCHEDULED, old + 2 * HOUR)
    assert mails_after(recruiter, 2 * HOUR) == 0
    assert mails_after(recruiter, 24 * HOUR) == 2
