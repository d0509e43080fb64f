"""The tables: created, upgraded with their rows, compared, and seen by a host's own Alembic."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import api, compare_metadata, produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from cryptography.fernet import Fernet
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Table, inspect, select, text

from cxmc_ext import CxMailChimp, SetupError
from cxmc_ext.db import schema
from cxmc_ext.db.models import Account, Base
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.admin import schema as use
from tests.support.databases import DATABASES

_VALUES = {"VARCHAR": "x", "TEXT": "x", "JSON": [], "BOOLEAN": True, "BLOB": b"x", "BYTEA": b"x"}
_NOTHING_TO_DO = "ok   the tables are those of this release, nothing to do\n"
_NEXT_REVISION = '''
"""add a column"""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None


def upgrade():
    op.add_column("cxmc_account", sa.Column("extra", sa.Integer(), nullable=False, server_default="7"))


def downgrade():
    op.drop_column("cxmc_account", "extra")
'''


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'old.db'}"


@pytest.fixture
def app(url: str) -> Iterator[Flask]:
    """An app of this release over a database that has no table yet."""
    app = make_app(url)
    with app.app_context():
        yield app
    close_app(app)


def make_app(url: str) -> Flask:
    app = Flask("mine")
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="x")
    app.config["CXMC_SECRET_KEYS"] = Fernet.generate_key().decode()
    SQLAlchemy().init_app(app)
    CxMailChimp(app, host=MemoryHost(), queue=ManualQueue())
    return app


def close_app(app: Flask) -> None:
    with app.app_context():
        app.extensions["sqlalchemy"].session.remove()
        app.extensions["sqlalchemy"].engine.dispose()


@contextmanager
def connected(app: Flask) -> Iterator[Connection]:
    with app.extensions["sqlalchemy"].engine.begin() as connection:
        yield connection


def upgrade(app: Flask) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["cxmc", "upgrade"])
    return result.exit_code, result.output


def fill(app: Flask) -> None:
    """A row in every table."""
    with connected(app) as connection:
        for table in Base.metadata.sorted_tables:
            connection.execute(table.insert(), row_of(table, connection))


def row_of(table: Table, connection: Connection) -> dict[str, Any]:
    dialect = connection.dialect
    kinds = {c.name: c.type.compile(dialect).partition("(")[0] for c in table.columns}
    row = {name: _VALUES.get(kind, 1) for name, kind in kinds.items()}
    return row | ({"state": AccountState.ACTIVE} if table.name == "cxmc_account" else {})


def content(app: Flask) -> dict[str, list[Any]]:
    with connected(app) as connection:
        tables = inspect(connection).get_table_names()
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]
            for table in tables
        }


def next_release(connection: Connection, folder: Path) -> Any:
    """Alembic's configuration of a release that has one revision more."""
    (folder / "v0002_add_a_column.py").write_text(_NEXT_REVISION, encoding="utf-8")
    config = schema.make_config(connection)
    ours = f"{config.get_main_option('script_location')}/versions"
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{ours}\n{folder}")
    return config


def test_the_revisions_make_the_tables_of_the_models(app: Flask) -> None:
    assert upgrade(app) == (
        0,
        "ok   create the tables\nok   the tables are those of this release\n",
    )
    with connected(app) as connection:
        assert schema.differences(connection) == []
        assert schema.pending(connection) == []
        metadata = app.extensions["sqlalchemy"].metadata
        changes = compare_metadata(MigrationContext.configure(connection), metadata)
    assert changes == [], "the host's next migration would drop the version table"


def test_an_upgrade_that_finds_nothing_to_do_changes_nothing(app: Flask) -> None:
    upgrade(app)
    fill(app)
    before = content(app)
    assert upgrade(app) == (0, _NOTHING_TO_DO)
    assert content(app) == before


def test_the_next_release_adds_without_losing_a_row(app: Flask, tmp_path: Path) -> None:
    upgrade(app)
    fill(app)
    before = content(app)
    for _ in range(2):
        with connected(app) as connection:
            schema.begin_exclusively(connection)
            command.upgrade(next_release(connection, tmp_path), "head")
    after = content(app)
    assert after.pop(schema.VERSION_TABLE) == [("0002",)]
    assert before.pop(schema.VERSION_TABLE) == [("0001",)]
    assert [row[-1] for row in after["cxmc_account"]] == [7]
    after["cxmc_account"] = [row[:-1] for row in after["cxmc_account"]]
    assert after == before


def test_a_worker_of_this_release_still_writes_after_the_next_one_upgraded(
    app: Flask, tmp_path: Path
) -> None:
    upgrade(app)
    fill(app)
    with connected(app) as connection:
        command.upgrade(next_release(connection, tmp_path), "head")
    services = app.extensions["cxmc"].services
    services.session().add(Account(id=2, ref="second"))
    services.session().commit()
    with connected(app) as connection:
        states = connection.execute(select(Account.state).order_by(Account.id)).scalars().all()
    assert states == [AccountState.ACTIVE, AccountState.INACTIVE]


