"""One lab for all cases of this folder; every case starts from a checkpoint of it."""

from collections.abc import Iterator

import pytest

from tests.faults.bench import DATABASES, laboratory
from tests.faults.selection import ALL
from tests.faults.starts import Starts

EVERY = 6
"""Where a PostgreSQL server is named: every so many-th case is played there as well."""


@pytest.fixture(scope="session", params=DATABASES)
def starts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Starts]:
    with laboratory(tmp_path_factory.mktemp("lab"), request.param) as built:
        yield built


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    there = [item for item in items if _database(item) == "postgresql"]
    spared = set() if ALL else set(there) - set(there[::EVERY])
    config.hook.pytest_deselected(items=list(spared))
    items[:] = [item for item in items if item not in spared]


def _database(item: pytest.Item) -> object:
    spec = getattr(item, "callspec", None)
    return spec.params.get("starts") if spec else None
