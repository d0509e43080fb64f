"""What every test may ask for: a stand-in, a CRM in memory, an app, its services, a connected account."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url

from cxmc_ext import CxMailChimp
from cxmc_ext.domain.values import User
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost
from cxmc_ext.usecases import activate, connect
from tests.databases import POSTGRES


@pytest.fixture(autouse=True)
def _on_its_own() -> None:
    """Tests of several folders share a process: none may find another one's app current."""
    assert not has_app_context(), "a fixture of a wider scope left its app context open"


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
def still(standin: StandinServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes where a test lets it and nowhere else: no second turns between two looks at the clock."""
    clock, began = standin.state.clock, time.time()
    monkeypatch.setattr(clock, "exact", lambda: began + clock.offset)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh SQLite file, or what `on_both` says."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'cxmc.db'}"


@pytest.fixture
def postgres_url(tmp_path: Path) -> Iterator[str]:
    """A fresh PostgreSQL database of its own, dropped afterwards."""
    name = f"cxmc_{os.getpid()}_" + tmp_path.name.replace("-", "_").lower()[-40:]
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with admin.connect() as link:
        link.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        link.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as link:
        link.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture
def app(
    database_url: str, standin: StandinServer, host: MemoryHost, queue: ManualQueue, clock: Clock
) -> Iterator[Flask]:
    app = make_app(database_url, standin.url, host, queue, clock)
    with app.app_context():
        yield app
        close_app(app)


def make_app(
    database_url: str,
    api_root: str,
    host: MemoryHost,
    queue: ManualQueue,
    clock: Callable[[], int],
    *,
    tame: bool = True,
) -> Flask:
    """A minimal host app with the extension installed, its tables made, its queue driven by hand.

    `tame`: SQLite is set up the way the README advises.
    """
    app = Flask("acme", root_path=str(Path(__file__).parent))  # not the CRM's templates
    app.config.update(
        SECRET_KEY="test",
        TESTING=True,
        SQLALCHEMY_DATABASE_URI=database_url,
        CXMC_API_ROOT=api_root,
        CXMC_SECRET_KEYS=Fernet.generate_key().decode(),
        CXMC_TIME_ZONE="Europe/Amsterdam",
        CXMC_SETTLE_SECONDS=0,
    )
    db = SQLAlchemy()
    db.init_app(app)
    CxMailChimp(app, host=host, queue=queue, clock=clock)
    with app.app_context():
        if tame and db.engine.dialect.name == "sqlite":
            _immediate(db.engine)
        app.extensions["cxmc"].create_tables()
    queue.bind(app)
    return app


def close_app(app: Flask) -> None:
    db = app.extensions["sqlalchemy"]
    db.session.remove()
    db.engine.dispose()


@pytest.fixture
def services(app: Flask) -> Services:
    found: Services = app.extensions["cxmc"].services
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def admin(host: MemoryHost) -> User:
    return host.users["admin"][0]


@pytest.fixture
def recruiter(host: MemoryHost) -> User:
    return host.users["recruiter"][0]


@pytest.fixture
def connected(services: Services, queue: ManualQueue, admin: User) -> Services:
    """The module activated and the demo key initialised, through the product's own path."""
    activate.request_activation(services, admin, "nonce-activate")
    connect.request_connection(services, admin, "nonce-connect", DEMO_KEY, None)
    queue.run_all()
    return services


def _immediate(engine: object) -> None:
    """WAL and BEGIN IMMEDIATE: what README advises for SQLite; read-then-write never deadlocks.

    Its lock is not given in turn: of a dozen threads on a slow machine one may wait for seconds.
    """

    @event.listens_for(engine, "connect")
    def _open(link: object, _record: object) -> None:
        link.isolation_level = None  # type: ignore[attr-defined]
        cursor = link.cursor()  # type: ignore[attr-defined]
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=60000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(link: object) -> None:
        link.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]