def test_tables_of_a_later_release_are_left_alone(app: Flask, tmp_path: Path) -> None:
    upgrade(app)
    with connected(app) as connection:
        command.upgrade(next_release(connection, tmp_path), "head")
    before = content(app)
    code, output = upgrade(app)
    assert code == 1
    assert "install that release" in output
    services = app.extensions["cxmc"].services
    with pytest.raises(SetupError):
        use.upgrade(services)
    assert use.schema_status(services).is_newer
    assert content(app) == before


def test_tables_that_the_host_created_are_adopted_as_they_are(app: Flask) -> None:
    app.extensions["sqlalchemy"].create_all()
    fill(app)
    before = content(app)
    assert upgrade(app) == (0, _NOTHING_TO_DO)
    assert content(app) == before | {schema.VERSION_TABLE: [("0001",)]}


def test_a_host_with_its_own_alembic_needs_no_revision_of_ours(app: Flask) -> None:
    app.extensions["sqlalchemy"].create_all()
    status = use.schema_status(app.extensions["cxmc"].services)
    assert (status.is_newer, status.missing, status.advisable) == (False, (), ())
    assert content(app)[schema.VERSION_TABLE] == []


def test_two_upgrades_at_once_are_one(url: str) -> None:
    apps = [make_app(url) for _ in range(2)]
    barrier, results = threading.Barrier(2), []

    def run(app: Flask) -> None:
        barrier.wait()
        results.append(upgrade(app))

    threads = [threading.Thread(target=run, args=(app,)) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for app in apps:
        close_app(app)
    assert sorted(code for code, _ in results) == [0, 0], results
    assert sum("create the tables" in output for _, output in results) == 1


_REPLACED_BY = {
    "another type": (
        "DROP TABLE cxmc_heartbeat; CREATE TABLE cxmc_heartbeat (name INTEGER NOT NULL PRIMARY KEY,"
        " kind VARCHAR(20) NOT NULL, at BIGINT NOT NULL)",
        "cxmc_heartbeat.name has another type",
    ),
    "a shorter column": (
        "DROP TABLE cxmc_heartbeat; CREATE TABLE cxmc_heartbeat (name VARCHAR(9) NOT NULL PRIMARY KEY,"
        " kind VARCHAR(20) NOT NULL, at BIGINT NOT NULL)",
        "cxmc_heartbeat.name has another type",
    ),
    "no unique constraint": (
        "DROP TABLE cxmc_clicked_link; CREATE TABLE cxmc_clicked_link (id BIGINT NOT NULL PRIMARY KEY,"
        " mailing_id BIGINT NOT NULL, url TEXT NOT NULL)",
        "uq_cxmc_clicked_link_url is missing",
    ),
    "an unknown column that must not be empty": (
        "DROP TABLE cxmc_press_count; CREATE TABLE cxmc_press_count (actor_id VARCHAR(64) NOT NULL"
        " PRIMARY KEY, window_start BIGINT NOT NULL, count INTEGER NOT NULL, x INTEGER NOT NULL)",
        "cxmc_press_count.x is unknown and requires a value",
    ),
    "a missing column": ("ALTER TABLE cxmc_mailing DROP COLUMN problems", "cxmc_mailing.problems"),
    "a missing table": ("DROP TABLE cxmc_audit", "cxmc_audit is missing"),
}


@pytest.mark.parametrize("harm", _REPLACED_BY)
def test_what_no_revision_explains_is_refused_in_words_and_nothing_is_done(
    app: Flask, harm: str
) -> None:
    statements, words = _REPLACED_BY[harm]
    upgrade(app)
    with connected(app) as connection:
        for statement in statements.split(";"):
            connection.execute(text(statement))
    before = content(app)
    code, output = upgrade(app)
    assert (code, words in output) == (1, True), output
    assert "Traceback" not in output
    assert content(app) == before


def test_a_missing_index_is_only_advice(app: Flask) -> None:
    upgrade(app)
    with connected(app) as connection:
        connection.execute(text("DROP INDEX ix_cxmc_mailing_remote"))
    status = use.schema_status(app.extensions["cxmc"].services)
    assert (status.missing, status.advisable) == ((), ("index ix_cxmc_mailing_remote is missing",))
    assert upgrade(app)[0] == 0


def test_alembic_is_imported_by_migrations_only() -> None:
    """It takes 9 MB, which web processes and workers need not spend."""
    program = "import sys, cxmc_ext.extension, cxmc_ext.jobs; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_alembic_sees_our_tables_once_and_needs_nothing_of_ours(app: Flask) -> None:
    """What `flask db migrate` does: the first run makes everything, the second finds nothing."""
    db = app.extensions["sqlalchemy"]
    with connected(app) as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": db.metadata})
        made = produce_migrations(context, db.metadata)
        code = api.render_python_code(made.upgrade_ops)
        assert "cxmc_ext" not in code
        for each in made.upgrade_ops.ops:
            _apply(Operations(context), each)
        again = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(again, db.metadata) == []
        assert schema.differences(connection) == []


def _apply(operations: Operations, each: Any) -> None:
    for one in getattr(each, "ops", None) or [each]:
        operations.invoke(one)
