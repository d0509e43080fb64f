"""A desk with everything on it, for the tests of the use cases."""

import pytest
from desk import Desk

from cxmc_ext.domain.values import User
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import HandQueue, MemoryHost
from cxmc_ext.usecases import operations


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
