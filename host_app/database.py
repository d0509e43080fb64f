"""The CRM's database: the `db` object, the settings of SQLite, and statements for both databases."""

from collections.abc import Sequence
from typing import Any, cast

from flask import Flask, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, CursorResult, Engine, MetaData, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase

_NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
_SQLITE_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "busy_timeout = 5000",
    "foreign_keys = ON",
)
_READING_METHODS = {"GET", "HEAD", "OPTIONS"}


class Base(DeclarativeBase):
    """Base class of the CRM's models."""

    metadata = MetaData(naming_convention=_NAMING_CONVENTION)


db = SQLAlchemy(metadata=Base.metadata)


def init_database(app: Flask) -> None:
    """Connects `db` to the app. On SQLite, writers wait for each other instead of failing."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        _configure_sqlite(engine)


def dialect_insert(model: type[Base]) -> Any:
    """An INSERT with `on_conflict_do_nothing`, which exists per database."""
    dialects = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return dialects[db.engine.dialect.name](model)


def execute_rowcount(statement: Any) -> int:
    """Executes an INSERT, UPDATE or DELETE; returns the number of rows it changed."""
    # Without this option an INSERT on PostgreSQL reports -1.
    result = db.session.execute(statement, execution_options={"preserve_rowcount": True})
    return int(cast(CursorResult[Any], result).rowcount)


def missing_columns() -> Sequence[str]:
    """The columns, as `table.column`, that existing tables do not have yet. Missing tables are ignored."""
    inspector = inspect(db.engine)
    existing_tables = set(inspector.get_table_names())
    missing: list[str] = []
    for table in db.metadata.sorted_tables:
        if table.name in existing_tables:
            names = {column["name"] for column in inspector.get_columns(table.name)}
            missing += [f"{table.name}.{c.name}" for c in table.columns if c.name not in names]
    return missing


def _configure_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # The driver must not start transactions by itself.
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that starts as a reader and then writes fails at once, without waiting, if
        # another one has written meanwhile: https://sqlite.org/rescode.html#busy_snapshot
        # So everything that may write takes the lock first; page views stay readers.
        is_reading = has_request_context() and request.method in _READING_METHODS
        connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")
