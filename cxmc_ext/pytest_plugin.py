"""Fixtures for an integrator's tests, there as soon as the package is installed; all begin with cxmc_."""

from collections.abc import Iterator

import pytest

from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost


@pytest.fixture
def cxmc_standin() -> Iterator[StandinServer]:
    """A MailChimp of its own inside the test process; `cxmc_standin.url` is for CXMC_API_ROOT."""
    with StandinServer() as server:
        yield server


@pytest.fixture
def cxmc_host() -> MemoryHost:
    """A CRM in memory with an admin, a recruiter and an intern."""
    return MemoryHost()


@pytest.fixture
def cxmc_queue() -> ManualQueue:
    """Give it to CxMailChimp as `queue`, call `drive(app)`, and `run_all()` is the worker."""
    return ManualQueue()


@pytest.fixture
def cxmc_clock(cxmc_standin: StandinServer) -> Clock:
    """The stand-in's time plus what the test adds; give it to CxMailChimp as `clock`."""
    return Clock(lambda: int(cxmc_standin.state.clock.now()))
