"""What every test may ask for: a stand-in, a CRM in memory, an app, its services, a connected account."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event

from cxmc_ext import CxMailChimp
from cxmc_ext.testing import ManualQueue, MemoryHost
from tests.support.databases import create_sqlite_file

# Statements about tables of a single test's own are never met again.
_MOST_COMPILED = 2000


class _CompiledStatements(dict[Any, Any]):
    """SQL that was compiled for the engine of one test, for those of later tests.

    Otherwise each would compile the same hundreds of statements again.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_any_engine(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= _MOST_COMPILED:
            self.clear()
        super().__setitem__(_of_any_engine(key), compiled)


def _of_any_engine(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *statement = key
    return type(dialect), *statement


_COMPILED = _CompiledStatements()


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
        SQLALCHEMY_ENGINE_OPTIONS={"execution_options": {"compiled_cache": _COMPILED}},
        CXMC_API_ROOT=api_root,
        CXMC_SECRET_KEYS=Fernet.generate_key().decode(),
        CXMC_TIME_ZONE="Europe/Amsterdam",
        CXMC_SETTLE_SECONDS=0,
    )
    db = SQLAlchemy()
    db.init_app(app)
    mailchimp = CxMailChimp(app, host=host, queue=queue, clock=clock)
    has_tables = create_sqlite_file(database_url)
    with app.app_context():
        if tame and db.engine.dialect.name == "sqlite":
            _immediate(db.engine)
        if not has_tables:
            mailchimp.create_tables()
    set_sleep(app, None)
    queue.bind(app)
    return app


def set_sleep(app: Flask, sleep: Callable[[float], object] | None) -> None:
    """How workers wait out a short delay; None leaves it to the next nudge, so that tests can skip it."""
    state = app.extensions["cxmc"]
    app.extensions["cxmc"] = replace(state, services=replace(state.services, sleep=sleep))


def close_app(app: Flask) -> None:
    db = app.extensions["sqlalchemy"]
    db.session.remove()
    db.engine.dispose()


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
