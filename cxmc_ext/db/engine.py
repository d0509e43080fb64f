"""Prepares the Host's engine: only databases we support, and one place for our tables.

Our statements name tables without a schema, so the database looks them up along PostgreSQL's search path. A
Host whose `MetaData` has a schema finds our tables in its own metadata there. Both are the same tables
because every connection's search path ends with that schema.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event, func, select

from cxmc_ext.domain.errors import SetupError

SUPPORTED = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
_SCHEMA = "cxmc_schema"


def prepare(engine: Engine, schema: str | None) -> None:
    """Refuses databases we do not support, and makes tables in the Host's schema visible.

    Args:
        engine: The Host's default engine.
        schema: `db.metadata.schema`.

    Raises:
        SetupError: The database is neither PostgreSQL nor SQLite.
    """
    name = engine.dialect.name
    if name not in SUPPORTED:
        raise SetupError(
            f"SQLALCHEMY_DATABASE_URI names {name}: CxMailChimp works with"
            f" {' and '.join(SUPPORTED.values())} only."
        )
    if schema and name == "postgresql":
        _append_to_search_path(engine, schema)


def schema_of(connection: Connection) -> str | None:
    """The schema of our tables; None: the connection's default schema."""
    return connection.info.get(_SCHEMA)


def put_schema_first(connection: Connection) -> None:
    """Creates what follows in the schema of our tables, until the transaction ends.

    Raises:
        SetupError: The schema does not exist.
    """
    schema = schema_of(connection)
    if schema is None:
        return
    if not connection.dialect.has_schema(connection, schema):
        raise SetupError(
            f"The schema of your MetaData does not exist: run CREATE SCHEMA {_quoted(schema)}."
        )
    path = f"{_quoted(schema)}, {connection.scalar(select(func.current_setting('search_path')))}"
    connection.execute(select(func.set_config("search_path", path, True)))


def _append_to_search_path(engine: Engine, schema: str) -> None:
    # Before SQLAlchemy's own listeners, as its documentation advises for the search path:
    # https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#setting-alternate-search-paths-on-connect
    @event.listens_for(engine, "connect", insert=True)
    def on_connect(connection: Any, record: Any) -> None:
        record.info[_SCHEMA] = schema
        cursor = connection.cursor()
        cursor.execute(
            "SELECT set_config('search_path', current_setting('search_path') || ', ' || %s, false)",
            (_quoted(schema),),
        )
        cursor.close()
        connection.commit()  # a rollback would undo the setting


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
