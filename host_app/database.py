"""The one database of the CRM: the `db` object, how SQLite is told to behave, and portable upserts."""

from collections.abc import Sequence
from typing import Any, cast

from flask import Flask, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, CursorResult, Engine, MetaData, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase

_NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "busy_timeout = 5000",
    "foreign_keys = ON",
)
_READING = {"GET", "HEAD", "OPTIONS"}


class Base(DeclarativeBase):
    """Root of the CRM's models."""

    metadata = MetaData(naming_convention=_NAMES)


db = SQLAlchemy(metadata=Base.metadata)


def init_database(app: Flask) -> None:
    """Bind `db` to the app; on SQLite every writer queues up instead of losing updates."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        _teach_sqlite(engine)


def dialect_insert(model: type[Base]) -> Any:
    """An INSERT that knows `on_conflict_do_nothing`, in the dialect of the database."""
    dialects = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return dialects[db.engine.dialect.name](model)


def execute_rowcount(statement: Any) -> int:
    """Runs an INSERT, UPDATE or DELETE in the session; returns how many rows it touched."""
    counted = {"preserve_rowcount": True}  # else an INSERT on PostgreSQL reports -1
    done = db.session.execute(statement, execution_options=counted)
    return int(cast(CursorResult[Any], done).rowcount)


def missing_columns() -> Sequence[str]:
    """`table.column` of everything the models expect and existing tables lack; absent tables pass."""
    found = inspect(db.engine)
    existing = set(found.get_table_names())
    lacking: list[str] = []
    for table in db.metadata.sorted_tables:
        if table.name in existing:
            columns = {column["name"] for column in found.get_columns(table.name)}
            lacking += [f"{table.name}.{c.name}" for c in table.columns if c.name not in columns]
    return lacking


def _teach_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin by itself
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns writer half-way fails at once when another wrote since.
        # So whatever may write takes the lock first; page views stay readers.
        reading = has_request_context() and request.method in _READING
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
