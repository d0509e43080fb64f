"""Whoever loses the right to send between the press and the mail sends nothing."""

import pytest

from cxmc_ext.domain.people import Right
from cxmc_ext.usecases.operations.context import OperationContext
from tests.support.recruiter import Recruiter, new_campaign_case


def give(recruiter: Recruiter, *rights: Right) -> None:
    user, _ = recruiter.host.users["recruiter"]
    recruiter.host.add_user(user.id, user.name, frozenset(rights))


def test_before_a_worker_begins_mailchimp_is_not_called(recruiter: Recruiter) -> None:
    this = new_campaign_case(recruiter)
    pressed = recruiter.send()
    give(recruiter, Right.TAB)
    before, state = len(recruiter.remote_calls()), recruiter.operation(pressed).state
    recruiter.run_workers()
    assert (state, recruiter.operation(pressed).state) == ("queued", "cancelled")
    assert recruiter.problem_codes() == ["no_rights"]
    assert len(recruiter.remote_calls()) == before
    give(recruiter, Right.TAB, Right.SEND)
    recruiter.retry()
    recruiter.run_workers()
    this.check()


def test_while_a_worker_builds_the_campaign_it_is_not_sent(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_campaign_case(recruiter)
    pressed, call = recruiter.send(), OperationContext.call

    def call_after_the_change(context: OperationContext, *args: object) -> object:
        give(recruiter, Right.TAB)
        return call(context, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(OperationContext, "call", call_after_the_change)
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "cancelled"
    assert recruiter.mailed_addresses == []
