"""The product and the stand-in, wound back to a checkpoint before every case."""

import copy
import itertools
from collections.abc import Collection, Iterator
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
from cxmc_ext.standin.service import sending
from cxmc_ext.standin.state import Checkpoint as RemoteCheckpoint
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost
from cxmc_ext.usecases.worker import tick
from tests.faults.call_hooks import CallHooks, CommitHooks, WorkerKilled
from tests.support.apps import close_app, make_app
from tests.support.environment import Environment
from tests.support.waiting import wait_until

# Seconds that pass between two rounds of work: longer than any pause of the product, except throttling.
ROUND_SECONDS = 61
SETTLE_SECONDS = 60
# The deadline of a call that a test lets run out; the calls beside it must be able to keep it.
SHORT_TIMEOUT = 1
_HOST_ATTRIBUTES = ("users", "persons", "campaigns", "members", "groups")


@dataclass(frozen=True)
class Checkpoint:
    """All state: our tables, MailChimp, and the CRM."""

    rows: dict[str, list[dict[str, Any]]]
    remote: RemoteCheckpoint
    host: dict[str, Any]


@dataclass
class FaultEnvironment(Environment):
    """One app, one stand-in and one CRM for all cases; `restore` removes every trace of the last one."""

    database_url: str
    standin: StandinServer
    host: MemoryHost = field(default_factory=MemoryHost)
    queue: ManualQueue = field(default_factory=ManualQueue)
    commit_hooks: CommitHooks = field(default_factory=CommitHooks)
    counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    campaign: str = ""
    expected: tuple[str, ...] = ()
    """Addresses that must get the mail, sorted."""
    worker_died: bool = False
    order: dict[str, object] = field(default_factory=dict)
    """What the form says besides the usual."""

    def __post_init__(self) -> None:
        clock = Clock(lambda: int(self.standin.state.clock.now()))
        self.app: Flask = make_app(
            self.database_url, self.standin.url, self.host, self.queue, clock
        )
        installed = self.app.extensions["cxmc"]
        settings = replace(installed.services.settings, settle_seconds=SETTLE_SECONDS)
        limiter = LocalLimiter(settings.max_connections)
        self.mailchimp = client_factory(settings, limiter)
        impatient = replace(settings, read_timeout=SHORT_TIMEOUT, batch_timeout=SHORT_TIMEOUT)
        self.impatient_mailchimp = client_factory(impatient, limiter)
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

    # Checkpoints.

    def checkpoint(self) -> Checkpoint:
        session = self.session
        rows = {
            table.name: [dict(row._mapping) for row in session.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }
        session.rollback()
        host = {name: copy.deepcopy(getattr(self.host, name)) for name in _HOST_ATTRIBUTES}
        return Checkpoint(rows, self.standin.state.checkpoint(), host)

    def restore(self, point: Checkpoint) -> None:
        """Returns to the checkpoint, with a database that was opened anew."""
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
        """Loses the session, its transaction and all connections, as the death of a process does."""
        db = self.app.extensions["sqlalchemy"]
        db.session.remove()
        db.engine.dispose()

    # Time and workers.

    def run_workers(self, rounds: int = 30) -> None:
        """Runs workers and ticks until no operation is left, with a minute between two rounds."""
        for _ in range(rounds):
            self.session.rollback()
            with self.under_test():
                self.queue.run_all()
            if not self.active_operations():
                return
            self.pass_round()
        raise AssertionError(f"operations never end: {self._describe_active()}")

    def pass_round(self) -> None:
        """Lets a minute pass: requests under way arrive, pauses and leases end, a tick runs."""
        self.restart_standin()
        self.wait_idle()
        self.skip_pauses()
        self.advance(ROUND_SECONDS)
        tick.tick(self.services)

    def freeze_clock(self, multiple: int) -> None:
        """Stops MailChimp's clock and ours at the next multiple of that many seconds, until a restore.

        Time passes only where the case advances it, so the same seed gives the same walk.
        """
        clock = self.standin.state.clock
        moment = (clock.now() // multiple + 1) * multiple - clock.offset
        clock.exact = lambda: moment + clock.offset  # type: ignore[method-assign]

    def make_syncs_due(self, campaign_refs: Collection[str]) -> None:
        """Does what "Update now" does for these campaigns, if they are read at intervals."""
        session = self.session
        is_read = Mailing.next_sync_at.is_not(None)
        due = update(Mailing).where(is_read, Mailing.campaign_ref.in_(campaign_refs))
        session.execute(due.values(next_sync_at=self.services.clock()))
        session.execute(update(Account).values(change_checked_at=0))
        session.commit()

    def advance(self, seconds: int) -> None:
        state = self.standin.state
        state.advance(seconds)
        with state.lock:
            sending.run_due(state)

    def skip_pauses(self) -> None:
        """Ends every pause and lease now, of operations and of sync turns."""
        session = self.session
        session.execute(update(Operation).values(not_before=0.0, lease_until=0.0, nudged_at=0.0))
        session.execute(update(Mailing).values(sync_lease_until=0.0))
        session.execute(update(Account).values(back_off_until=0))
        session.commit()

    def restart_standin(self) -> None:
        """Starts it again, on the same port, if a case stopped it."""
        if not self.standin.is_running:
            self.standin.start()

    def wait_idle(self) -> None:
        """Waits until MailChimp has no request under way: a settle time is never shorter than that."""
        wait_until(lambda: not self.standin.state.requests.in_flight, 30, "the stand-in is idle")

    @contextmanager
    def under_test(self) -> Iterator[None]:
        """Counts commits inside the block, and ends it when a hook kills the worker."""
        self.commit_hooks.enabled = True
        try:
            yield
        except WorkerKilled:
            self.worker_died = True
            self.reopen_database()
            self.queue.nudges.clear()
        finally:
            self.commit_hooks.enabled = False

    # Rows.

    def operations(self) -> list[Operation]:
        """Oldest first."""
        return self.fetch_all(select(Operation).order_by(Operation.id))

    @property
    def mailing(self) -> Mailing | None:
        """None before anything was requested for the campaign."""
        rows = self.fetch_all(select(Mailing).where(Mailing.campaign_ref == self.campaign))
        return rows[0] if rows else None

    @contextmanager
    def other_process(self) -> Iterator[Session]:
        """A session as another process has it, in any thread."""
        with self.app.app_context():
            yield self.services.session()
            self.services.session().rollback()

    def account_in(self, session: Session) -> Account:
        return session.execute(select(Account)).scalar_one()

    def _describe_active(self) -> list[tuple[str, str, str, Any]]:
        return [(row.kind, row.state, row.step, row.problems) for row in self.active_operations()]
