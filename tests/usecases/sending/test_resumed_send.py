"""What others change in MailChimp, or we in our own keys, while a send lies still and is taken up again."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import update

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import operations as rows
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY
from cxmc_ext.standin.models import Campaign
from cxmc_ext.usecases.accounts import activation, connection_requests
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.worker import runner, tick
from tests.support.recruiter import Callback, Recruiter, new_campaign_case


class Killed(BaseException):
    """kill -9: no handler of the product sees it."""


def drafts(desk: Recruiter) -> list[Campaign]:
    account = desk.standin.state.accounts[DEMO_ACCOUNT]
    return [each for each in account.campaigns.values() if each.status == "save"]


def widen(desk: Recruiter) -> None:
    """Somebody points the draft at the whole audience, in MailChimp."""
    for draft in drafts(desk):
        draft.segment_opts, draft.target = {}, {}


def test_a_draft_widened_while_a_worker_lay_dead_before_the_intent_is_not_sent(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    new_campaign_case(desk)
    before = desk.mailed_addresses

    def die() -> None:
        raise Killed

    meanwhile("intent", die)
    desk.send()
    with pytest.raises(Killed):
        desk.queue.run_all()
    widen(desk)
    desk.run_workers()
    assert (desk.mailing.state, desk.problem_codes()) == (
        MailingState.ATTENTION,
        ["recipients_changed"],
    )
    assert desk.mailed_addresses == before


def test_a_draft_widened_between_a_refused_send_and_try_again_is_not_sent(desk: Recruiter) -> None:
    this = new_campaign_case(desk)
    before = desk.mailed_addresses
    desk.standin.state.faults.add("POST /campaigns/*/actions/send", "401")
    desk.send()
    desk.run_workers()
    assert desk.problem_codes() == ["key_refused"]
    admin = desk.host.users["admin"][0]
    connection_requests.request_connection(desk.services, admin, desk.next_nonce(), DEMO_KEY, None)
    desk.run_workers()
    kept = [(draft, draft.segment_opts, draft.target) for draft in drafts(desk)]
    widen(desk)
    desk.retry()
    desk.run_workers()
    assert (desk.mailing.state, desk.problem_codes()) == (
        MailingState.ATTENTION,
        ["recipients_changed"],
    )
    assert desk.mailed_addresses == before
    for draft, options, target in kept:
        draft.segment_opts, draft.target = options, target
    desk.retry()
    desk.run_workers()
    this.check()


@pytest.mark.parametrize("first", ["404", "reset_before"])
def test_two_false_answers_do_not_make_a_campaign_gone(desk: Recruiter, first: str) -> None:
    """“Unschedule”, and MailChimp denies twice that the campaign exists: it must not go out all the same."""
    desk.add("anna@kandidaten.example")
    desk.send(schedule_at=(desk.services.clock() // 900 + 5) * 900)
    desk.run_workers()
    assert desk.mailing.state == MailingState.SCHEDULED
    faults = desk.standin.state.faults
    if first == "404":
        faults.add("GET /campaigns/*", "404", times=2)
    else:
        faults.add("DELETE /campaigns/*", first)
        faults.add("GET /campaigns/*", "404", nth=3, times=1)
    desk.unschedule()
    desk.run_workers()
    assert desk.mailing.state == MailingState.NONE
    assert desk.standin.state.accounts[DEMO_ACCOUNT].campaigns == {}
    desk.standin.state.advance(3 * 3600)
    assert desk.mailed_addresses == []


def test_a_copy_that_somebody_made_of_our_draft_is_not_swept(desk: Recruiter) -> None:
    desk.standin.state.faults.add("POST /campaigns", "reset_after")
    this = new_campaign_case(desk)
    desk.send()
    desk.run_workers()
    this.check()
    account = desk.standin.state.accounts[DEMO_ACCOUNT]
    ours = account.campaigns[desk.mailing.remote_id or ""]
    title = f"{ours.settings['title']} (copy 01)"
    settings = {**ours.settings, "title": title}
    copy = replace(ours, id="c0ffee", status="save", settings=settings)
    account.campaigns["c0ffee"] = copy
    desk.standin.state.advance(3700)
    desk.session.rollback()
    tick.tick(desk.services)
    desk.run_workers()
    assert "recent_campaigns" in desk.remote_calls(), "it was swept"
    assert "c0ffee" in account.campaigns


def test_a_key_taken_while_a_worker_still_used_the_old_one_stays_in_use(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    """The old key is revoked first, then the new one is initialised; a send was under way all the time."""

    def take_another() -> None:
        session, account = desk.session, desk.account()
        account.sealed_key = api_keys.seal(desk.services, account.id, DEMO_KEY)
        session.merge_values(account)
        session.commit()

    new_campaign_case(desk)
    desk.standin.state.faults.add("PUT /campaigns/*/content", "401")
    meanwhile("fill", take_another)
    desk.send()
    desk.run_workers()
    assert desk.problem_codes() == ["key_refused"]
    assert not desk.account().key_refused


def test_switched_off_after_the_intent_it_never_says_that_nothing_was_asked(
    desk: Recruiter,
) -> None:
    new_campaign_case(desk)
    desk.standin.state.faults.add("POST /campaigns/*/actions/send", "reset_after")
    desk.send()
    desk.queue.run_all()
    _end_now(desk)
    desk.run_workers()
    assert desk.problem_codes() == ["outcome_unknown"]
    desk.retry()
    assert desk.mailing.state == MailingState.PREPARING
    activation.deactivate(desk.services, desk.host.users["admin"][0])
    assert (desk.mailing.state, desk.problem_codes()) == (
        MailingState.ATTENTION,
        ["stopped_after_intent"],
    )


def test_not_ready_is_never_said_while_a_send_may_have_gone_out(desk: Recruiter) -> None:
    """The answer is lost, then MailChimp refuses the very next look: nothing is known, and so it is told."""
    this = new_campaign_case(desk)
    faults = desk.standin.state.faults
    faults.add("POST /campaigns/*/actions/send", "reset_after")
    desk.send()
    desk.queue.run_all()
    faults.add("GET /", "403")
    desk.run_workers()
    assert (desk.mailing.state, desk.problem_codes()) == (
        MailingState.ATTENTION,
        ["outcome_unknown"],
    )
    desk.retry()
    desk.run_workers()
    this.check()


def test_what_newer_code_asked_for_is_left_to_it(
    desk: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = new_campaign_case(desk)
    monkeypatch.setattr(rows, "CODE_VERSION", rows.CODE_VERSION + 1)
    pressed = desk.send()
    monkeypatch.undo()
    desk.queue.nudges.clear()
    before = len(desk.remote_calls())
    desk.run_once(pressed)
    desk.session.rollback()
    tick.tick(desk.services)
    assert not runner.wake_if_stale(desk.services, pressed)
    assert desk.operation(pressed).state == "queued"
    assert len(desk.remote_calls()) == before
    assert ("operation", pressed) not in desk.queue.nudges
    monkeypatch.setattr(rows, "CODE_VERSION", rows.CODE_VERSION + 1)
    desk.run_workers()
    this.check()


def test_what_newer_code_had_in_hand_is_left_to_it(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A press of the old code, taken up by a new worker that dies: its steps may be unknown here."""

    def die() -> None:
        raise Killed

    new_campaign_case(desk)
    pressed = desk.send()
    meanwhile("segment", die)
    with monkeypatch.context() as newer:
        newer.setattr(rows, "CODE_VERSION", rows.CODE_VERSION + 1)
        with pytest.raises(Killed):
            desk.run_once(pressed)
    desk.skip_pauses()
    desk.run_once(pressed)
    assert desk.operation(pressed).state == "running"
    assert desk.operation(pressed).step == "segment"


def _end_now(desk: Recruiter) -> None:
    session = desk.session
    session.execute(update(Operation).values(deadline=desk.services.clock() - 1, not_before=0.0))
    session.commit()
