"""“Erase a person” beside sends that are under way, with trouble at MailChimp, and with dying workers."""

from collections.abc import Callable

import pytest
from desk import Act, Desk
from erasing import ANNA, BOB, ask, is_member, read, sent, traces
from sqlalchemy import select

from cxmc_ext.db.models import Operation
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.remote import NewMember
from cxmc_ext.domain.values import MailingState, User
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY
from cxmc_ext.testing import Clock
from cxmc_ext.usecases import activate
from cxmc_ext.usecases.steps import STEPS

Meanwhile = Callable[[str, Act], None]


def test_a_scheduled_campaign_does_not_mail_the_person(desk: Desk, boss: User) -> None:
    desk.add(ANNA, BOB)
    desk.send(schedule_at=(desk.services.clock() // 900 + 3) * 900)
    desk.work()
    assert desk.mailing.state == MailingState.SCHEDULED
    ask(desk, boss)
    desk.work()
    assert desk.mailing.counts["reason"] == {"erased": 1}
    assert desk.mailing.receivers == 1
    desk.standin.state.advance(3600)
    read(desk)
    assert desk.mailed == [BOB]


def test_a_campaign_that_waits_for_check_again_does_not_mail_the_person(
    desk: Desk, boss: User
) -> None:
    desk.add(ANNA, BOB)
    desk.send(from_email="info@nieuwedomein.example")
    desk.work()
    assert desk.mailing.state == MailingState.NOT_READY
    ask(desk, boss)
    desk.work()
    account = desk.standin.state.accounts[DEMO_ACCOUNT]
    account.domains["nieuwedomein.example"].verified = True
    desk.check()
    desk.work()
    assert desk.mailed == [BOB]
    assert traces(desk, ANNA) == []


@pytest.mark.parametrize("step", [name for name in STEPS["send"] if name not in ("act", "watch")])
def test_erased_while_it_is_being_sent(
    desk: Desk, boss: User, clock: Clock, meanwhile: Meanwhile, step: str
) -> None:
    desk.add(ANNA, BOB)
    pressed: list[int] = []
    meanwhile(step, lambda: pressed.append(ask(desk, boss)))
    desk.send()
    desk.queue.run_all()
    desk.skip_pauses()
    clock.advance(200)
    desk.work()
    assert desk.mailed == [BOB], desk.mailing.why
    assert not is_member(desk, ANNA)
    assert traces(desk, ANNA) == []
    assert desk.operation(pressed[0]).state == "done"


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429", "malformed"])
def test_trouble_at_mailchimp_ends_in_the_same_place(desk: Desk, boss: User, kind: str) -> None:
    sent(desk)
    desk.standin.state.faults.add("POST /lists/*/members/*/actions/delete-permanent", kind)
    pressed = ask(desk, boss)
    desk.work()
    assert desk.operation(pressed).state == "done"
    assert not is_member(desk, ANNA)
    assert traces(desk, ANNA) == []


@pytest.mark.parametrize("dies", ["remove", "anonymise", "settle"])
@pytest.mark.parametrize("late", [False, True])
def test_a_worker_that_dies_in_a_step_is_followed_by_one_that_ends_it(
    desk: Desk, boss: User, monkeypatch: pytest.MonkeyPatch, dies: str, late: bool
) -> None:
    sent(desk)
    once = STEPS["erase"][dies]

    def died(run: object) -> None:
        monkeypatch.setitem(STEPS["erase"], dies, once)  # type: ignore[arg-type]
        if late:
            once(run)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setitem(STEPS["erase"], dies, died)  # type: ignore[arg-type]
    pressed = ask(desk, boss)
    with pytest.raises(KeyboardInterrupt):
        desk.queue.run_all()
    desk.session.rollback()
    assert desk.operation(pressed).state == "running"
    desk.skip_pauses()
    desk.run(pressed)
    assert desk.operation(pressed).state == "done"
    assert not is_member(desk, ANNA)
    assert traces(desk, ANNA) == []


def test_a_push_that_was_on_its_way_is_undone(desk: Desk, boss: User, clock: Clock) -> None:
    """She is no member yet, so the first look finds nobody; then a batch of before arrives."""
    desk.add(ANNA, BOB)
    desk.send()
    pressed = ask(desk, boss)
    desk.run(pressed)
    assert desk.operation(pressed).state == "waiting"
    client = desk.services.mailchimp(DEMO_KEY, 99)
    client.push_members(desk.account().list_id, [NewMember(ANNA, {})])
    clock.advance(200)
    desk.work()
    assert desk.operation(pressed).state == "done"
    assert not is_member(desk, ANNA)
    assert desk.mailed == [BOB]


def test_who_lost_the_right_erases_nobody(desk: Desk, boss: User) -> None:
    sent(desk)
    pressed = ask(desk, boss)
    desk.host.users["admin"] = (boss, frozenset())
    desk.work()
    assert desk.operation(pressed).state == "cancelled"
    assert is_member(desk, ANNA)


def test_deactivating_ends_it_and_forgets_whom_it_was_about(desk: Desk, boss: User) -> None:
    pressed = ask(desk, boss)
    activate.deactivate(desk.services, boss)
    assert desk.operation(pressed).payload == {"flying": False}
    with pytest.raises(Conflict):
        ask(desk, boss)


def test_an_unreachable_mailchimp_is_tried_until_the_deadline_and_said(
    desk: Desk, boss: User, clock: Clock
) -> None:
    sent(desk)
    desk.standin.state.faults.add("* /lists/*/members/*", "503_html", times=99)
    pressed = ask(desk, boss)
    for _ in range(5):
        desk.queue.run_all()
        desk.skip_pauses()
        desk.run(pressed)
    assert desk.operation(pressed).state == "waiting"
    clock.advance(1000)
    desk.skip_pauses()
    desk.run(pressed)
    ended = desk.operation(pressed)
    assert (ended.state, ended.why[0]["code"]) == ("failed", "erase_unfinished")
    assert ended.payload == {"flying": False}


def test_a_stored_operation_holds_no_address(desk: Desk, boss: User) -> None:
    ask(desk, boss)
    (payload,) = desk.session.scalars(
        select(Operation.payload).where(Operation.kind == "erase")
    ).all()
    assert ANNA not in str(payload)
