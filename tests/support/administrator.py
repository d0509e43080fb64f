"""An administrator in the settings of the tab."""

from dataclasses import dataclass

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue
from cxmc_ext.usecases.accounts import connection_requests
from tests.support.environment import Environment

MASTER_LIST_NAME = "Carerix Users MailChimp Master List"


@dataclass
class Administrator(Environment):
    """Presses buttons of the settings and sees what became of them."""

    services: Services
    queue: ManualQueue
    standin: StandinServer
    admin: User
    press_count: int = 0

    def initialize(self, key: str, audience: str | None = None) -> Operation:
        """Presses "Initialize" and lets workers finish."""
        self.press_count += 1
        press = Press(self.admin, f"c{self.press_count}")
        operation_id = connection_requests.request_connection(self.services, press, key, audience)
        self.run_workers()
        return self.operation(operation_id)

    def count_audiences(self, name: str = MASTER_LIST_NAME) -> int:
        return sum(audience.name == name for audience in self.remote_account.lists.values())
