"""One environment for all tests of this folder; every case starts from a checkpoint of it."""

from collections.abc import Iterator

import pytest

from tests.faults.checkpoints import Checkpoints
from tests.faults.selection import RUN_ALL
from tests.faults.setup import open_environment, prepare_case
from tests.support.databases import DATABASES

# Where tests may use PostgreSQL, every sixth case runs there too.
POSTGRES_STEP = 6


@pytest.fixture(scope="session", params=DATABASES)
def all_checkpoints(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Checkpoints]:
    """Opened once per process and database; patches nothing outside a case."""
    with open_environment(tmp_path_factory.mktemp("faults"), request.param) as opened:
        yield opened


@pytest.fixture
def checkpoints(all_checkpoints: Checkpoints) -> Iterator[Checkpoints]:
    with prepare_case(all_checkpoints):
        yield all_checkpoints


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    on_postgres = [item for item in items if _database(item) == "postgresql"]
    left_out = set() if RUN_ALL else set(on_postgres) - set(on_postgres[::POSTGRES_STEP])
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _database(item: pytest.Item) -> object:
    spec = getattr(item, "callspec", None)
    return spec.params.get("all_checkpoints") if spec else None
