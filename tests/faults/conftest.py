"""One lab for all cases of this folder; every case starts from a checkpoint of it."""

from collections.abc import Iterator

import pytest

from tests.faults.checkpoints import Checkpoints
from tests.faults.selection import RUN_ALL
from tests.faults.setup import open_environment, prepare_case
from tests.support.databases import DATABASES

EVERY = 6
"""Where a PostgreSQL server is named: every so many-th case is played there as well."""


@pytest.fixture(scope="session", params=DATABASES)
def all_checkpoints(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Checkpoints]:
    """Built once; nothing of it shows outside a case."""
    with open_environment(tmp_path_factory.mktemp("lab"), request.param) as built:
        yield built


@pytest.fixture
def checkpoints(all_checkpoints: Checkpoints) -> Iterator[Checkpoints]:
    with prepare_case(all_checkpoints):
        yield all_checkpoints


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    there = [item for item in items if _database(item) == "postgresql"]
    spared = set() if RUN_ALL else set(there) - set(there[::EVERY])
    config.hook.pytest_deselected(items=list(spared))
    items[:] = [item for item in items if item not in spared]


def _database(item: pytest.Item) -> object:
    spec = getattr(item, "callspec", None)
    return spec.params.get("all_checkpoints") if spec else None
