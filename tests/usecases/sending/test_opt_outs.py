"""Opt-outs while a campaign is being made: whoever opts out before the intent is not mailed."""

from collections.abc import Callable
from typing import Any

import pytest

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.standin import DEMO_ACCOUNT
from cxmc_ext.usecases.worker.step_tables import STEPS
from tests.support.recruiter import Callback, Recruiter, new_campaign_case

BEFORE_INTENT = (
    "claim", "freeze", "members", "push", "segment", "check_segment", "draft", "fill", "verify",
    "intent",
)  # fmt: skip


@pytest.mark.parametrize("step", BEFORE_INTENT)
def test_who_opts_out_at_any_moment_before_the_intent_is_not_mailed(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None], step: str
) -> None:
    this = new_campaign_case(desk)
    (late,) = desk.add("late@kandidaten.example")
    meanwhile(step, lambda: desk.opt_out(late))
    desk.send()
    desk.run_workers()
    this.check()
    assert "late@kandidaten.example" not in desk.mailed_addresses
    assert desk.exclusion_reasons()["late@kandidaten.example"] == "opted_out"
    assert _segments(desk) == 1, "the segment of the first try is gone"
    assert len(_campaigns(desk)) == 1, "and so is its draft"


def test_who_opts_out_after_the_intent_stops_a_send_that_is_not_proven(desk: Recruiter) -> None:
    this = new_campaign_case(desk)
    (late,) = desk.add("late@kandidaten.example")
    desk.standin.state.faults.add("POST /campaigns/*/actions/send", "reset_before")
    desk.send()
    desk.queue.run_all()
    assert desk.mailing.state == MailingState.SEND_INTENT
    desk.opt_out(late)
    desk.run_workers()
    assert (desk.mailing.state, desk.problem_codes()) == (
        MailingState.ATTENTION,
        ["opted_out_meanwhile"],
    )
    assert desk.mailed_addresses == []
    desk.retry()
    desk.run_workers()
    this.check()
    assert "late@kandidaten.example" not in desk.mailed_addresses


def test_when_all_opt_out_late_nothing_is_sent(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    refs = desk.add("anna@kandidaten.example", "bram@kandidaten.example")
    meanwhile("intent", lambda: desk.opt_out(*refs))
    desk.send()
    desk.run_workers()
    assert desk.problem_codes() == ["nobody_to_mail"]
    assert desk.mailed_addresses == []
    assert (_segments(desk), _campaigns(desk)) == (0, [])


def test_opt_outs_without_end_end_in_attention(
    desk: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = desk.add(*[f"p{number}@kandidaten.example" for number in range(9)])
    table, left = STEPS["send"], iter(refs)
    once = table["intent"]

    def stepped(run: Any) -> str | None:
        run.session.rollback()
        desk.opt_out(next(left))
        return once(run)

    monkeypatch.setitem(table, "intent", stepped)  # type: ignore[arg-type]
    desk.send()
    desk.run_workers()
    assert desk.problem_codes() == ["opt_outs_keep_coming"]
    assert desk.mailed_addresses == []


def _segments(desk: Recruiter) -> int:
    return len(_account(desk).lists[desk.account().list_id].segments)


def _campaigns(desk: Recruiter) -> list[Any]:
    return list(_account(desk).campaigns.values())


def _account(desk: Recruiter) -> Any:
    return desk.standin.state.accounts[DEMO_ACCOUNT]
