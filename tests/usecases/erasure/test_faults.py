"""“Erase a person” beside sends that are under way, with trouble at MailChimp, and with dying workers."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.mailchimp import NewMember
from cxmc_ext.domain.operations import OperationKind
from cxmc_ext.domain.people import User
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY
from cxmc_ext.testing import Clock
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.worker.step_tables import STEPS
from tests.support.erasure import (
    ANNA,
    BOB,
    find_traces,
    is_member,
    request_erasure,
    send_and_sync,
    sync_everything,
)
from tests.support.recruiter import Callback, Recruiter
from tests.support.steps import RunStep, intercept_step

pytestmark = pytest.mark.slow

Meanwhile = Callable[[str, Callback], None]


def test_a_scheduled_campaign_does_not_mail_the_person(
    recruiter: Recruiter, admin_user: User
) -> None:
    recruiter.add(ANNA, BOB)
    recruiter.send(schedule_at=(recruiter.services.clock() // 900 + 3) * 900)
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.SCHEDULED
    request_erasure(recruiter, admin_user)
    recruiter.run_workers()
    assert recruiter.mailing.counts["reason"] == {"erasure": 1}
    assert recruiter.mailing.mailable_count == 1
    recruiter.standin.state.advance(3600)
    sync_everything(recruiter)
    assert recruiter.mailed_addresses == [BOB]


def test_a_campaign_that_waits_for_check_again_does_not_mail_the_person(
    recruiter: Recruiter, admin_user: User
) -> None:
    recruiter.add(ANNA, BOB)
    recruiter.send(from_email="info@nieuwedomein.example")
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NOT_READY
    request_erasure(recruiter, admin_user)
    recruiter.run_workers()
    account = recruiter.standin.state.accounts[DEMO_ACCOUNT]
    account.domains["nieuwedomein.example"].verified = True
    recruiter.check()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [BOB]
    assert find_traces(recruiter, ANNA) == []


@pytest.mark.parametrize(
    "step", [name for name in STEPS[OperationKind.SEND] if name not in ("submit", "confirm")]
)
def test_erased_while_it_is_being_sent(
    recruiter: Recruiter, admin_user: User, clock: Clock, before_step: Meanwhile, step: str
) -> None:
    _, _, late = recruiter.add(ANNA, BOB, "late@kandidaten.example")
    pressed: list[int] = []
    before_step(step, lambda: pressed.append(request_erasure(recruiter, admin_user)))
    if step == "update_recipients":  # only reached if somebody opts out late
        before_step("intent", lambda: recruiter.opt_out(late))
    else:
        recruiter.opt_out(late)
    recruiter.send()
    recruiter.queue.run_all()
    recruiter.skip_pauses()
    clock.advance(200)
    recruiter.run_workers()
    assert pressed, "the send never came to this step"
    assert recruiter.mailed_addresses == [BOB], recruiter.mailing.problems
    assert not is_member(recruiter, ANNA)
    assert find_traces(recruiter, ANNA) == []
    assert recruiter.operation(pressed[0]).state == "done"


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429", "malformed"])
def test_trouble_at_mailchimp_ends_in_the_same_place(
    recruiter: Recruiter, admin_user: User, kind: str
) -> None:
    send_and_sync(recruiter)
    recruiter.standin.state.faults.add("POST /lists/*/members/*/actions/delete-permanent", kind)
    pressed = request_erasure(recruiter, admin_user)
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "done"
    assert not is_member(recruiter, ANNA)
    assert find_traces(recruiter, ANNA) == []


@pytest.mark.parametrize("dies", ["delete", "anonymize", "repeat"])
@pytest.mark.parametrize("late", [False, True])
def test_a_worker_that_dies_in_a_step_is_followed_by_one_that_ends_it(
    recruiter: Recruiter, admin_user: User, monkeypatch: pytest.MonkeyPatch, dies: str, late: bool
) -> None:
    send_and_sync(recruiter)

    def died(_context: object, run: RunStep) -> str | None:
        if late:
            run()
        raise KeyboardInterrupt

    intercept_step(monkeypatch, dies, died, kinds=[OperationKind.ERASURE])
    pressed = request_erasure(recruiter, admin_user)
    with pytest.raises(KeyboardInterrupt):
        recruiter.queue.run_all()
    recruiter.session.rollback()
    assert recruiter.operation(pressed).state == "running"
    recruiter.skip_pauses()
    recruiter.run_once(pressed)
    assert recruiter.operation(pressed).state == "done"
    assert not is_member(recruiter, ANNA)
    assert find_traces(recruiter, ANNA) == []


def test_a_push_that_was_on_its_way_is_undone(
    recruiter: Recruiter, admin_user: User, clock: Clock
) -> None:
    """She is no member yet, so the first look finds nobody; then a batch of before arrives."""
    recruiter.add(ANNA, BOB)
    recruiter.send()
    pressed = request_erasure(recruiter, admin_user)
    recruiter.run_once(pressed)
    assert recruiter.operation(pressed).state == "waiting"
    client = recruiter.services.client_factory(DEMO_KEY, 99)
    client.subscribe_members(recruiter.account.list_id, [NewMember(ANNA, {})])
    clock.advance(200)
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "done"
    assert not is_member(recruiter, ANNA)
    assert recruiter.mailed_addresses == [BOB]


def test_who_lost_the_right_erases_nobody(recruiter: Recruiter, admin_user: User) -> None:
    send_and_sync(recruiter)
    pressed = request_erasure(recruiter, admin_user)
    recruiter.host.users["admin"] = (admin_user, frozenset())
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "cancelled"
    assert is_member(recruiter, ANNA)


def test_deactivating_ends_it_and_forgets_whom_it_was_about(
    recruiter: Recruiter, admin_user: User
) -> None:
    pressed = request_erasure(recruiter, admin_user)
    activation.deactivate(recruiter.services, admin_user)
    assert recruiter.operation(pressed).payload == {"calls_in_flight": False}
    with pytest.raises(Conflict):
        request_erasure(recruiter, admin_user)


def test_an_unreachable_mailchimp_is_tried_until_the_deadline_and_said(
    recruiter: Recruiter, admin_user: User, clock: Clock
) -> None:
    send_and_sync(recruiter)
    recruiter.standin.state.faults.add("* /lists/*/members/*", "503_html", times=99)
    pressed = request_erasure(recruiter, admin_user)
    for _ in range(5):
        recruiter.queue.run_all()
        recruiter.skip_pauses()
        recruiter.run_once(pressed)
    assert recruiter.operation(pressed).state == "waiting"
    clock.advance(1000)
    recruiter.skip_pauses()
    recruiter.run_once(pressed)
    ended = recruiter.operation(pressed)
    assert (ended.state, ended.problems[0]["code"]) == ("failed", "erasure_unfinished")
    assert ended.payload == {"calls_in_flight": False}


def test_a_stored_operation_holds_no_address(recruiter: Recruiter, admin_user: User) -> None:
    request_erasure(recruiter, admin_user)
    (payload,) = recruiter.session.scalars(
        select(Operation.payload).where(Operation.kind == "erasure")
    ).all()
    assert ANNA not in str(payload)
