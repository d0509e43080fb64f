"""Removing the extension drops its tables, once nothing is left that MailChimp would send."""

from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, inspect, text

from cxmc_ext import CxMailChimp, SetupError
from cxmc_ext.db import schema
from cxmc_ext.db.models import Account, Base
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.services import Services
from tests.support.databases import on_both
from tests.support.readme_code import ROOT, blocks


def test_removal_leaves_nothing_and_waits_for_deactivation(connected: Services) -> None:
    session, mailchimp = connected.session(), CxMailChimp()
    session.execute(text("CREATE TABLE mine (id INTEGER)"))
    session.commit()
    with pytest.raises(SetupError, match="press “Deactivate” first"):
        mailchimp.drop_tables()
    session.query(Account).update({"state": AccountState.INACTIVE})
    session.commit()
    mailchimp.drop_tables()
    mailchimp.drop_tables()
    tables = inspect(session.connection()).get_table_names()
    assert [name for name in tables if name == "mine" or name.startswith("cxmc")] == ["mine"]
    session.execute(text("DROP TABLE mine"))
    session.commit()


@pytest.fixture(scope="module")
def migration() -> dict[str, Any]:
    """The migration of the page."""
    page = blocks(ROOT / "docs" / "integrate.md")
    (source,) = [block for _, block in page if "op.drop_table" in block]
    names: dict[str, Any] = {}
    exec(compile(source, "integrate.md", "exec"), names)
    return names


def test_the_migration_names_each_table_before_those_that_it_references(
    migration: dict[str, Any],
) -> None:
    tables = list(migration["TABLES"])
    assert sorted(tables) == sorted([*Base.metadata.tables, schema.VERSION_TABLE])
    for table in Base.metadata.tables.values():
        referenced = {key.column.table.name for key in table.foreign_keys} - {table.name}
        assert referenced <= set(tables[tables.index(table.name) :])


@on_both
def test_the_migration_drops_the_tables_and_they_can_come_back(
    database_url: str, migration: dict[str, Any]
) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            schema.upgrade(connection)
        for _ in range(2):
            with Operations.context(MigrationContext.configure(connection)):
                migration["upgrade"]()
                assert inspect(connection).get_table_names() == []
                migration["downgrade"]()
            schema.upgrade(connection)
            assert schema.differences(connection) == []
    engine.dispose()
