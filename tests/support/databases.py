"""The databases a test runs on, and marks with which a module asks for them."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, text
from sqlalchemy.engine import make_url

from cxmc_ext.db import schema

# A server on which tests may create databases: without one they run on SQLite only.
POSTGRES = os.environ.get("CXMC_TEST_POSTGRES", "")
DATABASES = ["sqlite", *(["postgresql"] if POSTGRES else [])]

# For `pytestmark`: every test of the module runs on each database.
on_both = pytest.mark.parametrize("database_url", DATABASES, indirect=True)

# For transactions that overlap, which SQLite with its one writer does not allow.
on_postgres = pytest.mark.parametrize("database_url", DATABASES[1:], indirect=True)

# For tests of statistics and plans: a database that no other test has used.
on_new_postgres = pytest.mark.parametrize(
    "database_url",
    [pytest.param(f"new {name}", id=name) for name in DATABASES[1:]],
    indirect=True,
)

_RELATIONS = """
SELECT string_agg(concat_ws(' ', relname, relkind, reloptions::text), ', ' ORDER BY relname)
FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
_DISCONNECT_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_RESTART_IDS = """
SELECT setval(oid::regclass, 1, false) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
"""


@contextmanager
def temporary_postgres_database(name: str) -> Iterator[str]:
    """Creates a database on the PostgreSQL server, gives its URL, and drops it afterwards."""
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        yield _url(name)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


class ReusedDatabase:
    """A PostgreSQL database with our tables, emptied before each test: much quicker than a new one.

    A test that changed the tables themselves costs the next one a new database.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._context: AbstractContextManager[str] | None = None
        self._engine: Engine | None = None
        self._relations = ""

    def emptied(self) -> str:
        """Removes all rows, and gives the database's URL."""
        if self._engine is not None:
            with self._engine.begin() as connection:
                connection.execute(text(_DISCONNECT_OTHERS))
                if connection.scalar(text(_RELATIONS)) == self._relations:
                    _remove_rows(connection)
                    return _url(self._name)
        return self._create()

    def drop(self) -> None:
        if self._engine is not None and self._context is not None:
            self._engine.dispose()
            self._context.__exit__(None, None, None)

    def _create(self) -> str:
        self.drop()
        self._context = temporary_postgres_database(self._name)
        url = self._context.__enter__()
        self._engine = create_engine(url, poolclass=NullPool)
        with self._engine.begin() as connection:
            schema.upgrade(connection)
            self._relations = str(connection.scalar(text(_RELATIONS)))
        return url


def _remove_rows(connection: Connection) -> None:
    tables = [
        name for name in inspect(connection).get_table_names() if name != schema.VERSION_TABLE
    ]
    filled = [
        name for name in tables if connection.scalar(text(f'SELECT EXISTS (SELECT FROM "{name}")'))
    ]
    if filled:
        names = ", ".join(f'"{name}"' for name in filled)
        connection.execute(text(f"TRUNCATE {names} CASCADE"))
    connection.execute(text(_RESTART_IDS))


def _url(name: str) -> str:
    return make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)


def create_sqlite_file(database_url: str) -> bool:
    """Creates a SQLite database with our tables: a copy is quicker than running the revisions.

    Returns:
        False for another kind of database, and for a file that exists.
    """
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database or Path(url.database).exists():
        return False
    Path(url.database).write_bytes(_sqlite_file_with_tables())
    return True


@cache
def _sqlite_file_with_tables() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tables.db"
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            schema.upgrade(connection)
        engine.dispose()
        return path.read_bytes()
