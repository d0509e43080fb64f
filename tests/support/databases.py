"""Which databases a test is played on, and how a module says that it wants them all."""

import os

import pytest

POSTGRES = os.environ.get("CXMC_TEST_POSTGRES", "")
DATABASES = ["sqlite", *(["postgresql"] if POSTGRES else [])]
"""PostgreSQL where a server is named."""

on_both = pytest.mark.parametrize("database_url", DATABASES, indirect=True)
"""For `pytestmark`: every test of the module on each of them."""

on_postgres = pytest.mark.parametrize("database_url", DATABASES[1:], indirect=True)
"""For what SQLite's one writer at a time rules out: two transactions that meet in the middle."""
