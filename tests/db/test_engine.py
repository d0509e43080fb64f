"""The Host's engine: supported databases, and one set of tables when its MetaData has a schema."""

import sqlite3
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.fernet import Fernet
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData, text

from cxmc_ext import CxMailChimp, SetupError
from cxmc_ext.db.models import Base
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.admin import schema as use
from tests.support.databases import POSTGRES

_TABLES = text("SELECT table_schema, table_name FROM information_schema.tables"
               " WHERE table_name LIKE 'cxmc%'")  # fmt: skip


def make_app(url: str, metadata: MetaData | None = None, **options: object) -> Flask:
    app = Flask("mine")
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="x", **options)
    app.config["CXMC_SECRET_KEYS"] = Fernet.generate_key().decode()
    SQLAlchemy(metadata=metadata).init_app(app)
    CxMailChimp(app, host=MemoryHost(), queue=ManualQueue())
    return app


@pytest.mark.parametrize("name", ["mysql", "mariadb", "mssql"])
def test_other_databases_are_refused_at_startup(name: str) -> None:
    driver = {"mssql": "pymssql"}.get(name, "pymysql")
    options = {"SQLALCHEMY_ENGINE_OPTIONS": {"module": sqlite3}}  # in place of their drivers
    with pytest.raises(SetupError, match=f"names {name}: .* PostgreSQL and SQLite only"):
        make_app(f"{name}+{driver}://crm@localhost/crm", **options)


def test_a_schema_is_refused_where_the_database_has_none() -> None:
    """SQLite's are attached files: some statements would find our tables there, others make new ones."""
    with pytest.raises(SetupError, match=r"MetaData\(schema='crm'\) works with PostgreSQL only"):
        make_app("sqlite://", MetaData(schema="crm"))


@pytest.fixture
def app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    if not POSTGRES:
        pytest.skip("needs PostgreSQL")
    app = make_app(request.getfixturevalue("postgres_url"), MetaData(schema="my crm"))
    with app.app_context():
        yield app
        db = app.extensions["sqlalchemy"]
        db.session.remove()
        db.engine.dispose()


def places(app: Flask) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for schema, table in app.extensions["sqlalchemy"].session.execute(_TABLES):
        found.setdefault(schema, set()).add(table)
    return found


def create_schema(app: Flask) -> None:
    session = app.extensions["sqlalchemy"].session
    session.execute(text('CREATE SCHEMA "my crm"'))
    session.commit()


def doctor(app: Flask) -> list[str]:
    return app.test_cli_runner().invoke(args=["cxmc", "doctor"]).output.splitlines()


def test_a_missing_schema_is_named_and_nothing_is_created_elsewhere(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["cxmc", "init-db"])
    assert result.exit_code == 1
    assert 'CREATE SCHEMA "my crm"' in result.output
    assert places(app) == {}
    (line,) = [line for line in doctor(app) if "CREATE SCHEMA" in line]
    assert line.startswith("fail there are no tables: The schema of your MetaData does not exist")


def test_our_migrations_use_the_schema_of_the_host(app: Flask) -> None:
    create_schema(app)
    runner = app.test_cli_runner()
    assert runner.invoke(args=["cxmc", "init-db"]).exit_code == 0
    assert "nothing to do" in runner.invoke(args=["cxmc", "upgrade"]).output
    assert places(app) == {"my crm": {*Base.metadata.tables, "cxmc_alembic_version"}}
    db = app.extensions["sqlalchemy"]
    with db.engine.connect() as connection:
        options = {"include_schemas": True, "include_name": _in_schema}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, db.metadata) == []


def test_the_hosts_alembic_sees_every_table_once(app: Flask) -> None:
    """Seen twice, `flask db migrate` would drop the one that its metadata does not have."""
    create_schema(app)
    db = app.extensions["sqlalchemy"]
    db.create_all()
    assert db.session.execute(text("SELECT count(*) FROM cxmc_account")).scalar() == 0
    db.session.commit()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_schemas": True})
        assert compare_metadata(context, db.metadata) == []


@pytest.mark.parametrize("command", ["init-db", None], ids=["by our migrations", "by the host"])
def test_created_tables_leave_room_for_changed_recipients(app: Flask, command: str | None) -> None:
    create_schema(app)
    db = app.extensions["sqlalchemy"]
    if command:
        app.test_cli_runner().invoke(args=["cxmc", command])
    else:
        db.create_all()
    options = text("SELECT reloptions FROM pg_class WHERE relname = 'cxmc_recipient'")
    assert db.session.scalar(options) == ["fillfactor=50"]


def test_removal_drops_the_tables_in_the_schema_of_the_host(app: Flask) -> None:
    create_schema(app)
    assert app.test_cli_runner().invoke(args=["cxmc", "init-db"]).exit_code == 0
    CxMailChimp().drop_tables()
    assert places(app) == {}


def _in_schema(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name == "my crm"


def test_tables_of_the_host_are_those_that_pages_and_workers_use(app: Flask) -> None:
    create_schema(app)
    app.extensions["sqlalchemy"].create_all()
    assert places(app) == {"my crm": {*Base.metadata.tables, "cxmc_alembic_version"}}
    services = app.extensions["cxmc"].services
    status = use.schema_status(services)
    assert (status.missing, status.advisable) == ((), ())
    runner = app.test_cli_runner()
    assert runner.invoke(args=["cxmc", "activate"]).exit_code == 0
    rows = services.session().execute(text('SELECT ref FROM "my crm".cxmc_account')).all()
    assert len(rows) == 1
