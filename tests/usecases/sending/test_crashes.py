"""The worker dies at every commit and at every call of a send; the next one finishes it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.sending.reschedule_requests import request_reschedule
from tests.support.recruiter import ExpectedOutcome, Recruiter, new_campaign_case

pytestmark = pytest.mark.slow


class Killed(BaseException):
    """kill -9: no handler of the product sees it."""


class Guillotine:
    """Falls at the nth passing of a point, once."""

    def __init__(self) -> None:
        self.left = 0
        self.fell = False

    def set(self, nth: int) -> None:
        self.left, self.fell = nth, False

    def pass_by(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.fell = True
            raise Killed


def before(method: Callable[..., Any], blade: Guillotine) -> Callable[..., Any]:
    def wrapped(run: OperationContext, *args: Any, **kwargs: Any) -> Any:
        blade.pass_by()
        return method(run, *args, **kwargs)

    return wrapped


POINTS = {
    "before a commit": "commit",
    "after a call, before its outcome is written": "record_calls",
}


@pytest.fixture(params=POINTS)
def blade(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Guillotine:
    name = POINTS[request.param]
    made = Guillotine()
    monkeypatch.setattr(OperationContext, name, before(getattr(OperationContext, name), made))
    return made


def lives(
    recruiter: Recruiter, blade: Guillotine, press: Callable[[], object]
) -> Iterator[ExpectedOutcome]:
    """One round per point at which the worker can die, until it no longer comes that far."""
    for nth in range(1, 400):
        this = new_campaign_case(recruiter)
        press()
        blade.set(nth)
        try:
            recruiter.run_workers()
        except Killed:
            recruiter.session.rollback()
        fell = blade.fell
        blade.set(0)
        if not fell:
            return
        recruiter.skip_pauses()
        recruiter.queue.nudges.clear()
        recruiter.run_workers()
        yield this
    raise AssertionError("a send has fewer points than that")


def test_a_send_survives_the_death_of_its_worker_anywhere(
    recruiter: Recruiter, blade: Guillotine
) -> None:
    rounds = 0
    for this in lives(recruiter, blade, recruiter.send):
        this.check()
        rounds += 1
    assert rounds > 10


@pytest.mark.parametrize("blade", list(POINTS)[1:], indirect=True)
def test_a_scheduled_send_survives_it_too(recruiter: Recruiter, blade: Guillotine) -> None:
    def press() -> None:
        now = recruiter.services.clock()
        recruiter.send(schedule_at=(now // 900 + 3) * 900)

    rounds = 0
    for _ in lives(recruiter, blade, press):
        assert recruiter.mailing.state == "scheduled", (
            recruiter.mailing.state,
            recruiter.mailing.problems,
        )
        rounds += 1
    assert rounds > 10
    assert recruiter.mailed_addresses == []


@pytest.mark.parametrize("blade", list(POINTS)[1:], indirect=True)
def test_a_change_of_the_time_survives_it_too(recruiter: Recruiter, blade: Guillotine) -> None:
    def press() -> None:
        at = (recruiter.services.clock() // 900 + 3) * 900
        recruiter.send(schedule_at=at)
        recruiter.run_workers()
        request_reschedule(recruiter.services, recruiter.press(), at + 3600)

    rounds = 0
    for _ in lives(recruiter, blade, press):
        mailing = recruiter.mailing
        now = recruiter.services.clock()
        assert mailing.state == "scheduled", (mailing.state, mailing.problems)
        assert (mailing.schedule_at or 0) > now + 3600
        rounds += 1
    assert rounds > 5
    assert recruiter.mailed_addresses == []


def test_deleting_survives_it_too(recruiter: Recruiter, blade: Guillotine) -> None:
    def press() -> None:
        recruiter.send(from_email="info@nieuwedomein.example")
        recruiter.run_workers()
        recruiter.delete()

    for _ in lives(recruiter, blade, press):
        mailing = recruiter.mailing
        assert (mailing.state, mailing.remote_id, mailing.generation) == ("none", None, 1)
    assert recruiter.mailed_addresses == []
