"""The tables through the years: from the first release with data, twice, both ways, and by Alembic."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import api, compare_metadata, produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from cryptography.fernet import Fernet
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, inspect, select, text

from cxmc_ext import CxMailChimp, SetupError
from cxmc_ext.db import schema
from cxmc_ext.db.models.account import Account
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.admin import schema as use
from tests.support.databases import DATABASES

KIT = Path(__file__).resolve().parents[1] / "kit"
_ROWS = (
    "INSERT INTO cxmc_account VALUES (1, 'default', 'active', 3, 100, 'Ada', 'sealed', 'us21',"
    " 'wxyz', 100, 'Ada', FALSE, 'r1', 'Cedar', 'standard', 'L1', 7, 'List', '[]', '[]', '[]',"
    " 100, 0, 0, 0, 5)",
    "INSERT INTO cxmc_clicked_link (id, mailing_id, url) VALUES (1, 1, 'https://x.example/')",
    "INSERT INTO cxmc_event VALUES (1, 3, 200, 1, 0, 1)",
    "INSERT INTO cxmc_heartbeat VALUES ('tick', 'tick', 100)",
)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'old.db'}"


@pytest.fixture
def app(url: str) -> Iterator[Flask]:
    """An app of this release over a database that has no table yet."""
    app = Flask("mine")
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="x")
    app.config["CXMC_SECRET_KEYS"] = Fernet.generate_key().decode()
    db = SQLAlchemy()
    db.init_app(app)
    CxMailChimp(app, host=MemoryHost(), queue=ManualQueue())
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def old(app: Flask, url: str) -> None:
    """The tables of the first release with a row here and there."""
    script = (KIT / f"first_release.{url.partition(':')[0].partition('+')[0]}.sql").read_text()
    with connected(app) as link:
        for statement in (*script.split(";"), *_ROWS):
            if statement.strip():
                link.execute(text(statement.replace(":", "\\:")))


@contextmanager
def connected(app: Flask) -> Iterator[Connection]:
    with app.extensions["sqlalchemy"].engine.begin() as link:
        yield link


def upgrade(app: Flask) -> tuple[int, str]:
    told = app.test_cli_runner().invoke(args=["cxmc", "upgrade"])
    return told.exit_code, told.output


def content(app: Flask) -> dict[str, list[Any]]:
    with connected(app) as link:
        tables = [t for t in inspect(link).get_table_names() if t != "cxmc_schema"]
        return {t: [tuple(r) for r in link.execute(text(f"SELECT * FROM {t}"))] for t in tables}


@pytest.mark.usefixtures("old")
def test_the_first_release_is_brought_up_without_losing_a_row(app: Flask) -> None:
    before = content(app)
    code, told = upgrade(app)
    assert (code, "ok   added cxmc_account.paused" in told) == (0, True), told
    after = content(app)
    new = set(after) - set(before)
    assert not [rows for table in new if (rows := after.pop(table))], "a new table starts empty"
    for table, rows in before.items():
        width = len(rows[0]) if rows else None
        after[table] = [row[:width] for row in after[table]]
    assert after == before
    assert upgrade(app) == (0, "ok   the tables are those of this release, nothing to do\n")
    with connected(app) as link:
        assert schema.version(link) == schema.VERSION
        assert not schema.gap(link).names
        assert link.execute(select(Account.sync_paused)).scalar_one() is False


@pytest.mark.usefixtures("old")
def test_a_worker_of_the_old_release_still_writes_after_the_upgrade(app: Flask) -> None:
    with connected(app) as link:
        columns = [column["name"] for column in inspect(link).get_columns("cxmc_account")]
    upgrade(app)
    with connected(app) as link:
        old_row = _ROWS[0].replace("'default'", "'second'").replace("(1,", "(2,", 1)
        named = old_row.replace("cxmc_account", f"cxmc_account ({', '.join(columns)})", 1)
        link.execute(text(named))
        assert (
            link.execute(select(Account.sync_paused).where(Account.id == 2)).scalar_one() is False
        )


def test_a_missing_table_index_and_column_are_added(app: Flask) -> None:
    upgrade(app)
    with connected(app) as link:
        link.execute(text("DROP TABLE cxmc_remote_call"))
        link.execute(text("DROP INDEX ix_cxmc_mailing_remote"))
        link.execute(text("ALTER TABLE cxmc_operation DROP COLUMN started_at"))
    code, told = upgrade(app)
    assert code == 0, told
    assert told.splitlines()[:-1] == [
        "ok   added cxmc_remote_call",
        "ok   added cxmc_operation.started_at",
        "ok   added index ix_cxmc_mailing_remote",
    ]
    assert upgrade(app)[1].endswith("nothing to do\n")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("ALTER TABLE cxmc_mailing DROP COLUMN state", "cxmc_mailing.state lacks"),
        ("ALTER TABLE cxmc_clicked_link ADD COLUMN x INTEGER NOT NULL", "cxmc_clicked_link.x is not known"),
        ("DROP TABLE cxmc_heartbeat; CREATE TABLE cxmc_heartbeat (name INTEGER NOT NULL PRIMARY KEY,"
         " kind VARCHAR(20) NOT NULL, at BIGINT NOT NULL)", "cxmc_heartbeat.name is INTEGER"),
        ("DROP TABLE cxmc_clicked_link; CREATE TABLE cxmc_clicked_link (id BIGINT NOT NULL PRIMARY KEY,"
         " mailing_id BIGINT NOT NULL, url TEXT NOT NULL)", "lacks the unique constraint"),
        ("DROP TABLE cxmc_heartbeat; CREATE TABLE cxmc_heartbeat (name VARCHAR(120) NOT NULL,"
         " kind VARCHAR(20) PRIMARY KEY, at BIGINT NOT NULL)", "another primary key (kind)"),
        ("DROP TABLE cxmc_heartbeat; CREATE TABLE cxmc_heartbeat (name VARCHAR(9) NOT NULL PRIMARY KEY,"
         " kind VARCHAR(20) NOT NULL, at BIGINT NOT NULL)", "wanted is VARCHAR(120)"),
    ],
)  # fmt: skip
def test_what_adding_cannot_mend_is_refused_in_words_and_nothing_is_done(
    app: Flask, url: str, harm: str, words: str
) -> None:
    if "ADD COLUMN x" in harm and url.startswith("sqlite"):
        harm = (
            "DROP TABLE cxmc_clicked_link; CREATE TABLE cxmc_clicked_link (id INTEGER NOT NULL PRIMARY KEY,"
            " mailing_id INTEGER NOT NULL, url TEXT NOT NULL, x INTEGER NOT NULL)"
        )
    upgrade(app)
    with connected(app) as link:
        link.execute(text("DROP TABLE cxmc_remote_call"))
        for statement in harm.split(";"):
            link.execute(text(statement))
    code, told = upgrade(app)
    assert (code, words in told) == (1, True), told
    assert "a migration of your own" in told
    assert "Traceback" not in told
    with connected(app) as link:
        assert not inspect(link).has_table("cxmc_remote_call")


def test_tables_of_a_later_release_are_left_alone(app: Flask) -> None:
    upgrade(app)
    with connected(app) as link:
        link.execute(text("UPDATE cxmc_schema SET version = version + 1"))
    code, told = upgrade(app)
    assert code == 1
    assert "install that release" in told
    with pytest.raises(SetupError):
        use.upgrade(app.extensions["cxmc"].services)


def test_alembic_sees_our_tables_once_and_needs_nothing_of_ours(app: Flask, url: str) -> None:
    """What `flask db migrate` does: the first run makes everything, the second finds nothing."""
    db = app.extensions["sqlalchemy"]
    with connected(app) as link:
        context = MigrationContext.configure(link, opts={"target_metadata": db.metadata})
        made = produce_migrations(context, db.metadata)
        code = api.render_python_code(made.upgrade_ops)
        assert "cxmc_ext" not in code
        for each in made.upgrade_ops.ops:
            _apply(Operations(context), each)
        again = MigrationContext.configure(link, opts={"compare_type": True})
        assert compare_metadata(again, db.metadata) == []
        assert not schema.gap(link).names


def _apply(operations: Operations, each: Any) -> None:
    for one in getattr(each, "ops", None) or [each]:
        operations.invoke(one)
