"""Creates and upgrades our tables with Alembic, and compares a database with this release.

The revisions are in `cxmc_ext/db/migrations`. Their version table is our own, so that they do not meet the
revisions of a host that uses Alembic too. Such a host need not run ours: it finds our tables in its
`db.metadata`, and `differences` looks at the tables themselves, whoever created them.

Alembic is only imported when it is needed: web processes and workers, which never migrate, save 9 MB
(observed 2026-11, Alembic 1.20).
"""

# ruff: noqa: PLC0415

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    inspect,
    text,
)

from cxmc_ext.db.engine import put_schema_first
from cxmc_ext.db.models import Base
from cxmc_ext.db.models.recipient import Recipient, leave_room_for_changes

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "cxmc_alembic_version"
_SCRIPTS = Path(__file__).with_name("migrations")
# PostgreSQL advisory lock: of two upgrades at the same time, the second waits for the first.
_LOCK = 0x63786D63


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """Something that this release needs and the database lacks, or has in another form."""

    text: str
    breaks: bool = True
    """False: everything works, only more slowly or with less protection against mistakes."""


def copy_tables_into(metadata: MetaData) -> None:
    """Lets the Host's Alembic and ``db.create_all`` see our tables.

    With the version table, as Alembic creates it: a migration that is generated for the Host drops each
    table that its metadata lacks.
    """
    prefix = f"{metadata.schema}." if metadata.schema else ""
    for table in (*Base.metadata.sorted_tables, _version_table()):
        if f"{prefix}{table.name}" not in metadata.tables:
            copy = table.to_metadata(metadata)
            if table.name == Recipient.__tablename__:
                leave_room_for_changes(copy)


def _version_table() -> Table:
    version = Column("version_num", String(32), nullable=False)
    key = PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc")
    return Table(VERSION_TABLE, MetaData(), version, key)


def make_config(connection: Connection) -> "Config":
    """An Alembic configuration whose commands run our revisions on this connection."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Alembic's `include_name`: looks at our tables only, and at everything inside them."""
    return kind != "table" or name in Base.metadata.tables


def begin_exclusively(connection: Connection) -> None:
    """Waits for other upgrades, and locks them out until the transaction ends.

    Raises:
        SetupError: The schema of the Host's `MetaData` does not exist.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        put_schema_first(connection)
    elif not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
        # sqlite3 begins a transaction at the first INSERT, not at CREATE TABLE: without this each
        # table would be committed on its own (https://docs.python.org/3/library/sqlite3.html).
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def has_tables(connection: Connection) -> bool:
    """Whether any of our tables exists."""
    return not Base.metadata.tables.keys().isdisjoint(inspect(connection).get_table_names())


def revision(connection: Connection) -> str | None:
    """The revision the tables were created or last upgraded with.

    None without tables, and for tables that a host's own migrations created.
    """
    from alembic.migration import MigrationContext

    options = {"version_table": VERSION_TABLE}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def pending(connection: Connection) -> list[str] | None:
    """The revisions that `upgrade` would run, oldest first.

    Returns:
        Their descriptions, or None when the tables belong to a later release, whose revisions this one
        does not have.
    """
    from alembic.script import ScriptDirectory
    from alembic.script.revision import RevisionError

    script = ScriptDirectory.from_config(make_config(connection))
    try:
        steps = list(script.iterate_revisions("head", revision(connection) or "base"))
    except RevisionError:
        return None
    return [step.doc for step in reversed(steps)]


def upgrade(connection: Connection) -> None:
    """Runs the pending revisions in the caller's transaction."""
    from alembic import command

    command.upgrade(make_config(connection), "head")


def stamp(connection: Connection) -> None:
    """Records that the tables are those of this release, without changing them."""
    from alembic import command

    command.stamp(make_config(connection), "head")


def drop(connection: Connection) -> None:
    """Drops our tables and their revision, if they exist."""
    Base.metadata.drop_all(connection)
    connection.execute(text(f"DROP TABLE IF EXISTS {VERSION_TABLE}"))


def differences(connection: Connection) -> list[SchemaDifference]:
    """Compares our tables with the database, whoever created them.

    What the database has in addition is only reported where it would make our inserts fail.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"include_name": is_ours})
    changes = _flatten(compare_metadata(context, Base.metadata))
    described = (_difference(*change) for change in changes)
    return [difference for difference in described if difference is not None]


def _flatten(changes: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """`compare_metadata` groups the changes of one column in a list."""
    for change in changes:
        if isinstance(change, list):
            yield from change
        else:
            yield change


def _difference(action: str, *facts: Any) -> SchemaDifference | None:
    """One change as `compare_metadata` describes it.

    https://alembic.sqlalchemy.org/en/latest/api/autogenerate.html#alembic.autogenerate.compare_metadata
    """
    if action.startswith("modify_"):
        _, table, column, *_ = facts
        return SchemaDifference(f"{table}.{column} has another {action.removeprefix('modify_')}")
    if action == "add_column":
        _, table, column = facts
        return SchemaDifference(f"{table}.{column.name} is missing")
    if action == "remove_column":
        _, table, column = facts
        optional = column.nullable or column.server_default is not None
        name = f"{table}.{column.name}"
        return None if optional else SchemaDifference(f"{name} is unknown and requires a value")
    if action == "add_index":
        return SchemaDifference(f"index {facts[0].name} is missing", breaks=facts[0].unique)
    if action in {"add_table", "add_constraint"}:
        return SchemaDifference(f"{facts[0].name} is missing")
    if action == "add_fk":
        return SchemaDifference(f"{facts[0].name} is missing", breaks=False)
    return None
