"""The administrator's office: the settings of the tab, and how far what was pressed there came."""

from dataclasses import dataclass

from sqlalchemy import select, text

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, StandinServer
from cxmc_ext.testing import ManualQueue
from cxmc_ext.usecases.accounts import connection_requests
from cxmc_ext.usecases.worker import tick

MASTER_LIST_NAME = "Carerix Users MailChimp Master List"


@dataclass
class Administrator:
    """The settings of the tab, as an administrator uses them."""

    services: Services
    queue: ManualQueue
    standin: StandinServer
    admin: User
    press_count: int = 0

    def initialize(self, key: str, audience: str | None = None) -> Operation:
        self.press_count += 1
        pressed = connection_requests.request_connection(
            self.services, Press(self.admin, f"c{self.press_count}"), key, audience
        )
        self.run_workers()
        return self.operation(pressed)

    def run_workers(self) -> None:
        for _ in range(6):
            self.queue.run_all()
            session = self.services.session()
            session.execute(
                text("UPDATE cxmc_operation SET not_before = 0, lease_until = 0, nudged_at = 0")
            )
            session.execute(text("UPDATE cxmc_account SET back_off_until = 0"))
            session.commit()
            tick.tick(self.services)
        self.queue.run_all()

    def operation(self, pressed: int) -> Operation:
        session = self.services.session()
        session.rollback()
        found = session.get_one(Operation, pressed, populate_existing=True)
        session.expunge(found)
        session.rollback()
        return found

    @property
    def account(self) -> Account:
        session = self.services.session()
        session.rollback()
        found = session.execute(
            select(Account).execution_options(populate_existing=True)
        ).scalar_one()
        session.expunge(found)
        session.rollback()
        return found

    def count_audiences(self, name: str = MASTER_LIST_NAME) -> int:
        lists = self.standin.state.accounts[DEMO_ACCOUNT].lists.values()
        return sum(each.name == name for each in lists)


def problem_codes(operation: Operation) -> list[str]:
    return [why["code"] for why in operation.problems]
