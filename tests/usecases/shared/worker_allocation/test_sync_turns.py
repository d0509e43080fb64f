"""A worker that goes on with due mailings: accounts in turn, and operations first."""

import pytest

from cxmc_ext.testing import ManualQueue
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.worker import tick, wakeups
from tests.support.databases import on_both
from tests.support.two_tenants import (
    NORTH,
    SOUTH,
    TwoTenants,
    add_due_mailings,
    claim_operation,
    operation_state,
    submit_sends,
)

pytestmark = on_both
# That are alive in `two_tenants`.
_WORKERS = 2


def test_accounts_take_turns(two_tenants: TwoTenants) -> None:
    north, south = add_due_mailings(two_tenants, NORTH, 2), add_due_mailings(two_tenants, SOUTH, 1)
    claimed, account_id = [], 0
    while (found := sync_schedule.claim_next(two_tenants.services, account_id)) is not None:
        account_id, mailing_id = found
        claimed.append(mailing_id)
    assert claimed == [north[1], south[0], north[0]]


def test_an_operation_comes_before_the_next_turn(two_tenants: TwoTenants) -> None:
    add_due_mailings(two_tenants, NORTH, 1)
    (pressed,) = submit_sends(two_tenants, SOUTH)
    wakeups.sync_further(two_tenants.services)
    assert operation_state(two_tenants, pressed) == "done"


@pytest.mark.parametrize("busy", [0, 1])
def test_a_tick_nudges_no_more_workers_than_are_idle(
    two_tenants: TwoTenants, queue: ManualQueue, busy: int
) -> None:
    mailings = add_due_mailings(two_tenants, NORTH, 5)
    for pressed in submit_sends(two_tenants, SOUTH, 2)[:busy]:
        claim_operation(two_tenants, pressed)
    queue.nudges.clear()
    tick.tick(two_tenants.services)
    nudged = [row_id for kind, row_id in queue.nudges if kind == "sync"]
    assert nudged == sorted(mailings, reverse=True)[: _WORKERS - busy]
