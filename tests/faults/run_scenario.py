"""Plays a story: the press, the work, and what a person does when it ended with a reason."""

from cxmc_ext.domain.errors import Conflict, Invalid
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.scenarios import Scenario, press_connect, run_syncs

NONCE = "the press"


def run_scenario(lab: FaultEnvironment, story: Scenario) -> None:
    """From the press until nothing is left to do. Who saw his press fail sends the same form again."""
    with lab.under_test():
        story.press(lab, NONCE)
        lab.queue.run_all()
    if lab.worker_died:
        story.press(lab, NONCE)
    lab.run_workers()
    if story.syncs:
        run_syncs(lab)


def recover_by_hand(lab: FaultEnvironment, story: Scenario, times: int = 3) -> None:
    """What a person finds on the page: a new key where the old was refused, then the button."""
    for number in range(times):
        if lab.account.key_refused:
            press_connect(lab, f"new key {number}")
            lab.run_workers()
        try:
            story.retry(lab, f"again {number}")
        except (Conflict, Invalid):
            return
        lab.run_workers()
        if story.syncs:
            run_syncs(lab)
