"""A desk with everything on it, for the tests of the use cases."""

from collections.abc import Callable

import pytest

from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.accounts import activation
from tests.support.administrator import Administrator
from tests.support.recruiter import Callback, Recruiter
from tests.support.steps import act_before_step


@pytest.fixture
def recruiter(
    connected: Services,
    host: MemoryHost,
    queue: ManualQueue,
    standin: StandinServer,
    recruiter_user: User,
) -> Recruiter:
    """The recruiter's, with one empty campaign. Workers never sleep: the desk skips their pauses."""
    return Recruiter(connected, host, queue, standin, recruiter_user, host.add_campaign())


@pytest.fixture
def before_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callback], None]:
    """Something happens when the send comes to a step, once."""

    def arrange(step: str, act: Callback) -> None:
        act_before_step(monkeypatch, step, act)

    return arrange


@pytest.fixture
def administrator(
    services: Services,
    queue: ManualQueue,
    standin: StandinServer,
    admin_user: User,
) -> Administrator:
    activation.request_activation(services, Press(admin_user, "on"))
    queue.run_all()
    return Administrator(services, queue, standin, admin_user)
