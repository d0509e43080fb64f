"""The databases a test runs on, and marks with which a module asks for them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

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
