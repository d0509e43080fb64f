"""pytest fixtures, available in every project that has the package installed. All begin with cxmc_."""

from collections.abc import Iterator

import pytest

from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost


@pytest.fixture
def cxmc_standin() -> Iterator[StandinServer]:
    """A simulated MailChimp in the test process; set CXMC_API_ROOT to `cxmc_standin.url`."""
    with StandinServer() as server:
        yield server


@pytest.fixture
def cxmc_host() -> MemoryHost:
    """A CRM in memory with an admin, a recruiter and an intern."""
    return MemoryHost()


@pytest.fixture
def cxmc_queue() -> ManualQueue:
    """A queue for CxMailChimp: call `bind(app)` once, then `run_all()` to do a worker's work."""
    return ManualQueue()


@pytest.fixture
def cxmc_clock(cxmc_standin: StandinServer) -> Clock:
    """A clock for CxMailChimp: the time of the stand-in plus what the test adds."""
    return Clock(lambda: int(cxmc_standin.state.clock.now()))
