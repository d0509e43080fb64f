"""Deactivating while campaigns are scheduled: they are unscheduled first, unless left to MailChimp."""

from collections.abc import Callable

import pytest

from cxmc_ext.db.queries import mailings
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.usecases.accounts import activation, deactivation
from cxmc_ext.usecases.screens import tab
from cxmc_ext.usecases.screens.activation import activation_status
from tests.support.crm_changes import come_due, scheduled
from tests.support.recruiter import Callback, Recruiter

ANNA, BRAM = "anna@kandidaten.example", "bram@kandidaten.example"


class Killed(BaseException):
    """kill -9: no handler of the product sees it."""


def deactivate(recruiter: Recruiter, actor: User, *left: int) -> int | None:
    press = Press(actor, recruiter.next_nonce())
    return deactivation.request_deactivation(recruiter.services, press, left)


def test_scheduled_campaigns_are_unscheduled_first(recruiter: Recruiter, admin_user: User) -> None:
    scheduled(recruiter, ANNA)
    operation_id = deactivate(recruiter, admin_user)
    assert operation_id is not None
    assert recruiter.account.state == AccountState.DEACTIVATING
    assert not tab.is_enabled(recruiter.services), "the tab disappears at once"
    recruiter.run_workers()
    assert recruiter.operation(operation_id).state == "done"
    assert recruiter.account.state == AccountState.INACTIVE
    assert recruiter.mailing.state == MailingState.NONE
    assert recruiter.mailing.subject, "the form keeps what was filled in"
    assert come_due(recruiter) == []


def test_what_the_administrator_leaves_stays_scheduled(
    recruiter: Recruiter, admin_user: User
) -> None:
    scheduled(recruiter, ANNA)
    left = recruiter.mailing.id
    first = recruiter.campaign
    recruiter.campaign = recruiter.host.add_campaign("Second")
    scheduled(recruiter, BRAM)
    deactivate(recruiter, admin_user, left)
    recruiter.run_workers()
    assert recruiter.account.state == AccountState.INACTIVE
    assert recruiter.mailing.state == MailingState.NONE
    recruiter.campaign = first
    assert recruiter.mailing.state == MailingState.SCHEDULED
    (shown,) = activation_status(recruiter.services).scheduled.campaigns
    assert shown.mailing_id == left
    assert come_due(recruiter) == [ANNA]


def test_if_all_are_left_it_is_inactive_at_once(recruiter: Recruiter, admin_user: User) -> None:
    scheduled(recruiter, ANNA)
    assert deactivate(recruiter, admin_user, recruiter.mailing.id) is None
    assert recruiter.account.state == AccountState.INACTIVE


def test_one_that_was_scheduled_after_the_question_is_not_left(
    recruiter: Recruiter, admin_user: User
) -> None:
    scheduled(recruiter, ANNA)
    assert deactivate(recruiter, admin_user, recruiter.mailing.id + 1) is not None
    recruiter.run_workers()
    assert come_due(recruiter) == []


def test_what_is_running_stops_at_once(
    recruiter: Recruiter, admin_user: User, before_step: Callable[[str, Callback], None]
) -> None:
    scheduled(recruiter, ANNA)
    recruiter.campaign = recruiter.host.add_campaign("Second")
    recruiter.add(BRAM)
    pressed = recruiter.send()
    before_step("verify", lambda: deactivate(recruiter, admin_user))
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "cancelled"
    assert recruiter.problem_codes() == ["deactivated"]
    assert come_due(recruiter) == []
    with pytest.raises(Conflict):
        recruiter.check()


