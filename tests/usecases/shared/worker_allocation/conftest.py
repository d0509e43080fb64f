"""Two accounts that compete for two workers; a test module may replace the fixtures."""

import pytest
from flask import Flask

from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue, MemoryMultiAccountHost
from cxmc_ext.usecases.shared import heartbeats
from tests.support.apps import set_sleep
from tests.support.two_tenants import NORTH, SOUTH, TwoTenants


@pytest.fixture
def host() -> MemoryMultiAccountHost:  # type: ignore[override]
    return MemoryMultiAccountHost(NORTH, SOUTH)


@pytest.fixture
def slept(app: Flask) -> list[float]:
    """The delays that a worker waited out."""
    delays: list[float] = []
    set_sleep(app, delays.append)
    return delays


@pytest.fixture
def two_tenants(
    slept: list[float],
    services: Services,
    host: MemoryMultiAccountHost,
    queue: ManualQueue,
    standin: StandinServer,
) -> TwoTenants:
    """Both accounts are connected, and two workers are alive."""
    tenants = TwoTenants(services, host, queue, standin).connect()
    for number in (1, 2):
        heartbeats.write_heartbeat(services, f"worker:here:{number}", "worker")
    return tenants
