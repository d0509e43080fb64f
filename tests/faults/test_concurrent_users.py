"""Many at once: presses, workers, ticks, synchronisations. What is asked for once happens once."""

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import func, select

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.sending import removal_requests
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.worker import runner, tick
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.invariants import check_invariants
from tests.faults.scenarios import SCENARIOS, admin, press_send, send_order, user
from tests.support.concurrency import at_once

pytestmark = pytest.mark.slow

THREADS, ROUNDS = 12, 5


def presses(env: FaultEnvironment, nonces: Sequence[str]) -> list[Callable[[], object]]:
    return [lambda nonce=nonce: press_send(env, nonce) for nonce in nonces]  # type: ignore[misc]


@pytest.mark.parametrize("same", [True, False], ids=["the same form", "each his own form"])
@pytest.mark.parametrize("number", range(ROUNDS))
def test_twelve_presses_at_once_are_one_operation(
    checkpoints: Checkpoints, number: int, same: bool
) -> None:
    env = checkpoints.restore("ready")
    nonces = ["the form"] * THREADS if same else [f"form {each}" for each in range(THREADS)]
    answers = at_once(env.app, *presses(env, nonces))
    assert len(set(answers)) == 1, answers
    assert _count(env, Operation.kind == "send") == 1
    env.run_workers()
    SCENARIOS["send"].check_goal(env)
    check_invariants(env)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_six_workers_with_one_operation_are_one(checkpoints: Checkpoints, number: int) -> None:
    env = checkpoints.restore("ready")
    pressed = press_send(env, "the press")
    at_once(env.app, *[lambda: runner.run(env.services, pressed)] * 6)
    env.run_workers()
    assert _calls(env, "create_campaign") == _calls(env, "send") == 1
    SCENARIOS["send"].check_goal(env)
    check_invariants(env)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_simultaneous_ticks_and_polls_add_nothing(checkpoints: Checkpoints, number: int) -> None:
    env = checkpoints.restore("ready")
    pressed = press_send(env, "the press")
    acts: list[Callable[[], object]] = [lambda: tick.tick(env.services)] * 4
    acts += [lambda: runner.wake_if_stale(env.services, pressed)] * 4
    at_once(env.app, *acts)
    nudges = list(env.queue.nudges)
    env.queue.nudges.clear()
    work = [
        lambda row=row: env.queue.handlers["operation"](row)
        for kind, row in nudges
        if kind == "operation"
    ]  # type: ignore[misc]
    at_once(env.app, *work[:8])
    env.run_workers()
    assert _calls(env, "create_campaign") == 1
    SCENARIOS["send"].check_goal(env)
    check_invariants(env)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_simultaneous_syncs_read_once(checkpoints: Checkpoints, number: int) -> None:
    env = checkpoints.restore("opened")
    mailing = env.mailing
    assert mailing is not None
    at_once(env.app, *[lambda: sync_turn.run(env.services, mailing.id, requested=True)] * 6)
    SCENARIOS["sync"].press(env, "")
    for _ in range(3):
        env.pass_round()
        env.queue.run_all()
    SCENARIOS["sync"].check_goal(env)
    check_invariants(env)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_check_again_and_delete_at_once_leave_one_winner(
    checkpoints: Checkpoints, number: int
) -> None:
    env = checkpoints.restore("verified")
    answers = at_once(
        env.app,
        *[lambda: sending_requests.request_check(env.services, Press(user(env), "", env.campaign))]
        * 3,
        *[lambda: removal_requests.request_delete(env.services, Press(user(env), "", env.campaign))]
        * 3,
    )
    assert len({each for each in answers if isinstance(each, int)}) == 1, answers
    env.run_workers()
    mailing = env.mailing
    assert mailing is not None
    assert mailing.state in ("sent", "none")
    check_invariants(env)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_press_and_a_deactivation_at_once_end_clearly(
    checkpoints: Checkpoints, number: int
) -> None:
    env = checkpoints.restore("ready")
    at_once(
        env.app,
        *presses(env, ["one", "two", "three"]),
        lambda: activation.deactivate(env.services, admin(env)),
    )
    env.run_workers()
    assert env.account.state == "inactive"
    mailing = env.mailing
    assert mailing is None or mailing.state in ("none", "not_ready")
    assert len(env.standin.outbox) == 0
    check_invariants(env)


def test_two_dozen_activations_at_once_are_one(checkpoints: Checkpoints) -> None:
    env = checkpoints.restore("nothing")
    acts = [
        lambda number=number: activation.request_activation(
            env.services, Press(admin(env), f"{number}")
        )
        for number in range(24)
    ]  # type: ignore[misc]
    at_once(env.app, *acts)
    env.run_workers()
    SCENARIOS["activate"].check_goal(env)
    assert len(env.host.groups) == 2


def test_two_campaigns_of_one_press_each_do_not_meet(checkpoints: Checkpoints) -> None:
    """Two recruiters, two campaigns, the same people: each campaign mails them once."""
    env = checkpoints.restore("ready")
    first, second = env.campaign, env.host.add_campaign("Vacatures week 49")
    env.host.add_to_campaign(second, *env.host.members[first])
    pressed = [
        sending_requests.request_send(
            env.services, Press(user(env), f"for {each}", each), send_order()
        )
        for each in (first, second)
    ]
    at_once(env.app, *[lambda row=row: runner.run(env.services, row) for row in pressed])  # type: ignore[misc]
    env.run_workers()
    journal = env.standin.outbox
    assert len({mail.campaign for mail in journal}) == 2
    for campaign in {mail.campaign for mail in journal}:
        assert sorted(journal.addresses(campaign)) == sorted(env.expected)


def _count(env: FaultEnvironment, where: object) -> int:
    found = env.session.execute(
        select(func.count()).select_from(Operation).where(where)  # type: ignore[arg-type]
    ).scalar_one()
    env.session.rollback()
    return int(found)


def _calls(env: FaultEnvironment, name: str) -> int:
    found = env.session.execute(
        select(func.count()).select_from(RemoteCall).where(RemoteCall.method == name)
    ).scalar_one()
    env.session.rollback()
    return int(found)