def test_a_schedule_without_an_answer_is_unscheduled_too(
    recruiter: Recruiter, admin_user: User
) -> None:
    recruiter.add(ANNA)
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/schedule", "reset_after")
    recruiter.send(schedule_at=(recruiter.services.clock() // 900 + 5) * 900)
    recruiter.queue.run_all()
    assert recruiter.mailing.state == MailingState.SEND_INTENT
    deactivate(recruiter, admin_user)
    recruiter.run_workers()
    assert recruiter.account.state == AccountState.INACTIVE
    assert come_due(recruiter) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429"])
@pytest.mark.parametrize(
    "match", ["POST /campaigns/*/actions/unschedule", "GET /campaigns/*", "DELETE /campaigns/*"]
)
def test_trouble_meanwhile_leaves_nothing_scheduled(
    recruiter: Recruiter, admin_user: User, match: str, kind: str
) -> None:
    scheduled(recruiter, ANNA)
    recruiter.standin.state.faults.add(match, kind)
    deactivate(recruiter, admin_user)
    recruiter.run_workers()
    assert recruiter.account.state == AccountState.INACTIVE
    assert come_due(recruiter) == []


def test_it_goes_on_after_a_crash(
    recruiter: Recruiter, admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled(recruiter, ANNA)
    deactivate(recruiter, admin_user)
    find = mailings.may_be_scheduled

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(mailings, "may_be_scheduled", die)
    with pytest.raises(Killed):
        recruiter.run_workers()
    monkeypatch.setattr(mailings, "may_be_scheduled", find)
    assert recruiter.account.state == AccountState.DEACTIVATING
    recruiter.run_workers()
    assert recruiter.account.state == AccountState.INACTIVE
    assert come_due(recruiter) == []


@pytest.mark.slow
def test_if_one_cannot_be_unscheduled_the_module_stays_active(
    recruiter: Recruiter, admin_user: User
) -> None:
    scheduled(recruiter, ANNA)
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/unschedule", "403", times=99)
    operation_id = deactivate(recruiter, admin_user)
    assert operation_id is not None
    recruiter.run_workers()
    assert recruiter.operation(operation_id).state == "failed"
    assert recruiter.account.state == AccountState.ACTIVE
    status = activation_status(recruiter.services)
    assert [problem.code for problem in status.problems] == ["deactivation_unfinished"]
    assert recruiter.mailing.state == MailingState.SCHEDULED
    recruiter.standin.state.faults.clear()
    deactivate(recruiter, admin_user)
    recruiter.run_workers()
    assert recruiter.account.state == AccountState.INACTIVE
    assert come_due(recruiter) == []


def test_with_a_refused_key_the_module_stays_active_unless_they_are_left(
    recruiter: Recruiter, admin_user: User
) -> None:
    scheduled(recruiter, ANNA)
    recruiter.standin.state.faults.add("GET /", "401", times=99)
    deactivate(recruiter, admin_user)
    recruiter.run_workers()
    assert recruiter.account.state == AccountState.ACTIVE
    assert not activation_status(recruiter.services).scheduled.can_unschedule
    assert deactivate(recruiter, admin_user, recruiter.mailing.id) is None
    assert recruiter.account.state == AccountState.INACTIVE
    (shown,) = activation_status(recruiter.services).scheduled.campaigns
    assert shown.title == recruiter.mailing.campaign_title


def test_without_the_right_it_is_undone(recruiter: Recruiter, admin_user: User) -> None:
    scheduled(recruiter, ANNA)
    deactivate(recruiter, admin_user)
    recruiter.host.users["admin"] = (admin_user, frozenset())
    recruiter.run_workers()
    assert recruiter.account.state == AccountState.ACTIVE
    assert recruiter.mailing.state == MailingState.SCHEDULED


@pytest.mark.slow
def test_activating_meanwhile_changes_nothing(recruiter: Recruiter, admin_user: User) -> None:
    scheduled(recruiter, ANNA)
    deactivate(recruiter, admin_user)
    activation.request_activation(recruiter.services, Press(admin_user, "again"))
    assert recruiter.account.state == AccountState.DEACTIVATING


def test_pressing_twice_is_one_deactivation(recruiter: Recruiter, admin_user: User) -> None:
    scheduled(recruiter, ANNA)
    first = deactivate(recruiter, admin_user)
    assert deactivate(recruiter, admin_user) == first
    recruiter.run_workers()
    assert deactivate(recruiter, admin_user) is None
