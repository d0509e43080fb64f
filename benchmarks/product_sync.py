"""Makes the mailing due and runs its sync turn, as a tick would: change check, events, unsubscribes."""

import sys

from sqlalchemy import select, update

from benchmarks.crm import account_id, is_benchmark_mailing
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.services import Services
from cxmc_ext.usecases.sync import turn as sync_turn

# A turn with a problem is repeated, like the next ticks would, but without their pauses.
_MAX_TURNS = 3


def run(services: Services) -> None:
    account_id(services)
    for _ in range(_MAX_TURNS):
        problem = _run_turn(services)
        if not problem:
            return
    sys.exit(f"not complete: {problem}")


def _run_turn(services: Services) -> object:
    """Returns the problem of the turn, None if it succeeded."""
    session = services.session()
    mailing = session.execute(select(Mailing.id).where(is_benchmark_mailing())).scalar_one()
    due = update(Mailing).where(Mailing.id == mailing)
    session.execute(due.values(next_sync_at=services.clock()))
    session.execute(update(Account).values(change_checked_at=1, back_off_until=0))
    session.commit()
    sync_turn.run(services, mailing)
    problem: object = session.execute(
        select(Mailing.sync_problem).where(is_benchmark_mailing())
    ).scalar_one()
    session.commit()
    return problem
