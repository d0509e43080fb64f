"""Two browsers press “Create and send” at the same moment, over and over: one operation, one mail each."""

import threading

import pytest
from sqlalchemy import func, select

from cxmc_ext.db.models.operation import Operation
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.selection import RUN_ALL
from tests.support.browser import Browser

ROUNDS = 200 if RUN_ALL else 10
PRESSES_PER_MINUTE = 60
FORM = {
    "subject": "Nieuwe vacatures",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
    "confirmed": "yes",
}


@pytest.mark.slow
def test_two_browsers_pressing_together_are_one_operation_every_time(
    checkpoints: Checkpoints,
) -> None:
    env = checkpoints.restore("ready")
    env.host.login("recruiter")
    browsers = [Browser(env.app.test_client()) for _ in range(2)]
    wanted = set()
    for number in range(ROUNDS):
        ref = env.host.add_campaign(f"Ronde {number}")
        address = f"r{number}@kandidaten.example"
        env.host.add_to_campaign(ref, env.host.add_person(address))
        wanted.add(address)
        if number % (PRESSES_PER_MINUTE // 4) == 0:
            env.advance(PRESSES_PER_MINUTE)
        assert _press_together(env, browsers, ref) == [200, 200]
    assert _sends(env) == ROUNDS
    env.run_workers()
    mails = [a for a in env.standin.outbox.addresses() if a in wanted]
    assert sorted(mails) == sorted(wanted)
    assert _sends(env) == ROUNDS


def _press_together(env: FaultEnvironment, browsers: list[Browser], ref: str) -> list[int]:
    together = threading.Barrier(len(browsers))
    answers: list[int] = []

    def press(browser: Browser) -> None:
        together.wait(10)
        answers.append(browser.post(f"/cxmc/campaigns/{ref}/send", **FORM).status_code)

    threads = [threading.Thread(target=press, args=(each,)) for each in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def _sends(env: FaultEnvironment) -> int:
    found = env.session.execute(
        select(func.count()).select_from(Operation).where(Operation.kind == "send")
    ).scalar_one()
    env.session.rollback()
    return int(found)
