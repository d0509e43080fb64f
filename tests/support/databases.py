"""The databases a test runs on, and marks with which a module asks for them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from cxmc_ext.db import schema

# A server on which tests may create databases: without one they run on SQLite only.
POSTGRES = os.environ.get("CXMC_TEST_POSTGRES", "")
DATABASES = ["sqlite", *(["postgresql"] if POSTGRES else [])]

# For `pytestmark`: every test of the module runs on each database.
on_both = pytest.mark.parametrize("database_url", DATABASES, indirect=True)

# For transactions that overlap, which SQLite with its one writer does not allow.
on_postgres = pytest.mark.parametrize("database_url", DATABASES[1:], indirect=True)


@contextmanager
def temporary_postgres_database(name: str) -> Iterator[str]:
    """Creates a database on the PostgreSQL server, gives its URL, and drops it afterwards."""
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


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
