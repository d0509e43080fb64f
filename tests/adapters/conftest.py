"""Fixtures: raw servers and a real Redis on a unix socket."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.support.raw_server import ConnectionHandler, RawServer
from tests.support.redis_server import RedisServer


@pytest.fixture
def raw() -> Iterator[Callable[[ConnectionHandler], RawServer]]:
    made: list[RawServer] = []

    def start(behave: ConnectionHandler) -> RawServer:
        made.append(RawServer(behave))
        return made[-1]

    yield start
    for server in made:
        server.close()


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[RedisServer]:
    folder = Path(tempfile.mkdtemp(prefix="cxmc", dir="/tmp"))  # a socket's path must be short
    server = RedisServer(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def redis_server(_redis_server: RedisServer) -> RedisServer:
    """Running and empty."""
    if _redis_server.process is None:
        _redis_server.start()
    with _redis_server.client() as client:
        client.flushall()
    return _redis_server


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Redis]:
    with redis_server.client() as client:
        yield client
