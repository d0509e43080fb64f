"""What nobody presses for: opt-outs of a scheduled campaign, and what lost answers left behind."""

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
from tests.support.waiting import wait_until


def scheduled(recruiter: Recruiter, *addresses: str) -> None:
    recruiter.add(*addresses)
    recruiter.send(schedule_at=(recruiter.services.clock() // 900 + 5) * 900)
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.SCHEDULED


def come_near(recruiter: Recruiter) -> None:
    """Until less than a quarter of an hour before the planned time."""
    at = recruiter.mailing.schedule_at or 0
    recruiter.standin.state.advance(at - recruiter.services.clock() - 890)


def come_due(recruiter: Recruiter) -> list[str]:
    recruiter.standin.state.advance(3600)
    recruiter.services.client_factory(DEMO_KEY, 9).templates()
    return recruiter.mailed_addresses


def tick_and_work(recruiter: Recruiter) -> None:
    recruiter.session.rollback()
    tick.tick(recruiter.services)
    recruiter.queue.nudges = type(recruiter.queue.nudges)(
        n for n in recruiter.queue.nudges if n[0] == "operation"
    )
    recruiter.run_workers()


def test_who_opts_out_of_a_scheduled_campaign_is_taken_out_before_its_time(
    recruiter: Recruiter,
) -> None:
    (late,) = recruiter.add("late@kandidaten.example")
    scheduled(recruiter, "anna@kandidaten.example", "bram@kandidaten.example")
    first, at = recruiter.mailing.remote_id, recruiter.mailing.schedule_at
    recruiter.opt_out(late)
    come_near(recruiter)
    tick_and_work(recruiter)
    mailing = recruiter.mailing
    assert (mailing.state, mailing.schedule_at) == (MailingState.SCHEDULED, at)
    assert mailing.remote_id != first
    assert come_due(recruiter) == ["anna@kandidaten.example", "bram@kandidaten.example"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("GET /", "403"),
        ("GET /campaigns/*", "400"),
        ("GET /campaigns/*", "404"),
        ("POST /campaigns/*/actions/unschedule", "400"),
        ("POST /campaigns/*/actions/unschedule", "404"),
    ],
)
def test_a_refusal_does_not_end_the_late_opt_out_check(
    recruiter: Recruiter, call: str, kind: str
) -> None:
    (late,) = recruiter.add("late@kandidaten.example")
    scheduled(recruiter, "anna@kandidaten.example")
    recruiter.opt_out(late)
    come_near(recruiter)
    recruiter.standin.state.faults.add(call, kind)
    tick_and_work(recruiter)
    assert recruiter.standin.state.faults.log, "the fault applied"
    assert recruiter.mailing.state == MailingState.SCHEDULED
    assert come_due(recruiter) == ["anna@kandidaten.example"]


def test_without_an_opt_out_a_scheduled_campaign_is_left_alone(recruiter: Recruiter) -> None:
    scheduled(recruiter, "anna@kandidaten.example")
    first = recruiter.mailing.remote_id
    come_near(recruiter)
    tick_and_work(recruiter)
    before = len(recruiter.remote_calls())
    tick_and_work(recruiter)
    assert recruiter.mailing.remote_id == first
    assert "unschedule" not in recruiter.remote_calls()
    assert len(recruiter.remote_calls()) == before, "one look is enough"


@pytest.mark.slow
@pytest.mark.usefixtures("frozen_clock")
def test_the_last_look_is_six_minutes_before_the_time(recruiter: Recruiter) -> None:
    """Four looks: 20, 16, 11 and 6 minutes before. Who opts out after the last of them is mailed."""
    (late, too_late) = recruiter.add("late@kandidaten.example", "toolate@kandidaten.example")
    scheduled(recruiter, "anna@kandidaten.example")
    at, looks = recruiter.mailing.schedule_at or 0, []
    for left in range(25 * 60, 0, -30):
        recruiter.standin.state.advance(at - recruiter.services.clock() - left)
        if left == 7 * 60:
            recruiter.opt_out(late)
        if left == 5 * 60:
            recruiter.opt_out(too_late)
        before = _guards(recruiter)
        tick_and_work(recruiter)
        looks += [left] * (_guards(recruiter) - before)
    assert looks == [20 * 60, 15 * 60 + 30, 10 * 60 + 30, 5 * 60 + 30]
    assert come_due(recruiter) == ["anna@kandidaten.example", "toolate@kandidaten.example"]


def _guards(recruiter: Recruiter) -> int:
    found = recruiter.session.execute(
        text("SELECT count(*) FROM cxmc_operation WHERE kind = 'late_opt_out_check'")
    ).scalar_one()
    recruiter.session.rollback()
    return int(found)


def test_no_form_can_use_the_nonce_of_a_late_opt_out_check(recruiter: Recruiter) -> None:
    """A form's press has a name that it chose; the tick's names cannot be such."""
    (late,) = recruiter.add("late@kandidaten.example")
    scheduled(recruiter, "anna@kandidaten.example")
    come_near(recruiter)
    recruiter.session.rollback()
    tick.tick(recruiter.services)
    nonces = recruiter.session.execute(
        text("SELECT nonce FROM cxmc_operation WHERE kind = 'late_opt_out_check'")
    ).scalars()
    for name in list(nonces):
        assert read_nonce({"nonce": name}) != name
    recruiter.opt_out(late)
    recruiter.run_workers()
    assert come_due(recruiter) == ["anna@kandidaten.example"]


def test_a_campaign_that_goes_out_while_it_is_called_back_is_followed(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    (late,) = recruiter.add("late@kandidaten.example")
    scheduled(recruiter, "anna@kandidaten.example")
    recruiter.opt_out(late)
    come_near(recruiter)
    status_of, looks = maintenance.read_status, iter(range(9))

    def due_by_now(run: OperationContext, remote_id: str) -> str:
        found = status_of(run, remote_id)
        if next(looks) == 0:
            recruiter.standin.state.advance(895)
        return found

    monkeypatch.setattr(maintenance, "read_status", due_by_now)
    tick_and_work(recruiter)
    assert recruiter.mailing.state in (MailingState.SCHEDULED, MailingState.SENDING)
    assert "mailchimp_refused" not in recruiter.problem_codes()


def test_when_all_opted_out_nothing_stays_scheduled(recruiter: Recruiter) -> None:
    (late,) = recruiter.add("late@kandidaten.example")
    scheduled(recruiter)
    recruiter.opt_out(late)
    come_near(recruiter)
    tick_and_work(recruiter)
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.NOT_READY,
        ["nobody_to_mail"],
    )
    assert come_due(recruiter) == []


@pytest.mark.slow
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
    recruiter: Recruiter, match: str, kind: str
) -> None:
    (late,) = recruiter.add("late@kandidaten.example")
    scheduled(recruiter, "anna@kandidaten.example")
    recruiter.opt_out(late)
    come_near(recruiter)
    recruiter.standin.state.faults.add(match, kind)
    tick_and_work(recruiter)
    assert come_due(recruiter) == ["anna@kandidaten.example"]


