"""One lab for all cases of this folder; every case starts from a checkpoint of it."""

from collections.abc import Iterator

import pytest

from tests.faults.bench import laboratory
from tests.faults.starts import Starts


@pytest.fixture(scope="session")
def starts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starts]:
    with laboratory(tmp_path_factory.mktemp("lab")) as built:
        yield built
