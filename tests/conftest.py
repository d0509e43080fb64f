"""Fixtures for all tests: a stand-in, a CRM in memory, an app, its services, a connected account, Redis."""

import gc
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from redis import Redis

from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost
from cxmc_ext.usecases.accounts import activation, connection_requests
from tests.support.apps import close_app, make_app
from tests.support.databases import ReusedDatabase, temporary_postgres_database
from tests.support.redis_server import RedisServer


def pytest_collection_finish() -> None:
    """The garbage collector looks less often, and never at what was imported: a tenth less work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


@pytest.fixture(autouse=True)
def _no_leaked_app_context() -> None:
    """Tests of several folders share a process: a leaked app context would change what they test."""
    assert not has_app_context(), "a fixture with a wider scope left its app context open"


@pytest.fixture
def standin() -> Iterator[StandinServer]:
    with StandinServer() as server:
        yield server


@pytest.fixture
def host() -> MemoryHost:
    return MemoryHost()


@pytest.fixture
def queue() -> ManualQueue:
    return ManualQueue()


@pytest.fixture
def clock(standin: StandinServer) -> Clock:
    return Clock(lambda: int(standin.state.clock.now()))


@pytest.fixture
def frozen_clock(standin: StandinServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stops the stand-in's clock: time passes only where a test advances it."""
    clock, started = standin.state.clock, time.time()
    monkeypatch.setattr(clock, "exact", lambda: started + clock.offset)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new SQLite file, or the database that `on_both`, `on_postgres` and `on_new_postgres` ask for."""
    match getattr(request, "param", "sqlite"):
        case "postgresql":
            return str(request.getfixturevalue("empty_postgres_url"))
        case "new postgresql":
            return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'cxmc.db'}"


@pytest.fixture(scope="session")
def _reused_database() -> Iterator[ReusedDatabase]:
    database = ReusedDatabase(f"cxmc_{os.getpid()}_reused")
    yield database
    database.drop()


@pytest.fixture
def empty_postgres_url(_reused_database: ReusedDatabase) -> str:
    """A PostgreSQL database with our tables and no rows, shared with earlier tests."""
    return _reused_database.emptied()


@pytest.fixture
def postgres_url(tmp_path: Path) -> Iterator[str]:
    """A new PostgreSQL database, dropped after the test."""
    name = f"cxmc_{os.getpid()}_" + tmp_path.name.replace("-", "_").lower()[-40:]
    with temporary_postgres_database(name) as url:
        yield url


@pytest.fixture
def app(
    database_url: str, standin: StandinServer, host: MemoryHost, queue: ManualQueue, clock: Clock
) -> Iterator[Flask]:
    app = make_app(database_url, standin.url, host, queue, clock)
    with app.app_context():
        yield app
        close_app(app)


@pytest.fixture
def services(app: Flask) -> Services:
    services: Services = app.extensions["cxmc"].services
    return services


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def admin_user(host: MemoryHost) -> User:
    return host.users["admin"][0]


@pytest.fixture
def recruiter_user(host: MemoryHost) -> User:
    return host.users["recruiter"][0]


@pytest.fixture
def connected(services: Services, queue: ManualQueue, admin_user: User) -> Services:
    """The module activated and the demo key initialized, by pressing the buttons."""
    activation.request_activation(services, Press(admin_user, "nonce-activate"))
    connection_requests.request_connection(
        services, Press(admin_user, "nonce-connect"), DEMO_KEY, None
    )
    queue.run_all()
    return services


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
