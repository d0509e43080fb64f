"""An account that MailChimp deactivated is shown everywhere, told once, and ends by itself."""

import pytest
from flask import Flask

from cxmc_ext import Notification, Right
from cxmc_ext.standin import DEACTIVATED_KEY, DEMO_ACCOUNT
from cxmc_ext.usecases.admin import control_room
from cxmc_ext.usecases.worker import tick
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = on_both


@pytest.fixture
def sent(recruiter: Recruiter) -> Recruiter:
    """A recruiter whose campaign was sent and whose report is read."""
    recruiter.add("anna@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    return recruiter


def disable(recruiter: Recruiter, *, disabled: bool = True) -> None:
    recruiter.standin.state.accounts[DEMO_ACCOUNT].deactivated = disabled
    read_report(recruiter)


def read_report(recruiter: Recruiter) -> None:
    recruiter.read_audience()
    recruiter.queue.run_all()
    tick.tick(recruiter.services)


def told(recruiter: Recruiter) -> list[Notification]:
    return [each for each in recruiter.host.notifications if each.kind == "account_disabled"]


def output(app: Flask, command: str) -> str:
    return app.test_cli_runner().invoke(args=["cxmc", command]).output


def test_a_report_that_cannot_be_read_says_so_everywhere(app: Flask, sent: Recruiter) -> None:
    disable(sent)
    assert "Cedar Staffing (deactivated by MailChimp since 20" in output(app, "status")
    assert "fail the account is deactivated by MailChimp since" in output(app, "doctor")
    room = control_room.load_page(sent.services, 1)
    assert room.account_problem
    assert room.account_problem.code == "account_disabled"
    (notification,) = told(sent)
    assert (notification.user_id, notification.right) == (None, Right.CONFIGURE)
    assert notification.text("de").title == "MailChimp hat das Konto deaktiviert"
    assert "Log in to MailChimp" in notification.text().body


def test_it_is_told_once_until_the_account_works_again(sent: Recruiter) -> None:
    disable(sent)
    read_report(sent)
    assert len(told(sent)) == 1
    disable(sent, disabled=False)
    assert sent.account.disabled_at is None
    disable(sent)
    assert len(told(sent)) == 2


def test_a_press_finds_out_as_well(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example")
    recruiter.standin.state.accounts[DEMO_ACCOUNT].deactivated = True
    recruiter.send()
    recruiter.run_workers()
    tick.tick(recruiter.services)
    assert recruiter.problem_codes() == ["account_disabled"]
    assert recruiter.account.disabled_at
    assert len(told(recruiter)) == 1


def test_another_key_that_is_only_tried_says_nothing_of_the_account(
    app: Flask, sent: Recruiter
) -> None:
    runner = app.test_cli_runner()
    answer = runner.invoke(args=["cxmc", "connect", "--key-stdin"], input=DEACTIVATED_KEY)
    assert "deactivated this account" in answer.output
    tick.tick(sent.services)
    assert sent.account.disabled_at is None
