"""The tables as this release wants them against the tables that are there; mends by adding only."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.schema import CreateColumn

from cxmc_ext.db.base import Base
from cxmc_ext.db.models.schema import Schema

VERSION = 3
"""Grows with every release that changes a table. 1 had no `cxmc_schema`, 2 no `cxmc_template_content`."""


_LOCK = 0x63786D63
"""PostgreSQL advisory lock: two upgrades at once are one after the other."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What is there less than wanted; `conflicts` are sentences on what adding cannot mend."""

    tables: tuple[Table, ...]
    columns: tuple[Column[Any], ...]
    indexes: tuple[Index, ...]
    conflicts: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """What would be added, each as one word or two."""
        return [
            *(table.name for table in self.tables),
            *(str(column) for column in self.columns),
            *(f"index {index.name}" for index in self.indexes),
        ]


def gap(connection: Connection) -> Gap:
    found = inspect(connection)
    there = set(found.get_table_names())
    tables = Base.metadata.sorted_tables
    old = [_Old(table, found) for table in tables if table.name in there]
    return Gap(
        tables=tuple(table for table in tables if table.name not in there),
        columns=tuple(column for each in old for column in each.missing()),
        indexes=tuple(index for each in old for index in each.unindexed()),
        conflicts=tuple(sentence for each in old for sentence in each.conflicts()),
    )


def mend(connection: Connection, lacking: Gap) -> None:
    """Adds what lacks, in the caller's transaction. A column is added with its server default."""
    Base.metadata.create_all(connection, tables=list(lacking.tables))
    for column in lacking.columns:
        made = CreateColumn(column).compile(dialect=connection.dialect)
        connection.execute(text(f"ALTER TABLE {column.table.name} ADD COLUMN {made}"))
    for index in lacking.indexes:
        index.create(connection, checkfirst=True)


def lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def version(connection: Connection) -> int | None:
    """The stored version; None before `cxmc_schema` or where the host's migrations made it."""
    if not inspect(connection).has_table(Schema.__tablename__):
        return None
    found = connection.execute(select(Schema.version)).scalar_one_or_none()
    return None if found is None else int(found)


def stamp(connection: Connection, at: int) -> None:
    connection.execute(delete(Schema))
    connection.execute(insert(Schema).values(id=1, version=VERSION, at=at))


class _Old:
    """A table that is there, seen through the inspector."""

    def __init__(self, table: Table, found: Any) -> None:
        self.table = table
        self.columns = {column["name"]: column for column in found.get_columns(table.name)}
        self.indexes = {index["name"] for index in found.get_indexes(table.name)}
        uniques = found.get_unique_constraints(table.name)
        self.uniques = {tuple(sorted(unique["column_names"])) for unique in uniques}
        self.key = list(found.get_pk_constraint(table.name)["constrained_columns"])

    def missing(self) -> list[Column[Any]]:
        return [c for c in self.table.columns if c.name not in self.columns]

    def unindexed(self) -> list[Index]:
        wanted = [index for index in self.table.indexes if index.name not in self.indexes]
        return sorted(wanted, key=lambda index: str(index.name))

    def conflicts(self) -> Iterator[str]:
        yield from self._columns()
        if self.key != [column.name for column in self.table.primary_key.columns]:
            yield f"{self.table.name} has another primary key ({', '.join(self.key)})"
        for wanted in self.table.constraints:
            if isinstance(wanted, UniqueConstraint) and self._lacks(wanted):
                yield f"{self.table.name} lacks the unique constraint {wanted.name}"

    def _columns(self) -> Iterator[str]:
        for column in self.missing():
            if not column.nullable and column.server_default is None:
                yield f"{column} lacks, and rows that are there have no value for it"
        for column in self.table.columns:
            old = self.columns.get(column.name)
            if old is not None and not _holds(old["type"], column.type):
                yield f"{column} is {old['type']}, wanted is {column.type}"
        for name in self._strangers():
            yield f"{self.table.name}.{name} is not known to this release, and must not be empty"

    def _lacks(self, wanted: UniqueConstraint) -> bool:
        return tuple(sorted(column.name for column in wanted.columns)) not in self.uniques

    def _strangers(self) -> list[str]:
        """Columns that would make our INSERT fail."""
        return [
            name
            for name, column in self.columns.items()
            if name not in self.table.columns
            and not column["nullable"]
            and column["default"] is None
        ]


def _holds(there: Any, wanted: Any) -> bool:
    """Whether every value of the wanted type fits into the type that is there."""
    if there._type_affinity is not wanted._type_affinity:
        return False
    if isinstance(wanted, String) and wanted.length and there.length:
        return bool(there.length >= wanted.length)
    return True
