"""Prepares the Host's engine: only databases we support, and one place for our tables.

Our statements name tables without a schema, so the database looks them up along PostgreSQL's search path. A
Host whose `MetaData` has a schema finds our tables in its own metadata there. Both are the same tables
because in every transaction of the Host's session the search path ends with that schema. It does not in other
transactions: Alembic would see the Host's tables twice there, and `flask db migrate` would drop them.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event, func, select

from cxmc_ext.domain.errors import SetupError

SUPPORTED = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
_SCHEMA = "cxmc_schema"


def prepare(engine: Engine, session: Any, schema: str | None) -> None:
    """Refuses databases we do not support, and makes tables in the Host's schema visible.

    Args:
        engine: The Host's default engine.
        session: `db.session`, in which all our statements are run.
        schema: `db.metadata.schema`.

    Raises:
        SetupError: The database is neither PostgreSQL nor SQLite, or SQLite and a schema is named.
    """
    name = engine.dialect.name
    if name not in SUPPORTED:
        raise SetupError(
            f"SQLALCHEMY_DATABASE_URI names {name}: CxMailChimp works with"
            f" {' and '.join(SUPPORTED.values())} only."
        )
    if schema and name == "sqlite":
        raise SetupError(
            f"MetaData(schema={schema!r}) works with PostgreSQL only: leave the schema out where"
            " SQLALCHEMY_DATABASE_URI is SQLite."
        )
    if schema:
        _append_to_search_path(engine, session, schema)


def schema_of(connection: Connection) -> str | None:
    """The schema of our tables; None: the connection's default schema."""
    return connection.info.get(_SCHEMA)


def require_schema(connection: Connection) -> None:
    """Checks that the schema of our tables exists.

    Raises:
        SetupError: It does not.
    """
    schema = schema_of(connection)
    if schema is not None and not connection.dialect.has_schema(connection, schema):
        raise SetupError(
            f"The schema of your MetaData does not exist: run CREATE SCHEMA {_quoted(schema)}."
        )


def put_schema_first(connection: Connection) -> None:
    """Creates what follows in the schema of our tables, until the transaction ends.

    Raises:
        SetupError: The schema does not exist.
    """
    require_schema(connection)
    schema = schema_of(connection)
    if schema is None:
        return
    path = f"{_quoted(schema)}, {connection.scalar(select(func.current_setting('search_path')))}"
    connection.execute(select(func.set_config("search_path", path, True)))


def _append_to_search_path(engine: Engine, session: Any, schema: str) -> None:
    longer = func.current_setting("search_path") + f", {_quoted(schema)}"

    @event.listens_for(session, "after_begin")
    def on_begin(_session: Any, transaction: Any, connection: Connection) -> None:
        if connection.engine is engine and not transaction.nested:
            connection.info[_SCHEMA] = schema
            connection.execute(select(func.set_config("search_path", longer, True)))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
