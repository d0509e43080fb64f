"""Runs a scenario: the press, the work, and what a person does when it ends with a problem."""

from cxmc_ext.domain.errors import Conflict, Invalid
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.scenarios import Scenario, press_connect, run_syncs

NONCE = "the press"


def run_scenario(env: FaultEnvironment, scenario: Scenario) -> None:
    """Runs it until nothing is left to do. If the press itself fails, the same form is sent again."""
    with env.under_test():
        scenario.press(env, NONCE)
        env.queue.run_all()
    if env.worker_died:
        scenario.press(env, NONCE)
    env.run_workers()
    if scenario.syncs:
        run_syncs(env)


def recover_by_hand(env: FaultEnvironment, scenario: Scenario, times: int = 3) -> None:
    """Enters a new key if MailChimp refused the old one, then presses the button of the page again."""
    for number in range(times):
        if env.account.key_refused:
            press_connect(env, f"new key {number}")
            env.run_workers()
        try:
            scenario.retry(env, f"again {number}")
        except (Conflict, Invalid):
            return
        env.run_workers()
        if scenario.syncs:
            run_syncs(env)