@pytest.mark.slow
@pytest.mark.parametrize("match", ["POST /campaigns", "POST /lists/*/segments"])
def test_what_a_lost_answer_left_behind_is_swept_after_an_hour(
    recruiter: Recruiter, match: str
) -> None:
    """The answer dies, the request acts after we looked for it: the twin is removed, never sent."""
    recruiter.standin.state.faults.add(match, "delayed", seconds=1.0)
    this = new_campaign_case(recruiter)
    recruiter.send()
    recruiter.run_workers()
    this.check()
    account = recruiter.standin.state.accounts[DEMO_ACCOUNT]
    segments = account.lists[recruiter.account.list_id].segments
    wait_until(lambda: len(account.campaigns) + len(segments) == 3)
    recruiter.standin.state.advance(3700)
    tick_and_work(recruiter)
    assert segments == {}, "the twin is gone, and an hour after sending the campaign's own too"
    assert list(account.campaigns) == [recruiter.mailing.remote_id]
    unknown = recruiter.session.execute(
        text("SELECT count(*) FROM cxmc_remote_call WHERE outcome = 'unknown'")
    ).scalar_one()
    assert unknown == 0


def test_no_tag_of_ours_stays_on_contacts_after_an_hour(recruiter: Recruiter) -> None:
    this = new_campaign_case(recruiter)
    recruiter.send()
    recruiter.run_workers()
    recruiter.standin.state.advance(300)
    recruiter.session.rollback()
    tick.tick(recruiter.services)
    recruiter.queue.run_all()
    assert recruiter.mailing.state == MailingState.SENT
    audience = recruiter.standin.state.accounts[DEMO_ACCOUNT].lists[recruiter.account.list_id]
    members = dict(audience.members)
    recruiter.standin.state.advance(3000)
    tick_and_work(recruiter)
    assert len(audience.segments) == 1
    recruiter.standin.state.faults.add("DELETE /lists/*/segments/*", "reset_after")
    recruiter.standin.state.advance(2 * 3600)
    tick_and_work(recruiter)
    assert (audience.segments, recruiter.mailing.segment_id) == ({}, None)
    assert audience.members == members
    this.check()
    recruiter.standin.state.advance(2 * 3600)
    before = len(recruiter.remote_calls())
    tick_and_work(recruiter)
    assert "delete_segment" not in recruiter.remote_calls()[before:]


def test_the_tick_asks_for_no_sweep_while_there_is_nothing_to_sweep(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    recruiter.send()
    recruiter.run_workers()
    recruiter.standin.state.advance(3700)
    before = recruiter.remote_calls().count("recent_campaigns")  # the search for designs
    tick_and_work(recruiter)
    assert recruiter.remote_calls().count("recent_campaigns") == before


def test_what_was_taken_before_the_tick_noted_its_wake_up_is_woken_when_its_pause_is_over(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is free at once may have come and waited for MailChimp by then."""
    recruiter.add("anna@kandidaten.example")
    pressed, services = recruiter.send(), recruiter.services

    def taken(operation_id: int) -> bool:
        session = services.session()
        assert operations.claim(session, operation_id, "lease", 60)
        assert operations.release(session, operation_id, "lease", 5.0)
        session.commit()
        return True

    monkeypatch.setattr(recruiter.queue, "nudge_operation", taken)
    assert tick.tick(services) == 1
    recruiter.session.execute(update(Operation).values(not_before=0.0))
    assert operations.due_for_nudge(services.session(), 20, services.clock()) == [pressed]
