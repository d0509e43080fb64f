"""The plans that PostgreSQL really used, with the rows they read, as its module auto_explain reports them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import Engine

_SETTINGS = {
    "log_min_duration": "0",
    "log_analyze": "on",
    "log_timing": "off",
    "log_format": "json",
    "log_level": "notice",
}
_TABLES = (
    "cxmc_recipient",
    "cxmc_recipient_status",
    "cxmc_event",
    "cxmc_reported_opt_out",
    "cxmc_withdrawn_member",
)
# Statements that count or delete a whole mailing read all of its rows, once per step.
_READS_EVERYTHING = re.compile(r"GROUP BY|count\(|min\(|max\(|^DELETE FROM", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Plan:
    """One executed statement."""

    statement: str
    rows_read: int
    """The rows of one table that its plan visited, whether it used them or not: the largest of its nodes."""
    pairs_compared: int
    """Pairs of rows that a join compared in vain: the most of its nodes."""
    nodes: str
    """Kinds and indexes of the nodes that read tables, for the message of a failed test."""

    @property
    def reads_everything(self) -> bool:
        """Whether the statement must read all rows of a mailing by its nature."""
        return _READS_EVERYTHING.search(self.statement) is not None


def forbid_statistics(engine: Engine) -> None:
    """Keeps autovacuum from analyzing our tables: their statistics stay as they are, or missing."""
    with engine.begin() as connection:
        for table in _TABLES:
            connection.execute(text(f"ALTER TABLE {table} SET (autovacuum_enabled = false)"))


@contextmanager
def recorded_plans(engine: Engine, table: str) -> Iterator[list[Plan]]:
    """Records the plans of all statements that read a table. The database's user must be a superuser."""
    plans: list[Plan] = []

    def on_notice(diagnostic: Any) -> None:
        _, found, explained = diagnostic.message_primary.partition("plan:\n")
        if found and table in explained:
            plan = _parse(json.loads(explained), table)
            plans.append(plan)

    def on_connect(connection: Any, _record: object) -> None:
        connection.add_notice_handler(on_notice)
        with connection.cursor() as cursor:
            cursor.execute("LOAD 'auto_explain'")
            for name, value in _SETTINGS.items():
                cursor.execute(f"SET auto_explain.{name} = {value}")
        connection.commit()

    engine.dispose()
    event.listen(engine, "connect", on_connect)
    try:
        yield plans
    finally:
        event.remove(engine, "connect", on_connect)
        engine.dispose()


def _parse(explained: dict[str, Any], table: str) -> Plan:
    nodes = [node for node in _nodes(explained["Plan"]) if node.get("Relation Name") == table]
    names = [f"{node['Node Type']} {node.get('Index Name', '')}".strip() for node in nodes]
    rows = max((_rows_read(node) for node in nodes), default=0)
    pairs = max(_pairs_compared(node) for node in _nodes(explained["Plan"]))
    return Plan(explained["Query Text"], rows, pairs, ", ".join(names))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _rows_read(node: dict[str, Any]) -> int:
    """Rows are reported per loop."""
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return int(sum(node.get(name, 0) for name in names) * node.get("Actual Loops", 1))


def _pairs_compared(node: dict[str, Any]) -> int:
    return int(node.get("Rows Removed by Join Filter", 0) * node.get("Actual Loops", 1))
