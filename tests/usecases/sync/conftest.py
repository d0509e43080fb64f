"""A sent mailing with made-up reports, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import DATABASES
from tests.support.fake_reports import FakeReports, Start, SyncedMailing, connect_engine


@pytest.fixture(params=DATABASES)
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Creates mailings that read the reports they are given."""
    url = f"sqlite:///{tmp_path / 'cxmc.db'}"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
    mailings: list[SyncedMailing] = []

    def begin(reports: FakeReports) -> SyncedMailing:
        mailings.append(SyncedMailing(reports, connect_engine(url)))
        return mailings[-1]

    yield begin
    for mailing in mailings:
        mailing.close()
