"""One mailing comes due and is read, as by a tick: gate call, pages, leavers."""

import sys

from sqlalchemy import select, update

from benchmarks.crm import account_id, is_benchmark_mailing
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.services import Services
from cxmc_ext.usecases.sync import turn as sync_turn

_TURNS = 3
"""A turn that met trouble is taken up again, as the next ticks would, without their pauses."""


def run(services: Services) -> None:
    account_id(services)
    for _ in range(_TURNS):
        note = _turn(services)
        if not note:
            return
    sys.exit(f"not complete: {note}")


def _turn(services: Services) -> object:
    """What a person would be told beside the report; None when all is well."""
    session = services.session()
    mailing = session.execute(select(Mailing.id).where(is_benchmark_mailing())).scalar_one()
    due = update(Mailing).where(Mailing.id == mailing)
    session.execute(due.values(next_sync_at=services.clock()))
    session.execute(
        update(Account).values(change_checked_at=1, back_off_until=0)
    )  # 1: nobody pressed
    session.commit()
    sync_turn.run(services, mailing)
    note: object = session.execute(
        select(Mailing.sync_problem).where(is_benchmark_mailing())
    ).scalar_one()
    session.commit()
    return note
