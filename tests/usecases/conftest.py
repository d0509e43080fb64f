"""A desk with everything on it, for the tests of the use cases."""

from collections.abc import Callable
from typing import Any

import pytest
from desk import Act, Desk
from office import Office

from cxmc_ext.domain.values import User
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import HandQueue, MemoryHost
from cxmc_ext.usecases import activate, operations
from cxmc_ext.usecases.steps import STEPS


@pytest.fixture
def desk(
    connected: Services,
    host: MemoryHost,
    queue: HandQueue,
    standin: StandinServer,
    recruiter: User,
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    """The recruiter's, with one empty campaign. Workers never sleep: the desk skips their pauses."""
    monkeypatch.setattr(operations, "PATIENCE", -1.0)
    return Desk(connected, host, queue, standin, recruiter, host.add_campaign())


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Act], None]:
    """Something happens when the send comes to a step, once."""

    def arrange(step: str, act: Act) -> None:
        table = STEPS["send"]
        once = table[step]

        def stepped(run: Any) -> str | None:
            monkeypatch.setitem(table, step, once)  # type: ignore[arg-type]
            run.session.rollback()
            act()
            return once(run)

        monkeypatch.setitem(table, step, stepped)  # type: ignore[arg-type]

    return arrange


@pytest.fixture
def settings(
    services: Services,
    queue: HandQueue,
    standin: StandinServer,
    admin: User,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    monkeypatch.setattr(operations, "PATIENCE", -1.0)
    activate.request_activation(services, admin, "on")
    queue.run_all()
    return Office(services, queue, standin, admin)


@pytest.fixture
def boss(admin: User) -> User:
    """Who may erase."""
    return admin
