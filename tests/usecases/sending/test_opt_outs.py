"""Opt-outs while a campaign is being made: whoever opts out before the intent is not mailed."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy.exc import OperationalError

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import HostError
from cxmc_ext.standin import DEMO_ACCOUNT
from cxmc_ext.usecases.worker import tick
from tests.support.crm_changes import come_due, come_near, scheduled, tick_and_work
from tests.support.databases import on_both
from tests.support.recruiter import Callback, Recruiter, new_campaign_case
from tests.support.steps import act_before_step

ANNA, BRAM = "anna@kandidaten.example", "bram@kandidaten.example"
BEFORE_INTENT = (
    "resume",
    "freeze",
    "existing_members",
    "subscribe_new",
    "segment",
    "check_segment",
    "draft",
    "content",
    "verify",
    "intent",
)


@pytest.mark.slow
@pytest.mark.parametrize("step", BEFORE_INTENT)
def test_who_opts_out_at_any_moment_before_the_intent_is_not_mailed(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None], step: str
) -> None:
    this = new_campaign_case(recruiter)
    (late,) = recruiter.add("late@kandidaten.example")
    before_step(step, lambda: recruiter.opt_out(late))
    recruiter.send()
    recruiter.run_workers()
    this.check()
    assert "late@kandidaten.example" not in recruiter.mailed_addresses
    assert recruiter.exclusion_reasons()["late@kandidaten.example"] == "opted_out"
    assert _segments(recruiter) == 1, "the segment of the first try is gone"
    assert len(_campaigns(recruiter)) == 1, "and so is its draft"


def test_who_opts_out_after_the_intent_stops_a_send_that_is_not_proven(
    recruiter: Recruiter,
) -> None:
    this = new_campaign_case(recruiter)
    (late,) = recruiter.add("late@kandidaten.example")
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/send", "reset_before")
    recruiter.send()
    recruiter.queue.run_all()
    assert recruiter.mailing.state == MailingState.SEND_INTENT
    recruiter.opt_out(late)
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["opted_out_meanwhile"],
    )
    assert recruiter.mailed_addresses == []
    recruiter.retry()
    recruiter.run_workers()
    this.check()
    assert "late@kandidaten.example" not in recruiter.mailed_addresses


def test_when_all_opt_out_late_nothing_is_sent(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    refs = recruiter.add("anna@kandidaten.example", "bram@kandidaten.example")
    before_step("intent", lambda: recruiter.opt_out(*refs))
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["nobody_to_mail"]
    assert recruiter.mailed_addresses == []
    assert (_segments(recruiter), _campaigns(recruiter)) == (0, [])


def test_opt_outs_without_end_end_in_attention(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = recruiter.add(*[f"p{number}@kandidaten.example" for number in range(9)])
    remaining = iter(refs)
    act_before_step(monkeypatch, "intent", lambda: recruiter.opt_out(next(remaining)), once=False)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["opt_outs_keep_coming"]
    assert recruiter.mailed_addresses == []


@on_both
@pytest.mark.slow
@pytest.mark.parametrize("method", ["campaign", "people", "opted_out"])
@pytest.mark.parametrize(
    "error",
    [RuntimeError("down"), HostError("people", "down"), OperationalError("down", {}, Exception())],
)
def test_a_scheduled_campaign_is_unscheduled_when_the_host_fails_until_the_last_check(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch, method: str, error: Exception
) -> None:
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    recruiter.opt_out(anna)
    with monkeypatch.context() as broken:
        broken.setattr(recruiter.host, method, Mock(side_effect=error))
        for seconds_left in (1190, 890, 590):
            come_near(recruiter, seconds_left)
            _tick_and_work_once(recruiter)
            assert recruiter.mailing.state == MailingState.SCHEDULED
        come_near(recruiter, 350)
        _tick_and_work_once(recruiter)
    assert recruiter.mailing.send_intent_at is None
    assert come_due(recruiter) == []


@on_both
@pytest.mark.slow
def test_a_host_that_fails_for_a_while_costs_no_check(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    recruiter.opt_out(anna)
    come_near(recruiter, 1190)
    with monkeypatch.context() as broken:
        broken.setattr(recruiter.host, "people", Mock(side_effect=RuntimeError("down")))
        _tick_and_work_once(recruiter)
    tick_and_work(recruiter)
    assert come_due(recruiter) == [BRAM]


def _tick_and_work_once(recruiter: Recruiter) -> None:
    """A worker that fails tells its queue so."""
    recruiter.skip_pauses()
    tick.tick(recruiter.services)
    with suppress(RuntimeError, OperationalError):
        recruiter.queue.run_all()


def _segments(recruiter: Recruiter) -> int:
    return len(_account(recruiter).lists[recruiter.account.list_id].segments)


def _campaigns(recruiter: Recruiter) -> list[Any]:
    return list(_account(recruiter).campaigns.values())


def _account(recruiter: Recruiter) -> Any:
    return recruiter.standin.state.accounts[DEMO_ACCOUNT]
