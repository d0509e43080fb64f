"""What happens at an operation's deadline, with a worker and without one."""

import pytest
from sqlalchemy import update

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.usecases.worker import runner
from tests.support.recruiter import Recruiter, new_campaign_case


def test_past_its_deadline_it_ends_and_says_that_nothing_was_sent(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    pressed = recruiter.send()
    _set_deadline(recruiter, pressed, recruiter.services.clock() - 1)
    before = len(recruiter.remote_calls())
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "attention"
    assert recruiter.problem_codes() == ["took_too_long"]
    assert len(recruiter.remote_calls()) == before
    recruiter.retry()
    recruiter.run_workers()
    assert len(recruiter.mailed_addresses) == 2


@pytest.mark.slow
def test_past_its_deadline_with_an_open_intent_it_says_that_nothing_is_certain(
    recruiter: Recruiter,
) -> None:
    this = new_campaign_case(recruiter)
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/send", "reset_after")
    pressed = recruiter.send()
    recruiter.queue.run_all()
    _set_deadline(recruiter, pressed, recruiter.services.clock() - 1)
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["outcome_unknown"]
    recruiter.retry()
    recruiter.run_workers()
    this.check()


def test_without_any_worker_a_poll_ends_it(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    pressed = recruiter.send()
    recruiter.queue.nudges.clear()
    _set_deadline(recruiter, pressed, recruiter.services.clock() - 3600)
    before = len(recruiter.remote_calls())
    assert not runner.wake_if_stale(recruiter.services, pressed)
    assert recruiter.operation(pressed).state == "attention"
    assert len(recruiter.remote_calls()) == before


def test_a_poll_leaves_a_worker_some_time_after_the_deadline(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    pressed = recruiter.send()
    services = recruiter.services
    for late_by, state in ((-2, "queued"), (2, "attention")):
        _set_deadline(recruiter, pressed, services.clock() - services.settings.late_after - late_by)
        runner.wake_if_stale(services, pressed)
        assert recruiter.operation(pressed).state == state


def test_mailchimp_away_for_good_ends_at_the_deadline(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    recruiter.standin.state.faults.add("**", "503_akamai", times=0)
    recruiter.standin.state.faults.add("* /**", "503_akamai", times=0)
    pressed = recruiter.send()
    recruiter.queue.run_all()
    waiting = recruiter.operation(pressed)
    assert (waiting.state, waiting.problems[0]["code"]) == ("waiting", "waiting_unclear")
    _set_deadline(recruiter, pressed, recruiter.services.clock() - 1)
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "attention"


def _set_deadline(recruiter: Recruiter, pressed: int, deadline: float) -> None:
    session = recruiter.session
    session.execute(update(Operation).where(Operation.id == pressed).values(deadline=deadline))
    session.commit()
