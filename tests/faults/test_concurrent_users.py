"""Many at once: presses, workers, ticks, synchronisations. What is asked for once happens once."""

import threading
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import func, select

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.sending import removal_requests
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.worker import runner, tick
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.invariants import check_invariants
from tests.faults.scenarios import SCENARIOS, admin, press_send, send_order, user

THREADS, ROUNDS = 12, 5


def at_once(lab: FaultEnvironment, *acts: Callable[[], object]) -> list[object]:
    """Each in a thread and an app context of its own; a Conflict is an answer like another."""
    together = threading.Barrier(len(acts))
    answers: list[object] = []

    def run(act: Callable[[], object]) -> None:
        with lab.app.app_context():
            together.wait(10)
            try:
                answers.append(act())
            except Conflict as refused:
                answers.append(refused.problem.code)
            finally:
                lab.app.extensions["sqlalchemy"].session.remove()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == len(acts), "a thread died"
    return answers


def presses(lab: FaultEnvironment, nonces: Sequence[str]) -> list[Callable[[], object]]:
    return [lambda nonce=nonce: press_send(lab, nonce) for nonce in nonces]  # type: ignore[misc]


@pytest.mark.parametrize("same", [True, False], ids=["the same form", "each his own form"])
@pytest.mark.parametrize("number", range(ROUNDS))
def test_twelve_presses_at_once_are_one_operation(
    starts: Checkpoints, number: int, same: bool
) -> None:
    lab = starts.restore("ready")
    nonces = ["the form"] * THREADS if same else [f"form {each}" for each in range(THREADS)]
    answers = at_once(lab, *presses(lab, nonces))
    assert len(set(answers)) == 1, answers
    assert _count(lab, Operation.kind == "send") == 1
    lab.run_workers()
    SCENARIOS["send"].check_goal(lab)
    check_invariants(lab)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_six_workers_with_one_operation_are_one(starts: Checkpoints, number: int) -> None:
    lab = starts.restore("ready")
    pressed = press_send(lab, "the press")
    at_once(lab, *[lambda: runner.run(lab.services, pressed)] * 6)
    lab.run_workers()
    assert _calls(lab, "create_campaign") == _calls(lab, "send") == 1
    SCENARIOS["send"].check_goal(lab)
    check_invariants(lab)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_ticks_and_polls_at_once_add_nothing(starts: Checkpoints, number: int) -> None:
    lab = starts.restore("ready")
    pressed = press_send(lab, "the press")
    acts: list[Callable[[], object]] = [lambda: tick.tick(lab.services)] * 4
    acts += [lambda: runner.wake_if_stale(lab.services, pressed)] * 4
    at_once(lab, *acts)
    nudges = list(lab.queue.nudges)
    lab.queue.nudges.clear()
    work = [
        lambda row=row: lab.queue.handlers["operation"](row)
        for kind, row in nudges
        if kind == "operation"
    ]  # type: ignore[misc]
    at_once(lab, *work[:8])
    lab.run_workers()
    assert _calls(lab, "create_campaign") == 1
    SCENARIOS["send"].check_goal(lab)
    check_invariants(lab)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_synchronisations_at_once_read_once(starts: Checkpoints, number: int) -> None:
    lab = starts.restore("opened")
    mailing = lab.mailing
    assert mailing is not None
    at_once(lab, *[lambda: sync_turn.run(lab.services, mailing.id, requested=True)] * 6)
    SCENARIOS["sync"].press(lab, "")
    for _ in range(3):
        lab.pass_round()
        lab.queue.run_all()
    SCENARIOS["sync"].check_goal(lab)
    check_invariants(lab)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_check_again_and_delete_at_once_leave_one_winner(starts: Checkpoints, number: int) -> None:
    lab = starts.restore("verified")
    answers = at_once(
        lab,
        *[lambda: sending_requests.request_check(lab.services, user(lab), "", lab.campaign)] * 3,
        *[lambda: removal_requests.request_delete(lab.services, user(lab), "", lab.campaign)] * 3,
    )
    assert len({each for each in answers if isinstance(each, int)}) == 1, answers
    lab.run_workers()
    mailing = lab.mailing
    assert mailing is not None
    assert mailing.state in ("sent", "none")
    check_invariants(lab)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_press_and_a_deactivation_at_once_end_clearly(starts: Checkpoints, number: int) -> None:
    lab = starts.restore("ready")
    at_once(
        lab,
        *presses(lab, ["one", "two", "three"]),
        lambda: activation.deactivate(lab.services, admin(lab)),
    )
    lab.run_workers()
    assert lab.account.state == "inactive"
    mailing = lab.mailing
    assert mailing is None or mailing.state in ("none", "not_ready")
    assert len(lab.standin.outbox) == 0
    check_invariants(lab)


def test_two_dozen_activations_at_once_are_one(starts: Checkpoints) -> None:
    lab = starts.restore("nothing")
    acts = [
        lambda number=number: activation.request_activation(lab.services, admin(lab), f"{number}")
        for number in range(24)
    ]  # type: ignore[misc]
    at_once(lab, *acts)
    lab.run_workers()
    SCENARIOS["activate"].check_goal(lab)
    assert len(lab.host.groups) == 2


def test_two_campaigns_of_one_press_each_do_not_meet(starts: Checkpoints) -> None:
    """Two recruiters, two campaigns, the same people: each campaign mails them once."""
    lab = starts.restore("ready")
    first, second = lab.campaign, lab.host.add_campaign("Vacatures week 49")
    lab.host.add_to_campaign(second, *lab.host.members[first])
    pressed = [
        sending_requests.request_send(lab.services, user(lab), f"for {each}", each, send_order())
        for each in (first, second)
    ]
    at_once(lab, *[lambda row=row: runner.run(lab.services, row) for row in pressed])  # type: ignore[misc]
    lab.run_workers()
    journal = lab.standin.outbox
    assert len({mail.campaign for mail in journal}) == 2
    for campaign in {mail.campaign for mail in journal}:
        assert sorted(journal.addresses(campaign)) == sorted(lab.expected)


def _count(lab: FaultEnvironment, where: object) -> int:
    found = lab.session.execute(
        select(func.count()).select_from(Operation).where(where)  # type: ignore[arg-type]
    ).scalar_one()
    lab.session.rollback()
    return int(found)


def _calls(lab: FaultEnvironment, name: str) -> int:
    found = lab.session.execute(
        select(func.count()).select_from(RemoteCall).where(RemoteCall.method == name)
    ).scalar_one()
    lab.session.rollback()
    return int(found)
