"""Flask-Migrate in the demo CRM: from the first release's tables with data to ours and back."""

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
from host_app.database import db
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

FIRST = ROOT / "tests" / "kit" / "first_release.sqlite.sql"
_FILL = {"VARCHAR": "x", "TEXT": "x", "JSON": "[]", "BLOB": b"x"}


Migrate = Callable[..., str]


@pytest.fixture
def file(tmp_path: Path, crm: Flask) -> Path:
    """The CRM's own tables as they are, ours as the first release made them, and rows in them."""
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    own = [t for t in db.metadata.sorted_tables if not t.name.startswith("cxmc_")]
    db.metadata.create_all(engine, tables=own)
    engine.dispose()
    link = sqlite3.connect(path)
    link.executescript(FIRST.read_text(encoding="utf-8"))
    for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if name.startswith("cxmc_"):
            _fill(link, name)
    link.commit()
    link.close()
    return path


def _fill(link: sqlite3.Connection, table: str) -> None:
    """One row, so that each table which another one points at has something that is pointed at."""
    columns = link.execute(f"PRAGMA table_info({table})").fetchall()
    row = [_FILL.get(kind.partition("(")[0], 1) for _, _, kind, *_ in columns]
    link.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


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
    told = migrate("migrate", "-m", "cxmc")
    assert "Detected added column 'cxmc_account.paused'" in told
    (script,) = (file.parent / "migrations" / "versions").glob("*.py")
    assert "cxmc_ext" not in script.read_text(encoding="utf-8")
    migrate("upgrade")
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as link:
        lacking = schema.gap(link)
    engine.dispose()
    assert (lacking.names, lacking.conflicts) == ([], ())
    after = content(file)
    width = len(before["cxmc_account"][0])
    assert [row[:width] for row in after["cxmc_account"]] == before["cxmc_account"]
    assert after["cxmc_event"] == before["cxmc_event"]
    assert "No changes in schema detected" in migrate("migrate")
    migrate("downgrade")
    assert content(file) == before
