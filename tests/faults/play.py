"""Plays a story: the press, the work, and what a person does when it ended with a reason."""

from cxmc_ext.domain.errors import Conflict, Invalid
from tests.faults.lab import Lab
from tests.faults.stories import Story, follow, press_connect

NONCE = "the press"


def play(lab: Lab, story: Story) -> None:
    """From the press until nothing is left to do. Who saw his press fail sends the same form again."""
    with lab.under_test():
        story.press(lab, NONCE)
        lab.queue.run_all()
    if lab.died:
        story.press(lab, NONCE)
    lab.work()
    if story.synchronises:
        follow(lab)


def help_on(lab: Lab, story: Story, times: int = 3) -> None:
    """What a person finds on the page: a new key where the old was refused, then the button."""
    for number in range(times):
        if lab.account.key_refused:
            press_connect(lab, f"new key {number}")
            lab.work()
        try:
            story.again(lab, f"again {number}")
        except (Conflict, Invalid):
            return
        lab.work()
        if story.synchronises:
            follow(lab)
