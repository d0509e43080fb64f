"""What nobody presses for: opt-outs of a scheduled campaign, and what lost answers left behind."""

import time
from collections.abc import Callable

import pytest
from desk import Desk, new_round
from sqlalchemy import text, update

from cxmc_ext.db.models import Operation
from cxmc_ext.db.queries import operations
from cxmc_ext.domain.values import MailingState
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY
from cxmc_ext.usecases import steps_upkeep, tick
from cxmc_ext.usecases.run import Run
from cxmc_ext.web.forms import nonce


def scheduled(desk: Desk, *addresses: str) -> None:
    desk.add(*addresses)
    desk.send(schedule_at=(desk.services.clock() // 900 + 5) * 900)
    desk.work()
    assert desk.mailing.state == MailingState.SCHEDULED


def come_near(desk: Desk) -> None:
    """Until less than a quarter of an hour before the planned time."""
    at = desk.mailing.schedule_at or 0
    desk.standin.state.advance(at - desk.services.clock() - 890)


def come_due(desk: Desk) -> list[str]:
    desk.standin.state.advance(3600)
    desk.services.mailchimp(DEMO_KEY, 9).templates()
    return desk.mailed


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def tick_and_work(desk: Desk) -> None:
    desk.session.rollback()
    tick.tick(desk.services)
    desk.queue.nudges = type(desk.queue.nudges)(n for n in desk.queue.nudges if n[0] == "operation")
    desk.work()


def test_who_opts_out_of_a_scheduled_campaign_is_taken_out_before_its_time(desk: Desk) -> None:
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


def test_without_an_opt_out_a_scheduled_campaign_is_left_alone(desk: Desk) -> None:
    scheduled(desk, "anna@kandidaten.example")
    first = desk.mailing.remote_id
    come_near(desk)
    tick_and_work(desk)
    before = len(desk.calls())
    tick_and_work(desk)
    assert desk.mailing.remote_id == first
    assert "unschedule" not in desk.calls()
    assert len(desk.calls()) == before, "one look is enough"


@pytest.mark.usefixtures("still")
def test_the_last_look_is_six_minutes_before_the_time(desk: Desk) -> None:
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


def _guards(desk: Desk) -> int:
    found = desk.session.execute(
        text("SELECT count(*) FROM cxmc_operation WHERE kind = 'guard'")
    ).scalar_one()
    desk.session.rollback()
    return int(found)


def test_nobody_can_use_up_the_name_of_a_look(desk: Desk) -> None:
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
        assert nonce({"nonce": name}) != name
    desk.opt_out(late)
    desk.work()
    assert come_due(desk) == ["anna@kandidaten.example"]


def test_a_campaign_that_goes_out_while_it_is_called_back_is_followed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (late,) = desk.add("late@kandidaten.example")
    scheduled(desk, "anna@kandidaten.example")
    desk.opt_out(late)
    come_near(desk)
    status_of, looks = steps_upkeep.status_of, iter(range(9))

    def due_by_now(run: Run, remote_id: str) -> str:
        found = status_of(run, remote_id)
        if next(looks) == 0:
            desk.standin.state.advance(895)
        return found

    monkeypatch.setattr(steps_upkeep, "status_of", due_by_now)
    tick_and_work(desk)
    assert desk.mailing.state in (MailingState.SCHEDULED, MailingState.SENDING)
    assert "mailchimp_refused" not in desk.codes()


def test_when_all_opted_out_nothing_stays_scheduled(desk: Desk) -> None:
    (late,) = desk.add("late@kandidaten.example")
    scheduled(desk)
    desk.opt_out(late)
    come_near(desk)
    tick_and_work(desk)
    assert (desk.mailing.state, desk.codes()) == (MailingState.NOT_READY, ["nobody_to_mail"])
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
def test_trouble_meanwhile_never_mails_who_opted_out(desk: Desk, match: str, kind: str) -> None:
    (late,) = desk.add("late@kandidaten.example")
    scheduled(desk, "anna@kandidaten.example")
    desk.opt_out(late)
    come_near(desk)
    desk.standin.state.faults.add(match, kind)
    tick_and_work(desk)
    assert come_due(desk) == ["anna@kandidaten.example"]


@pytest.mark.parametrize("match", ["POST /campaigns", "POST /lists/*/segments"])
def test_what_a_lost_answer_left_behind_is_swept_after_an_hour(desk: Desk, match: str) -> None:
    """The answer dies, the request acts after we looked for it: the twin is removed, never sent."""
    desk.standin.state.faults.add(match, "delayed", seconds=1.0)
    this = new_round(desk)
    desk.send()
    desk.work()
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


def test_the_tick_asks_for_no_sweep_while_there_is_nothing_to_sweep(desk: Desk) -> None:
    new_round(desk)
    desk.send()
    desk.work()
    desk.standin.state.advance(3700)
    tick_and_work(desk)
    assert "recent_campaigns" not in desk.calls()


def test_what_was_taken_before_the_tick_noted_its_wake_up_is_woken_when_its_pause_is_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
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
    desk.session.execute(update(Operation).values(next_at=0.0))
    assert operations.due(services.session(), 20, services.clock()) == [pressed]
