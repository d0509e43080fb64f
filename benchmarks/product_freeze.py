"""Freezes a campaign into tables without statistics; prints the duration and how often its lease ended.

Another thread looks for the operation like a second worker does. It takes nothing over, it counts.
"""

import json
import os
import threading
import time

from sqlalchemy import create_engine, func, insert, select, text
from sqlalchemy.orm import Session

from benchmarks.claimed_send import claim_send
from benchmarks.crm import OPT_OUTS, PEOPLE, BenchmarkCrm
from cxmc_ext.db.base import Base
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import operations
from cxmc_ext.services import Services
from cxmc_ext.usecases.sending import recipients as recipient_steps

# Every such person of the CRM shares an address with the one before, or opted out.
_SHARED = 50
_OPTED_OUT = 101
_LOOK_SECONDS = 0.5
_BATCH_SIZE = 10_000


def run(services: Services) -> None:
    session, people = services.session(), int(os.environ["BENCH_PEOPLE"])
    _create_crm(session, people)
    context = claim_send(services, "freeze")
    watch = _LeaseWatch(context.operation_id)
    watch.start()
    started = time.perf_counter()
    recipient_steps.freeze_recipients(context)
    seconds = time.perf_counter() - started
    watch.stop()
    counts = session.execute(select(Mailing.people_count, Mailing.mailable_count)).one()
    print(json.dumps({"seconds": seconds, "takeovers": watch.takeovers, "counts": tuple(counts)}))


class _LeaseWatch(threading.Thread):
    """Counts the times at which a second worker would have taken the operation over."""

    def __init__(self, operation_id: int) -> None:
        super().__init__(daemon=True)
        self.takeovers = 0
        self._operation_id = operation_id
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def run(self) -> None:
        engine, was_due = create_engine(os.environ["BENCH_DB"]), False
        while not self._stopped.wait(_LOOK_SECONDS):
            with Session(engine) as session:
                is_due = operations.is_due(session, self._operation_id)
            self.takeovers += is_due and not was_due
            was_due = is_due
        engine.dispose()


def _create_crm(session: Session, people: int) -> None:
    """Creates all tables and the people. Only the CRM's own tables have statistics."""
    bind = session.get_bind()
    Base.metadata.create_all(bind)
    BenchmarkCrm.metadata.create_all(bind)
    for start in range(0, people, _BATCH_SIZE):
        numbers = range(start, min(start + _BATCH_SIZE, people))
        rows = [{"campaign": "freeze", "address": _address(number)} for number in numbers]
        session.execute(insert(PEOPLE), rows)
    first = session.execute(select(func.min(PEOPLE.c.id))).scalar_one()
    rows = [{"person_id": first + number} for number in range(0, people, _OPTED_OUT)]
    session.execute(insert(OPT_OUTS), rows)
    session.execute(text(f"ANALYZE {PEOPLE.name}"))
    session.execute(text(f"ANALYZE {OPT_OUTS.name}"))
    session.commit()


def _address(number: int) -> str:
    return f"p{number - 1 if number % _SHARED == 0 and number else number}@freeze.example"
