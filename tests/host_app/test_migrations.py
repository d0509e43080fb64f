"""Flask-Migrate in the demo CRM: our tables come and go, the rows of the CRM stay."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine

from cxmc_ext.db import schema
from cxmc_ext.db.models import Base
from host_app.database import db
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

_VALUES = {"VARCHAR": "x", "TEXT": "x", "JSON": "[]", "BLOB": b"x"}


Migrate = Callable[..., str]


@pytest.fixture
def file(tmp_path: Path, crm: Flask) -> Path:
    """A database with the CRM's own tables, a row in each, and none of ours."""
    path = tmp_path / "crm.db"
    engine = create_engine(f"sqlite:///{path}")
    own = [t for t in db.metadata.sorted_tables if not t.name.startswith("cxmc_")]
    db.metadata.create_all(engine, tables=own)
    engine.dispose()
    connection = sqlite3.connect(path)
    for table in own:
        _insert_row(connection, table.name)
    connection.commit()
    connection.close()
    return path


def _insert_row(connection: sqlite3.Connection, table: str) -> None:
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    row = [_VALUES.get(kind.partition("(")[0], 1) for _, _, kind, *_ in columns]
    connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


@pytest.fixture
def migrate(file: Path, tmp_path: Path) -> Migrate:
    """`flask db …` of the demo CRM on that database."""
    kept = {"CRM_INSTANCE": str(tmp_path / "instance"), "DATABASE_URL": f"sqlite:///{file}"}
    env = {**os.environ, **kept, "REDIS_URL": "redis://127.0.0.1:1/0"}

    def run(command: str, *words: str) -> str:
        folder = ["-d", str(tmp_path / "migrations")]
        flask = [sys.executable, "-m", "flask", "--app", "host_app", "db", command]
        told = subprocess.run(
            [*flask, *folder, *words],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        return told.stdout + told.stderr

    return run


def content(file: Path) -> dict[str, list[Any]]:
    link = sqlite3.connect(file)
    names = link.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    mine = [name for (name,) in names if name != "alembic_version"]
    found = {name: link.execute(f"SELECT * FROM {name}").fetchall() for name in mine}
    link.close()
    return found


def test_a_real_migration_goes_up_with_the_rows_and_back(file: Path, migrate: Migrate) -> None:
    before = content(file)
    migrate("init")
    output = migrate("migrate", "-m", "cxmc")
    assert "Detected added table 'cxmc_account'" in output
    (script,) = (file.parent / "migrations" / "versions").glob("*.py")
    assert "cxmc_ext" not in script.read_text(encoding="utf-8")
    migrate("upgrade")
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert schema.differences(connection) == []
    engine.dispose()
    after = content(file)
    assert {name: after[name] for name in before} == before
    assert set(Base.metadata.tables) == set(after) - set(before)
    assert "No changes in schema detected" in migrate("migrate")
    migrate("downgrade")
    assert content(file) == before
