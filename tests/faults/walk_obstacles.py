"""What stops every mail of a random walk for a while: missing groups, and the stop of all sending."""

from typing import TYPE_CHECKING

from cxmc_ext.usecases.accounts import sending_stop
from tests.faults.scenarios import admin, press_check, press_retry, press_send, press_stop

if TYPE_CHECKING:
    from tests.faults.random_walk import RandomWalk


def press_without_groups(walk: "RandomWalk") -> None:
    """Nothing is sent while the CRM has no tagged group; the group comes back afterwards."""
    host, mails = walk.environment.host, len(walk.environment.standin.outbox)
    groups = dict(host.groups)
    host.groups.clear()
    walk.press(press_send)
    assert len(walk.environment.standin.outbox) == mails, f"{walk.where}: sent without groups"
    host.groups.update(groups)
    walk.counts["pressed without groups"] += 1


def stop_and_allow(walk: "RandomWalk") -> None:
    """Stops all sending; whatever is pressed and comes due meanwhile, no mail starts."""
    env = walk.environment
    walk.press_and_work(press_stop, f"stop {walk.number}")
    assert env.account.sending_stopped_at, f"{walk.where}: not stopped"
    mails = len(env.standin.outbox)
    for button in (press_check, press_retry, press_send):
        walk.press(button)
    sending_stop.allow(env.services, admin(env))
    env.run_workers(rounds=60)
    assert len(env.standin.outbox) == mails, f"{walk.where}: sent after the stop"
    walk.counts["stopped and allowed"] += 1
