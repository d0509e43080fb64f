"""What others change in MailChimp, or we in our own keys, while a send lies still and is taken up again."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import update

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import operations as rows
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY
from cxmc_ext.standin.models import Campaign
from cxmc_ext.usecases.accounts import activation, connection_requests
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.worker import runner, tick
from tests.support.recruiter import Callback, Recruiter, new_campaign_case


class Killed(BaseException):
    """kill -9: no handler of the product sees it."""


def drafts(recruiter: Recruiter) -> list[Campaign]:
    account = recruiter.standin.state.accounts[DEMO_ACCOUNT]
    return [each for each in account.campaigns.values() if each.status == "save"]


def widen(recruiter: Recruiter) -> None:
    """Somebody points the draft at the whole audience, in MailChimp."""
    for draft in drafts(recruiter):
        draft.segment_opts, draft.target = {}, {}


def test_a_draft_widened_while_a_worker_lay_dead_before_the_intent_is_not_sent(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    new_campaign_case(recruiter)
    before = recruiter.mailed_addresses

    def die() -> None:
        raise Killed

    before_step("intent", die)
    recruiter.send()
    with pytest.raises(Killed):
        recruiter.queue.run_all()
    widen(recruiter)
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["recipients_changed"],
    )
    assert recruiter.mailed_addresses == before


def test_a_draft_widened_between_a_refused_send_and_try_again_is_not_sent(
    recruiter: Recruiter,
) -> None:
    this = new_campaign_case(recruiter)
    before = recruiter.mailed_addresses
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/send", "401")
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["key_refused"]
    admin = recruiter.host.users["admin"][0]
    connection_requests.request_connection(
        recruiter.services, Press(admin, recruiter.next_nonce()), DEMO_KEY, None
    )
    recruiter.run_workers()
    kept = [(draft, draft.segment_opts, draft.target) for draft in drafts(recruiter)]
    widen(recruiter)
    recruiter.retry()
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["recipients_changed"],
    )
    assert recruiter.mailed_addresses == before
    for draft, options, target in kept:
        draft.segment_opts, draft.target = options, target
    recruiter.retry()
    recruiter.run_workers()
    this.check()


@pytest.mark.slow
@pytest.mark.parametrize("first", ["404", "reset_before"])
def test_two_false_answers_do_not_make_a_campaign_gone(recruiter: Recruiter, first: str) -> None:
    """“Unschedule”, and MailChimp denies twice that the campaign exists: it must not go out all the same."""
    recruiter.add("anna@kandidaten.example")
    recruiter.send(schedule_at=(recruiter.services.clock() // 900 + 5) * 900)
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.SCHEDULED
    faults = recruiter.standin.state.faults
    if first == "404":
        faults.add("GET /campaigns/*", "404", times=2)
    else:
        faults.add("DELETE /campaigns/*", first)
        faults.add("GET /campaigns/*", "404", nth=3, times=1)
    recruiter.unschedule()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE
    assert recruiter.standin.state.accounts[DEMO_ACCOUNT].campaigns == {}
    recruiter.standin.state.advance(3 * 3600)
    assert recruiter.mailed_addresses == []


@pytest.mark.slow
def test_a_copy_that_somebody_made_of_our_draft_is_not_swept(recruiter: Recruiter) -> None:
    recruiter.standin.state.faults.add("POST /campaigns", "reset_after")
    this = new_campaign_case(recruiter)
    recruiter.send()
    recruiter.run_workers()
    this.check()
    account = recruiter.standin.state.accounts[DEMO_ACCOUNT]
    ours = account.campaigns[recruiter.mailing.remote_id or ""]
    title = f"{ours.settings['title']} (copy 01)"
    settings = {**ours.settings, "title": title}
    copy = replace(ours, id="c0ffee", status="save", settings=settings)
    account.campaigns["c0ffee"] = copy
    recruiter.standin.state.advance(3700)
    recruiter.session.rollback()
    tick.tick(recruiter.services)
    recruiter.run_workers()
    assert "recent_campaigns" in recruiter.remote_calls(), "it was swept"
    assert "c0ffee" in account.campaigns


def test_a_key_taken_while_a_worker_still_used_the_old_one_stays_in_use(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    """The old key is revoked first, then the new one is initialised; a send was under way all the time."""

    def take_another() -> None:
        session, account = recruiter.session, recruiter.account
        account.sealed_key = api_keys.seal(recruiter.services, account.id, DEMO_KEY)
        session.merge(account)
        session.commit()

    new_campaign_case(recruiter)
    recruiter.standin.state.faults.add("PUT /campaigns/*/content", "401")
    before_step("content", take_another)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["key_refused"]
    assert not recruiter.account.key_refused


def test_switched_off_after_the_intent_it_never_says_that_nothing_was_asked(
    recruiter: Recruiter,
) -> None:
    new_campaign_case(recruiter)
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/send", "reset_after")
    recruiter.send()
    recruiter.queue.run_all()
    _end_now(recruiter)
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["outcome_unknown"]
    recruiter.retry()
    assert recruiter.mailing.state == MailingState.PREPARING
    activation.deactivate(recruiter.services, recruiter.host.users["admin"][0])
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["stopped_after_intent"],
    )


def test_not_ready_is_never_said_while_a_send_may_have_gone_out(recruiter: Recruiter) -> None:
    """The answer is lost, then MailChimp refuses the very next look: nothing is known, and so it is told."""
    this = new_campaign_case(recruiter)
    faults = recruiter.standin.state.faults
    faults.add("POST /campaigns/*/actions/send", "reset_after")
    recruiter.send()
    recruiter.queue.run_all()
    faults.add("GET /", "403")
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["outcome_unknown"],
    )
    recruiter.retry()
    recruiter.run_workers()
    this.check()


def test_what_newer_code_asked_for_is_left_to_it(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = new_campaign_case(recruiter)
    monkeypatch.setattr(rows, "CODE_VERSION", rows.CODE_VERSION + 1)
    pressed = recruiter.send()
    monkeypatch.undo()
    recruiter.queue.nudges.clear()
    before = len(recruiter.remote_calls())
    recruiter.run_once(pressed)
    recruiter.session.rollback()
    tick.tick(recruiter.services)
    assert not runner.wake_if_stale(recruiter.services, pressed)
    assert recruiter.operation(pressed).state == "queued"
    assert len(recruiter.remote_calls()) == before
    assert ("operation", pressed) not in recruiter.queue.nudges
    monkeypatch.setattr(rows, "CODE_VERSION", rows.CODE_VERSION + 1)
    recruiter.run_workers()
    this.check()


def test_what_newer_code_had_in_hand_is_left_to_it(
    recruiter: Recruiter,
    before_step: Callable[[str, Callback], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A press of the old code, taken up by a new worker that dies: its steps may be unknown here."""

    def die() -> None:
        raise Killed

    new_campaign_case(recruiter)
    pressed = recruiter.send()
    before_step("segment", die)
    with monkeypatch.context() as newer:
        newer.setattr(rows, "CODE_VERSION", rows.CODE_VERSION + 1)
        with pytest.raises(Killed):
            recruiter.run_once(pressed)
    recruiter.skip_pauses()
    recruiter.run_once(pressed)
    assert recruiter.operation(pressed).state == "running"
    assert recruiter.operation(pressed).step == "segment"


def _end_now(recruiter: Recruiter) -> None:
    session = recruiter.session
    session.execute(
        update(Operation).values(deadline=recruiter.services.clock() - 1, not_before=0.0)
    )
    session.commit()
