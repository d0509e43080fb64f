"""What the helpers that drive the product share: fresh rows, and workers that run until all is done."""

from typing import Any, TypeVar

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.base import Base
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, StandinServer
from cxmc_ext.standin.models import Account as RemoteAccount
from cxmc_ext.standin.models import Audience
from cxmc_ext.testing import ManualQueue
from cxmc_ext.usecases.worker import tick

Row = TypeVar("Row")
ACTIVE_STATES = ("queued", "running", "waiting")


class Environment:
    """An installed product, a queue that is run by hand, and a stand-in.

    Every read ends its transaction: SQLite has one writer, and a test must not be it by accident.
    """

    services: Services
    queue: ManualQueue
    standin: StandinServer

    # Rows.

    @property
    def session(self) -> Session:
        """The current session, without an open transaction."""
        session = self.services.session()
        session.rollback()
        return session

    def fetch_all(self, statement: Select[tuple[Row]]) -> list[Row]:
        """The first column of each row, read anew and detached from the session."""
        session = self.session
        rows = list(session.scalars(statement.execution_options(populate_existing=True)))
        for row in rows:
            if isinstance(row, Base):
                session.expunge(row)
        session.rollback()
        return rows

    def fetch_one(self, statement: Select[tuple[Row]]) -> Row:
        (row,) = self.fetch_all(statement)
        return row

    def operation(self, operation_id: int) -> Operation:
        return self.fetch_one(select(Operation).where(Operation.id == operation_id))

    def active_operations(self) -> list[Operation]:
        return self.fetch_all(select(Operation).where(Operation.state.in_(ACTIVE_STATES)))

    @property
    def account(self) -> Account:
        """The only account."""
        return self.fetch_one(select(Account))

    # MailChimp's side.

    @property
    def remote_account(self) -> RemoteAccount:
        return self.standin.state.accounts[DEMO_ACCOUNT]

    @property
    def audience(self) -> Audience:
        return self.remote_account.lists[self.account.list_id]

    # Time and workers.

    def run_workers(self, rounds: int = 40) -> None:
        """Runs workers and ticks until no operation is left; nobody waits for a pause to end."""
        for _ in range(rounds):
            self.session.rollback()
            self.queue.run_all()
            if not self.active_operations():
                return
            self.skip_pauses()
            tick.tick(self.services)
        raise AssertionError(f"operations never end: {self.active_operations()}")

    def skip_pauses(self) -> None:
        """Ends every pause and lease now, and MailChimp's throttling of the account too."""
        session = self.session
        session.execute(update(Operation).values(not_before=0.0, lease_until=0.0, nudged_at=0.0))
        session.execute(update(Account).values(back_off_until=0))
        session.commit()


def problem_codes(row: Any) -> list[str]:
    """Codes of the problems kept with an operation or a mailing."""
    return [problem["code"] for problem in row.problems]
