"""Flask-Migrate in the demo CRM: the extension's tables come and go, the rows of the CRM stay."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from cxmc_ext.db import schema
from cxmc_ext.db.models import Base
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

Migrate = Callable[..., str]


@pytest.fixture
def file(seeded_database: Path, tmp_path: Path) -> Path:
    """A database with the CRM's own tables and seed data, and none of the extension's tables."""
    path = tmp_path / "migrated.db"
    shutil.copy(seeded_database, path)
    connection = sqlite3.connect(path)
    for table in reversed(Base.metadata.sorted_tables):
        connection.execute(f"DROP TABLE {table.name}")
    connection.execute(f"DROP TABLE {schema.VERSION_TABLE}")
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def migrate(file: Path, tmp_path: Path) -> Migrate:
    """`flask db …` of the demo CRM on that database."""
    settings = {"CRM_INSTANCE": str(tmp_path / "instance"), "DATABASE_URL": f"sqlite:///{file}"}
    env = {**os.environ, **settings, "REDIS_URL": "redis://127.0.0.1:1/0"}

    def run(command: str, *arguments: str) -> str:
        folder = ["-d", str(tmp_path / "migrations")]
        flask = [sys.executable, "-m", "flask", "--app", "host_app", "db", command]
        result = subprocess.run(
            [*flask, *folder, *arguments],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout + result.stderr

    return run


def read_tables(file: Path) -> dict[str, list[Any]]:
    """The rows of all tables but Alembic's."""
    connection = sqlite3.connect(file)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    names = [name for (name,) in tables if name != "alembic_version"]
    rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    connection.close()
    return rows


def test_a_migration_can_be_upgraded_and_downgraded_and_keeps_the_rows(
    file: Path, migrate: Migrate
) -> None:
    before = read_tables(file)
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
    after = read_tables(file)
    assert {name: after[name] for name in before} == before
    assert {*Base.metadata.tables, schema.VERSION_TABLE} == set(after) - set(before)
    assert "No changes in schema detected" in migrate("migrate")
    migrate("downgrade")
    assert read_tables(file) == before
