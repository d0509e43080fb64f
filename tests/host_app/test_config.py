"""Settings, the seed data, and an outdated database."""

import json
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from host_app import redis_server
from host_app.config import read_config
from host_app.database import db
from tests.host_app.conftest import close_crm, create_crm


def test_given_settings_precede_the_environment_which_precedes_the_demo_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"REDIS_URL": "unix:///from-file", "CXMC_API_ROOT": "http://127.0.0.1:1/3.0"}
    (tmp_path / "demo.json").write_text(json.dumps(settings))
    monkeypatch.delenv("CXMC_API_ROOT", raising=False)
    monkeypatch.setenv("REDIS_URL", "redis://from-environment")
    config = read_config(tmp_path, {"CXMC_LOCALE": "nl"})
    assert config["CXMC_REDIS_URL"] == "redis://from-environment"
    assert config["CXMC_API_ROOT"] == "http://127.0.0.1:1/3.0"
    assert config["CXMC_LOCALE"] == "nl"
    assert config["CXMC_TIME_ZONE"] == "Europe/Amsterdam"


def test_a_postgres_url_of_a_hosting_provider_gets_a_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://me@db/crm")
    url = read_config(tmp_path, {})["SQLALCHEMY_DATABASE_URI"]
    assert url == "postgresql+psycopg://me@db/crm"


def test_the_session_secret_is_created_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first, again = (read_config(tmp_path, {})["SECRET_KEY"] for _ in range(2))
    assert first == again
    assert len(first) == 64
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret_key"]


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "crm.db") as old:
        old.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, kind TEXT)")
    old.close()
    app = create_crm(tmp_path)
    result = app.test_cli_runner().invoke(args=["init-demo"])
    close_crm(app)
    assert result.exit_code == 1
    assert "belongs to another version of this demo (person." in result.output
    assert "make demo-reset" in result.output


def test_seeding_twice_changes_nothing(seeded_database: Path, tmp_path: Path) -> None:
    (tmp_path / "crm.db").write_bytes(seeded_database.read_bytes())
    app = create_crm(tmp_path)
    counts = []
    for _ in range(2):
        assert app.test_cli_runner().invoke(args=["init-demo"]).exit_code == 0
        with app.app_context():
            counts.append(db.session.scalar(text("SELECT count(*) FROM person")))
    close_crm(app)
    assert counts == [410, 410]


def test_the_seed_data_has_every_kind_of_bad_address(seeded_database: Path) -> None:
    with sqlite3.connect(seeded_database) as rows:
        shared = rows.execute(
            "SELECT count(*) FROM (SELECT email_key FROM person WHERE email_key <> ''"
            " GROUP BY email_key HAVING count(*) > 1)"
        ).fetchone()
        without = rows.execute("SELECT count(*) FROM person WHERE email = ''").fetchone()
        broken = rows.execute("SELECT count(*) FROM person WHERE email NOT LIKE '%@%'").fetchone()
        prefixes = rows.execute("SELECT count(DISTINCT prefix) FROM person").fetchone()
        offices = rows.execute("SELECT count(*) FROM office").fetchone()
        foreign = rows.execute(
            "SELECT count(*) FROM person WHERE email LIKE '%@%' AND email_key NOT LIKE '%.example'"
        ).fetchone()
    rows.close()
    assert shared[0] >= 4
    assert without == (4,)
    assert broken[0] >= 6
    assert prefixes[0] >= 8
    assert offices == (3,)
    assert foreign == (0,)


def test_a_long_folder_name_gets_a_short_socket_path(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    assert redis_server.socket_path(tmp_path / "i").name == "redis.sock"
    assert len(str(redis_server.socket_path(deep))) < 100
