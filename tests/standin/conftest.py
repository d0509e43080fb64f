"""A running stand-in and a client with the demo key."""

from collections.abc import Iterator

import pytest

from cxmc_ext.standin import StandinServer
from tests.standin.client import StandinClient


@pytest.fixture
def standin() -> Iterator[StandinServer]:
    with StandinServer() as server:
        yield server


@pytest.fixture
def client(standin: StandinServer) -> StandinClient:
    return StandinClient(standin)
