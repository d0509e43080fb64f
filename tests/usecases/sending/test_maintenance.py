"""What nobody presses for: opt-outs of a scheduled campaign, and what lost answers left behind."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import text, update

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import operations
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.sending import maintenance
from cxmc_ext.usecases.worker import tick
from cxmc_ext.web.forms import read_nonce
from tests.support.recruiter import Recruiter, new_campaign_case


def scheduled(desk: Recruiter, *addresses: str) -> None:
    desk.add(*addresses)
    desk.send(schedule_at=(desk.services.clock() // 900 + 5) * 900)
    desk.run_workers()
    assert desk.mailing.state == MailingState.SCHEDULED


def come_near(desk: Recruiter) -> None:
    """Until less than a quarter of an hour before the planned time."""
    at = desk.mailing.schedule_at or 0
    desk.standin.state.advance(at - desk.services.clock() - 890)


def come_due(desk: Recruiter) -> list[str]:
    desk.standin.state.advance(3600)
    desk.services.client_factory(DEMO_KEY, 9).templates()
    return desk.mailed_addresses


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def tick_and_work(desk: Recruiter) -> None:
    desk.session.rollback()
    tick.tick(desk.services)
    desk.queue.nudges = type(desk.queue.nudges)(n for n in desk.queue.nudges if n[0] == "operation")
    desk.run_workers()


def test_who_opts_out_of_a_scheduled_campaign_is_taken_out_before_its_time(desk: Recruiter) -> None:
    (late,) = desk.add("late@kandidaten.example")
    scheduled(desk, "anna@kandidaten.example", "bram@kandidaten.example")
    first, at = desk.mailing.remote_id, desk.mailing.schedule_at
    desk.opt_out(late)
    come_near(desk)
    tick_and_work(desk)
    mailing = desk.mailing
    assert (mailing.state, mailing.schedule_at) == (MailingState.SCHEDULED, at)
    assert mailing.remote_id != first
    assert come_due(desk) == ["anna@kandidaten.example", "bram@kandidaten.example"]


def test_without_an_opt_out_a_scheduled_campaign_is_left_alone(desk: Recruiter) -> None:
    scheduled(desk, "anna@kandidaten.example")
    first = desk.mailing.remote_id
    come_near(desk)
    tick_and_work(desk)
    before = len(desk.remote_calls())
    tick_and_work(desk)
    assert desk.mailing.remote_id == first
    assert "unschedule" not in desk.remote_calls()
    assert len(desk.remote_calls()) == before, "one look is enough"


@pytest.mark.usefixtures("still")
def test_the_last_look_is_six_minutes_before_the_time(desk: Recruiter) -> None:
    """Four looks: 20, 16, 11 and 6 minutes before. Who opts out after the last of them is mailed."""
    (late, too_late) = desk.add("late@kandidaten.example", "toolate@kandidaten.example")
    scheduled(desk, "anna@kandidaten.example")
    at, looks = desk.mailing.schedule_at or 0, []
    for left in range(25 * 60, 0, -30):
        desk.standin.state.advance(at - desk.services.clock() - left)
        if left == 7 * 60:
            desk.opt_out(late)
        if left == 5 * 60:
            desk.opt_out(too_late)
        before = _guards(desk)
        tick_and_work(desk)
        looks += [left] * (_guards(desk) - before)
    assert looks == [20 * 60, 15 * 60 + 30, 10 * 60 + 30, 5 * 60 + 30]
    assert come_due(desk) == ["anna@kandidaten.example", "toolate@kandidaten.example"]


def _guards(desk: Recruiter) -> int:
    found = desk.session.execute(
        text("SELECT count(*) FROM cxmc_operation WHERE kind = 'guard'")
    ).scalar_one()
    desk.session.rollback()
    return int(found)


def test_nobody_can_use_up_the_name_of_a_look(desk: Recruiter) -> None:
    """A form's press has a name that it chose; the tick's names cannot be such."""
    (late,) = desk.add("late@kandidaten.example")
    scheduled(desk, "anna@kandidaten.example")
    come_near(desk)
    desk.session.rollback()
    tick.tick(desk.services)
    nonces = desk.session.execute(
        text("SELECT nonce FROM cxmc_operation WHERE kind = 'guard'")
    ).scalars()
    for name in list(nonces):
        assert read_nonce({"nonce": name}) != name
    desk.opt_out(late)
    desk.run_workers()
    assert come_due(desk) == ["anna@kandidaten.example"]


def test_a_campaign_that_goes_out_while_it_is_called_back_is_followed(
    desk: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    (late,) = desk.add("late@kandidaten.example")
    scheduled(desk, "anna@kandidaten.example")
    desk.opt_out(late)
    come_near(desk)
    status_of, looks = maintenance.read_status, iter(range(9))

    def due_by_now(run: OperationContext, remote_id: str) -> str:
        found = status_of(run, remote_id)
        if next(looks) == 0:
            desk.standin.state.advance(895)
        return found

    monkeypatch.setattr(maintenance, "status_of", due_by_now)
    tick_and_work(desk)
    assert desk.mailing.state in (MailingState.SCHEDULED, MailingState.SENDING)
    assert "mailchimp_refused" not in desk.problem_codes()


def test_when_all_opted_out_nothing_stays_scheduled(desk: Recruiter) -> None:
    (late,) = desk.add("late@kandidaten.example")
    scheduled(desk)
    desk.opt_out(late)
    come_near(desk)
    tick_and_work(desk)
    assert (desk.mailing.state, desk.problem_codes()) == (
        MailingState.NOT_READY,
        ["nobody_to_mail"],
    )
    assert come_due(desk) == []


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429"])
@pytest.mark.parametrize(
    "match",
    [
        "POST /campaigns/*/actions/unschedule",
        "DELETE /campaigns/*",
        "POST /campaigns/*/actions/schedule",
    ],
)
def test_trouble_meanwhile_never_mails_who_opted_out(
    desk: Recruiter, match: str, kind: str
) -> None:
    (late,) = desk.add("late@kandidaten.example")
    scheduled(desk, "anna@kandidaten.example")
    desk.opt_out(late)
    come_near(desk)
    desk.standin.state.faults.add(match, kind)
    tick_and_work(desk)
    assert come_due(desk) == ["anna@kandidaten.example"]


@pytest.mark.parametrize("match", ["POST /campaigns", "POST /lists/*/segments"])
def test_what_a_lost_answer_left_behind_is_swept_after_an_hour(desk: Recruiter, match: str) -> None:
    """The answer dies, the request acts after we looked for it: the twin is removed, never sent."""
    desk.standin.state.faults.add(match, "delayed", seconds=1.0)
    this = new_campaign_case(desk)
    desk.send()
    desk.run_workers()
    this.check()
    account = desk.standin.state.accounts[DEMO_ACCOUNT]
    segments = account.lists[desk.account().list_id].segments
    until(lambda: len(account.campaigns) + len(segments) == 3)
    desk.standin.state.advance(3700)
    tick_and_work(desk)
    assert (len(account.campaigns), len(segments)) == (1, 1)
    assert list(account.campaigns) == [desk.mailing.remote_id]
    unknown = desk.session.execute(
        text("SELECT count(*) FROM cxmc_call WHERE outcome = 'unknown'")
    ).scalar_one()
    assert unknown == 0


def test_the_tick_asks_for_no_sweep_while_there_is_nothing_to_sweep(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.send()
    desk.run_workers()
    desk.standin.state.advance(3700)
    tick_and_work(desk)
    assert "recent_campaigns" not in desk.remote_calls()


def test_what_was_taken_before_the_tick_noted_its_wake_up_is_woken_when_its_pause_is_over(
    desk: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is free at once may have come and waited for MailChimp by then."""
    desk.add("anna@kandidaten.example")
    pressed, services = desk.send(), desk.services

    def taken(operation_id: int) -> bool:
        session = services.session()
        assert operations.claim(session, operation_id, "lease", 60)
        assert operations.release(session, operation_id, "lease", 5.0)
        session.commit()
        return True

    monkeypatch.setattr(desk.queue, "nudge_operation", taken)
    assert tick.tick(services) == 1
    desk.session.execute(update(Operation).values(not_before=0.0))
    assert operations.due_for_nudge(services.session(), 20, services.clock()) == [pressed]
