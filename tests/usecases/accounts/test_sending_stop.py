"""“Stop all sending”: from the press on no send starts, and nothing is sent by itself afterwards."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.usecases.accounts import sending_stop
from cxmc_ext.usecases.sending import test_mail_requests
from cxmc_ext.usecases.sending.reschedule_requests import request_reschedule
from cxmc_ext.usecases.shared import audit, heartbeats
from cxmc_ext.usecases.shared.audit import AuditFilter
from cxmc_ext.usecases.worker import runner
from tests.support.crm_changes import come_due, come_near, scheduled, tick_and_work
from tests.support.databases import on_both
from tests.support.factories import send_order
from tests.support.recruiter import Callback, Recruiter

pytestmark = on_both

ANNA, BRAM = "anna@kandidaten.example", "bram@kandidaten.example"
BeforeStep = Callable[[str, Callback], None]


@pytest.fixture
def stop(recruiter: Recruiter, admin_user: User) -> Callable[[], int]:
    return lambda: sending_stop.request_stop(
        recruiter.services, Press(admin_user, recruiter.next_nonce())
    )


@pytest.fixture
def allow(recruiter: Recruiter, admin_user: User) -> Callback:
    return lambda: sending_stop.allow(recruiter.services, admin_user)


def test_a_press_is_refused_until_sending_is_allowed_again(
    recruiter: Recruiter, stop: Callback, allow: Callback
) -> None:
    recruiter.add(ANNA)
    stop()
    recruiter.run_workers()
    order = send_order()
    for press in (
        recruiter.send,
        lambda: recruiter.send(schedule_at=(recruiter.services.clock() // 900 + 5) * 900),
        lambda: test_mail_requests.request_test_mail(
            recruiter.services, recruiter.press(), order, ANNA
        ),
    ):
        with pytest.raises(Conflict) as conflict:
            press()
        assert conflict.value.problem.code == "sending_stopped"
    allow()
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [ANNA]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["freeze", "segment", "verify", "intent"])
def test_what_has_no_send_intent_yet_ends_and_can_be_sent_later(
    recruiter: Recruiter, before_step: BeforeStep, stop: Callback, allow: Callback, step: str
) -> None:
    recruiter.add(ANNA)
    pressed = recruiter.send()
    before_step(step, stop)
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "cancelled"
    assert recruiter.mailing.state == MailingState.NOT_READY
    assert recruiter.problem_codes() == ["sending_was_stopped"]
    for again in (recruiter.check, recruiter.retry):
        with pytest.raises(Conflict):
            again()
    allow()
    recruiter.run_workers()
    assert come_due(recruiter) == [], "nothing is sent by itself"
    recruiter.check()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [ANNA]


@pytest.mark.parametrize("step", ["", "intent"])
def test_whoever_was_not_cancelled_by_the_press_reads_the_stop(
    recruiter: Recruiter, before_step: BeforeStep, step: str
) -> None:
    """A press that was stored at the same moment, and the transaction of the send intent."""

    def mark_account() -> None:
        session = recruiter.services.session()
        accounts.stop_sending(session, recruiter.account.id, recruiter.services.clock(), "Ada")
        session.commit()

    recruiter.add(ANNA)
    recruiter.send()
    if step:
        before_step(step, mark_account)
    else:
        mark_account()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["sending_was_stopped"]
    assert recruiter.mailing.send_intent_at is None
    assert ("create_campaign" in recruiter.remote_calls()) == bool(step)
    assert recruiter.mailed_addresses == []


@pytest.mark.parametrize("schedules", [False, True])
def test_a_send_intent_that_was_not_submitted_is_taken_back(
    recruiter: Recruiter, before_step: BeforeStep, stop: Callback, schedules: bool
) -> None:
    recruiter.add(ANNA)
    at = (recruiter.services.clock() // 900 + 5) * 900
    recruiter.send(schedule_at=at if schedules else None)
    before_step("submit", stop)
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["sending_was_stopped"]
    assert recruiter.mailing.send_intent_at is None
    assert come_due(recruiter) == []


@pytest.mark.slow
def test_a_request_without_an_answer_is_not_repeated(
    recruiter: Recruiter, stop: Callback, allow: Callback
) -> None:
    _send_without_answer(recruiter)
    assert recruiter.mailing.state == MailingState.SEND_INTENT
    stop()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["sending_was_stopped"]
    allow()
    recruiter.run_workers()
    assert come_due(recruiter) == []


def test_an_intent_that_no_worker_looked_at_meanwhile_needs_a_person(
    recruiter: Recruiter, stop: Callback, allow: Callback
) -> None:
    _send_without_answer(recruiter)
    stop()
    allow()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["stopped_after_intent"]
    assert recruiter.mailed_addresses == []
    recruiter.retry()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [ANNA]


def test_what_mailchimp_accepted_already_is_shown_as_sent(
    recruiter: Recruiter, before_step: BeforeStep, stop: Callback
) -> None:
    recruiter.add(ANNA)
    recruiter.send()
    before_step("confirm", stop)
    recruiter.run_workers()
    assert recruiter.mailing.state in (MailingState.SENDING, MailingState.SENT)


def test_scheduled_campaigns_are_unscheduled(recruiter: Recruiter, stop: Callback) -> None:
    scheduled(recruiter, ANNA)
    operation_id = stop()
    assert stop() == operation_id, "pressing twice is one stop"
    recruiter.run_workers()
    assert recruiter.operation(operation_id).state == "done"
    assert recruiter.mailing.state == MailingState.NONE
    assert recruiter.mailing.subject, "the form keeps what was filled in"
    assert come_due(recruiter) == []


def test_the_time_of_a_scheduled_campaign_cannot_be_changed(
    recruiter: Recruiter, stop: Callback
) -> None:
    scheduled(recruiter, ANNA)
    later = recruiter.mailing.schedule_at + 3600
    stop()
    with pytest.raises(Conflict) as conflict:
        request_reschedule(recruiter.services, recruiter.press(), later)
    assert conflict.value.problem.code == "sending_stopped"
    recruiter.run_workers()
    assert come_due(recruiter) == []


def test_one_that_is_being_scheduled_is_unscheduled_too(
    recruiter: Recruiter, before_step: BeforeStep, stop: Callback
) -> None:
    """The operation that waits for MailChimp's confirmation goes on; the stop waits for it."""
    recruiter.add(ANNA)
    recruiter.send(schedule_at=(recruiter.services.clock() // 900 + 5) * 900)
    before_step("confirm", stop)
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE
    assert come_due(recruiter) == []


def test_what_could_not_be_unscheduled_is_tried_again_and_by_the_last_check(
    recruiter: Recruiter, stop: Callback
) -> None:
    scheduled(recruiter, ANNA)
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/unschedule", "403", times=99)
    operation_id = stop()
    recruiter.run_workers()
    assert recruiter.operation(operation_id).state == "failed"
    assert recruiter.mailing.state == MailingState.SCHEDULED
    recruiter.standin.state.faults.clear()
    come_near(recruiter)
    tick_and_work(recruiter)
    assert recruiter.mailing.state == MailingState.NOT_READY
    assert recruiter.problem_codes() == ["sending_was_stopped"]
    again = stop()
    recruiter.run_workers()
    assert recruiter.operation(again).state == "done"
    assert come_due(recruiter) == []


def test_removals_stay_possible(recruiter: Recruiter, stop: Callback) -> None:
    recruiter.add(ANNA)
    recruiter.send(from_email="info@nieuwedomein.example")
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NOT_READY
    stop()
    recruiter.delete()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE


def test_both_presses_are_audited(
    recruiter: Recruiter, admin_user: User, stop: Callback, allow: Callback
) -> None:
    stop()
    account = recruiter.account
    assert account.sending_stopped_by == admin_user.name
    recruiter.run_workers()
    allow()
    allow()
    entries = audit.page_of_entries(recruiter.services, AuditFilter())
    assert [entry.action for entry in entries][:2] == ["allow_sending", "stop_sending"]


def _send_without_answer(recruiter: Recruiter) -> None:
    """MailChimp was asked to send, and nobody knows whether it heard."""
    recruiter.add(ANNA)
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/send", "reset_before")
    recruiter.send()
    recruiter.queue.run_all()


def test_an_only_worker_is_free_to_unschedule(
    recruiter: Recruiter, stop: Callable[[], int]
) -> None:
    """The stop waits for the operation that unschedules, which nobody else could carry out."""
    scheduled(recruiter, ANNA)
    heartbeats.write_heartbeat(recruiter.services, "worker:here:1", "worker")
    slept = list[float]()
    runner.run(replace(recruiter.services, sleep=slept.append), stop())
    assert slept == []
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE
