"""What the tests of the synchronization start from: a connected account, or made-up reports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import MemoryHost
from tests.support.databases import DATABASES
from tests.support.fake_reports import FakeReports, Start, SyncedMailing, connect_engine
from tests.support.sync_world import SyncWorld


@pytest.fixture(params=DATABASES)
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Creates mailings that read the reports they are given."""
    url = f"sqlite:///{tmp_path / 'cxmc.db'}"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("empty_postgres_url"))
    mailings: list[SyncedMailing] = []

    def begin(reports: FakeReports) -> SyncedMailing:
        mailings.append(SyncedMailing(reports, connect_engine(url)))
        return mailings[-1]

    yield begin
    for mailing in mailings:
        mailing.close()


@pytest.fixture
def world(
    services: Services, standin: StandinServer, host: MemoryHost, clock: object, frozen_clock: None
) -> SyncWorld:
    """A connected account; time passes only where a test advances it."""
    return SyncWorld(services, standin, host, clock).connect()
