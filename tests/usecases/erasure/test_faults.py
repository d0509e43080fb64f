"""“Erase a person” beside sends that are under way, with trouble at MailChimp, and with dying workers."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.mailchimp import NewMember
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

Meanwhile = Callable[[str, Callback], None]


def test_a_scheduled_campaign_does_not_mail_the_person(desk: Recruiter, boss: User) -> None:
    desk.add(ANNA, BOB)
    desk.send(schedule_at=(desk.services.clock() // 900 + 3) * 900)
    desk.run_workers()
    assert desk.mailing.state == MailingState.SCHEDULED
    request_erasure(desk, boss)
    desk.run_workers()
    assert desk.mailing.counts["reason"] == {"erased": 1}
    assert desk.mailing.mailable_count == 1
    desk.standin.state.advance(3600)
    sync_everything(desk)
    assert desk.mailed_addresses == [BOB]


def test_a_campaign_that_waits_for_check_again_does_not_mail_the_person(
    desk: Recruiter, boss: User
) -> None:
    desk.add(ANNA, BOB)
    desk.send(from_email="info@nieuwedomein.example")
    desk.run_workers()
    assert desk.mailing.state == MailingState.NOT_READY
    request_erasure(desk, boss)
    desk.run_workers()
    account = desk.standin.state.accounts[DEMO_ACCOUNT]
    account.domains["nieuwedomein.example"].verified = True
    desk.check()
    desk.run_workers()
    assert desk.mailed_addresses == [BOB]
    assert find_traces(desk, ANNA) == []


@pytest.mark.parametrize("step", [name for name in STEPS["send"] if name not in ("act", "watch")])
def test_erased_while_it_is_being_sent(
    desk: Recruiter, boss: User, clock: Clock, meanwhile: Meanwhile, step: str
) -> None:
    desk.add(ANNA, BOB)
    pressed: list[int] = []
    meanwhile(step, lambda: pressed.append(request_erasure(desk, boss)))
    desk.send()
    desk.queue.run_all()
    desk.skip_pauses()
    clock.advance(200)
    desk.run_workers()
    assert desk.mailed_addresses == [BOB], desk.mailing.problems
    assert not is_member(desk, ANNA)
    assert find_traces(desk, ANNA) == []
    assert desk.operation(pressed[0]).state == "done"


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429", "malformed"])
def test_trouble_at_mailchimp_ends_in_the_same_place(
    desk: Recruiter, boss: User, kind: str
) -> None:
    send_and_sync(desk)
    desk.standin.state.faults.add("POST /lists/*/members/*/actions/delete-permanent", kind)
    pressed = request_erasure(desk, boss)
    desk.run_workers()
    assert desk.operation(pressed).state == "done"
    assert not is_member(desk, ANNA)
    assert find_traces(desk, ANNA) == []


@pytest.mark.parametrize("dies", ["remove", "anonymise", "settle"])
@pytest.mark.parametrize("late", [False, True])
def test_a_worker_that_dies_in_a_step_is_followed_by_one_that_ends_it(
    desk: Recruiter, boss: User, monkeypatch: pytest.MonkeyPatch, dies: str, late: bool
) -> None:
    send_and_sync(desk)
    once = STEPS["erase"][dies]

    def died(run: object) -> None:
        monkeypatch.setitem(STEPS["erase"], dies, once)  # type: ignore[arg-type]
        if late:
            once(run)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setitem(STEPS["erase"], dies, died)  # type: ignore[arg-type]
    pressed = request_erasure(desk, boss)
    with pytest.raises(KeyboardInterrupt):
        desk.queue.run_all()
    desk.session.rollback()
    assert desk.operation(pressed).state == "running"
    desk.skip_pauses()
    desk.run_once(pressed)
    assert desk.operation(pressed).state == "done"
    assert not is_member(desk, ANNA)
    assert find_traces(desk, ANNA) == []


def test_a_push_that_was_on_its_way_is_undone(desk: Recruiter, boss: User, clock: Clock) -> None:
    """She is no member yet, so the first look finds nobody; then a batch of before arrives."""
    desk.add(ANNA, BOB)
    desk.send()
    pressed = request_erasure(desk, boss)
    desk.run_once(pressed)
    assert desk.operation(pressed).state == "waiting"
    client = desk.services.client_factory(DEMO_KEY, 99)
    client.subscribe_members(desk.account().list_id, [NewMember(ANNA, {})])
    clock.advance(200)
    desk.run_workers()
    assert desk.operation(pressed).state == "done"
    assert not is_member(desk, ANNA)
    assert desk.mailed_addresses == [BOB]


def test_who_lost_the_right_erases_nobody(desk: Recruiter, boss: User) -> None:
    send_and_sync(desk)
    pressed = request_erasure(desk, boss)
    desk.host.users["admin"] = (boss, frozenset())
    desk.run_workers()
    assert desk.operation(pressed).state == "cancelled"
    assert is_member(desk, ANNA)


def test_deactivating_ends_it_and_forgets_whom_it_was_about(desk: Recruiter, boss: User) -> None:
    pressed = request_erasure(desk, boss)
    activation.deactivate(desk.services, boss)
    assert desk.operation(pressed).payload == {"flying": False}
    with pytest.raises(Conflict):
        request_erasure(desk, boss)


def test_an_unreachable_mailchimp_is_tried_until_the_deadline_and_said(
    desk: Recruiter, boss: User, clock: Clock
) -> None:
    send_and_sync(desk)
    desk.standin.state.faults.add("* /lists/*/members/*", "503_html", times=99)
    pressed = request_erasure(desk, boss)
    for _ in range(5):
        desk.queue.run_all()
        desk.skip_pauses()
        desk.run_once(pressed)
    assert desk.operation(pressed).state == "waiting"
    clock.advance(1000)
    desk.skip_pauses()
    desk.run_once(pressed)
    ended = desk.operation(pressed)
    assert (ended.state, ended.problems[0]["code"]) == ("failed", "erase_unfinished")
    assert ended.payload == {"flying": False}


def test_a_stored_operation_holds_no_address(desk: Recruiter, boss: User) -> None:
    request_erasure(desk, boss)
    (payload,) = desk.session.scalars(
        select(Operation.payload).where(Operation.kind == "erase")
    ).all()
    assert ANNA not in str(payload)
