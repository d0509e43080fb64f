"""A person schedules a draft of ours in MailChimp; “Deactivate” and “Stop all sending” find it there."""

import pytest

from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.standin import DEMO_KEY
from cxmc_ext.usecases.accounts import deactivation, sending_stop
from tests.support.crm_changes import come_due
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = on_both

ANNA = "anna@kandidaten.example"


@pytest.fixture
def draft(recruiter: Recruiter) -> Recruiter:
    """Left to a person in MailChimp, who schedules it; nothing here has read that yet."""
    object.__setattr__(recruiter.services.settings, "send_mode", "mailchimp")
    recruiter.add(ANNA)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.IN_MAILCHIMP
    return recruiter


def schedule_there(recruiter: Recruiter) -> None:
    at = (recruiter.services.clock() // 900 + 5) * 900
    recruiter.services.client_factory(DEMO_KEY, 9).schedule(recruiter.mailing.remote_id or "", at)


def deactivate(recruiter: Recruiter, admin: User) -> int | None:
    press = Press(admin, recruiter.next_nonce())
    return deactivation.request_deactivation(recruiter.services, press)


def test_deactivate_unschedules_it(draft: Recruiter, admin_user: User) -> None:
    schedule_there(draft)
    deactivate(draft, admin_user)
    draft.run_workers()
    assert draft.account.state == AccountState.INACTIVE
    assert draft.mailing.state == MailingState.NONE
    assert come_due(draft) == []


def test_the_stop_unschedules_it(draft: Recruiter, admin_user: User) -> None:
    schedule_there(draft)
    sending_stop.request_stop(draft.services, Press(admin_user, draft.next_nonce()))
    draft.run_workers()
    assert draft.mailing.state == MailingState.NONE
    assert come_due(draft) == []


def test_a_draft_that_nobody_scheduled_stays(draft: Recruiter, admin_user: User) -> None:
    deactivate(draft, admin_user)
    draft.run_workers()
    assert draft.account.state == AccountState.INACTIVE
    assert draft.mailing.state == MailingState.IN_MAILCHIMP
    assert draft.mailing.remote_id in draft.remote_account.campaigns


@pytest.mark.parametrize("kind", ["reset_before", "500_before", "404", "401"])
def test_one_that_mailchimp_cannot_show_does_not_keep_the_module_active(
    draft: Recruiter, admin_user: User, kind: str
) -> None:
    draft.standin.state.faults.add("GET /campaigns/*", kind, times=99)
    deactivate(draft, admin_user)
    draft.run_workers()
    assert draft.account.state == AccountState.INACTIVE
    assert draft.account.key_refused == (kind == "401")
