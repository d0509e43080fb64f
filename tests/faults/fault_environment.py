"""The lab: the real product against the stand-in, wound back to a checkpoint before every case."""

import copy
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cxmc_ext.adapters.limiter import LocalLimiter
from cxmc_ext.adapters.mailchimp.client import client_factory
from cxmc_ext.db.base import Base
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.standin.models import Account as RemoteAccount
from cxmc_ext.standin.service import sending
from cxmc_ext.standin.state import Checkpoint as RemoteCheckpoint
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.worker import tick
from tests.conftest import Clock
from tests.faults.call_hooks import CallHooks, CommitHooks, WorkerKilled
from tests.support.apps import close_app, make_app

ROUND_SECONDS = 61
"""Seconds that pass between two rounds of work: more than any pause of the product but a throttle's."""
SETTLE_SECONDS = 60
SHORT_TIMEOUT = 1.0
"""Deadline of a call where the test waits for one to run out; for the calls beside it, it must be enough."""


@dataclass(frozen=True)
class Checkpoint:
    """Everything there is: the tables, the stand-in, the CRM, the clock."""

    rows: dict[str, list[dict[str, Any]]]
    remote: RemoteCheckpoint
    host: dict[str, Any]


_HOST = ("users", "persons", "campaigns", "members", "groups")


@dataclass
class FaultEnvironment:
    """One app, one stand-in, one CRM for all cases."""

    database_url: str
    standin: StandinServer
    host: MemoryHost = field(default_factory=MemoryHost)
    queue: ManualQueue = field(default_factory=ManualQueue)
    commit_hooks: CommitHooks = field(default_factory=CommitHooks)
    counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    campaign: str = ""
    expected: tuple[str, ...] = ()
    """Who must get the mail, in the order of their addresses."""
    worker_died: bool = False

    def __post_init__(self) -> None:
        self.app: Flask = make_app(
            self.database_url,
            self.standin.url,
            self.host,
            self.queue,
            Clock(lambda: int(self.standin.state.clock.now())),
        )
        installed = self.app.extensions["cxmc"]
        settings = replace(installed.services.settings, settle_seconds=SETTLE_SECONDS)
        limiter = LocalLimiter(settings.max_connections)
        self.mailchimp = client_factory(settings, limiter)
        hasty = replace(settings, read_timeout=SHORT_TIMEOUT, batch_timeout=SHORT_TIMEOUT)  # type: ignore[arg-type]
        self.impatient_mailchimp = client_factory(hasty, limiter)
        self.call_hooks = CallHooks(self.mailchimp)
        self.services: Services = replace(
            installed.services, settings=settings, client_factory=self.call_hooks
        )
        self.app.extensions["cxmc"] = replace(installed, services=self.services)

    @property
    def is_postgresql(self) -> bool:
        return self.database_url.startswith("postgresql")

    def close(self) -> None:
        close_app(self.app)

    # Back and forth in time.

    def checkpoint(self) -> Checkpoint:
        session = self.session
        tables = Base.metadata.sorted_tables
        rows = {t.name: [dict(r._mapping) for r in session.execute(select(t))] for t in tables}
        session.rollback()
        remote = self.standin.state.checkpoint()
        return Checkpoint(rows, remote, {n: copy.deepcopy(getattr(self.host, n)) for n in _HOST})

    def restore(self, point: Checkpoint) -> None:
        """Every trace of the case before is gone, its connections too."""
        self.restart_standin()
        self.wait_idle()
        self.queue.nudges.clear()
        self.queue.available = True
        self.call_hooks.clear()
        self.call_hooks.client_factory = self.mailchimp
        self.commit_hooks.clear()
        self.worker_died = False
        self.reopen_database()
        session = self.session
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
        for table in Base.metadata.sorted_tables:
            if point.rows[table.name]:
                session.execute(table.insert(), point.rows[table.name])
        session.commit()
        self.standin.state.restore(point.remote)
        for name, value in point.host.items():
            setattr(self.host, name, copy.deepcopy(value))

    def reopen_database(self) -> None:
        """As after the death of the process: the session, its transaction and the connections are gone."""
        db = self.app.extensions["sqlalchemy"]
        db.session.remove()
        db.engine.dispose()

    # Time and workers.

    def run_workers(self, rounds: int = 30) -> None:
        """Workers and ticks go on until no operation is left; a minute passes between two rounds."""
        for _ in range(rounds):
            self.session.rollback()
            with self.under_test():
                self.queue.run_all()
            if not self.active_operations():
                return
            self.pass_round()
        raise AssertionError(f"it never ends: {self.active_operations()}")

    def pass_round(self) -> None:
        """A minute passes: what was on its way has arrived, pauses and leases are over, a tick came."""
        self.restart_standin()
        self.wait_idle()
        self.skip_pauses()
        self.advance(ROUND_SECONDS)
        tick.tick(self.services)

    def advance(self, seconds: int) -> None:
        state = self.standin.state
        state.advance(seconds)
        with state.lock:
            sending.run_due(state)

    def skip_pauses(self) -> None:
        session = self.session
        session.execute(update(Operation).values(not_before=0.0, lease_until=0.0, nudged_at=0.0))
        session.execute(update(Mailing).values(sync_lease_until=0.0))
        session.execute(update(Account).values(back_off_until=0))
        session.commit()

    def restart_standin(self) -> None:
        """Starts it again, on its old port, if a case stopped it."""
        if not self.standin.is_running:
            self.standin.start()

    def wait_idle(self) -> None:
        """Until MailChimp has nothing under way: no settle time may be shorter than that."""
        end = time.monotonic() + 30
        while self.standin.state.requests.in_flight:
            assert time.monotonic() < end, "the stand-in hangs"
            time.sleep(0.005)

    @contextmanager
    def under_test(self) -> Iterator[None]:
        """Commits count; a death ends what runs, and the next one finds the database reopened."""
        self.commit_hooks.enabled = True
        try:
            yield
        except WorkerKilled:
            self.worker_died = True
            self.reopen_database()
            self.queue.nudges.clear()
        finally:
            self.commit_hooks.enabled = False

    # What there is.

    @property
    def session(self) -> Session:
        session = self.services.session()
        session.rollback()
        return session

    def active_operations(self) -> list[Any]:
        states = ("queued", "running", "waiting")
        rows = self.session.execute(
            select(Operation.kind, Operation.state, Operation.step, Operation.problems).where(
                Operation.state.in_(states)
            )
        ).all()
        self.session.rollback()
        return list(rows)

    def operations(self) -> Sequence[Operation]:
        return self._all(select(Operation).order_by(Operation.id))

    @property
    def mailing(self) -> Mailing | None:
        found = self._all(select(Mailing).where(Mailing.campaign_ref == self.campaign))
        return found[0] if found else None

    @property
    def account(self) -> Account:
        return self._all(select(Account))[0]

    @property
    def remote_account(self) -> RemoteAccount:
        return next(
            owner
            for owner in self.standin.state.accounts.values()
            if owner.name == "Cedar Staffing"
        )

    @property
    def audience(self) -> Any:
        return self.remote_account.lists[self.account.list_id]

    @contextmanager
    def other_process(self) -> Iterator[Session]:
        """Another process's session, from whatever thread."""
        with self.app.app_context():
            yield self.services.session()
            self.services.session().rollback()

    def account_in(self, session: Session) -> Account:
        return session.execute(select(Account)).scalar_one()

    def _all(self, statement: Any) -> list[Any]:
        session = self.session
        rows = list(session.scalars(statement.execution_options(populate_existing=True)))
        for row in rows:
            session.expunge(row)
        session.rollback()
        return rows
