"""What the wheel brings to an integrator's own tests: fixtures that work without any set-up."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.kit.readme import ROOT

_TEST = """
from cryptography.fernet import Fernet
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from cxmc_ext import CxMailChimp


def test_a_press_is_carried_out(cxmc_host, cxmc_queue, cxmc_standin, cxmc_clock):
    app = Flask("mine")
    app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", SECRET_KEY="x")
    app.config.update(CXMC_SECRET_KEYS=Fernet.generate_key().decode(), CXMC_API_ROOT=cxmc_standin.url)
    SQLAlchemy().init_app(app)
    CxMailChimp(app, host=cxmc_host, queue=cxmc_queue, clock=cxmc_clock)
    cxmc_queue.drive(app)
    cxmc_host.login("admin")
    with app.app_context():
        app.extensions["cxmc"].create_tables()
        web = app.test_client()
        web.get("/cxmc/activation")
        with web.session_transaction() as session:
            token = session["cxmc_csrf"]
        answer = web.post("/cxmc/activate", data={"csrf_token": token, "nonce": "n"})
        assert answer.status_code == 303
        assert cxmc_queue.run_all() == 1
        assert "Active" in web.get("/cxmc/activation").text
        assert len(cxmc_host.groups) == 2
        app.extensions["sqlalchemy"].engine.dispose()
"""


def test_the_entry_point_names_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"cxmc": "cxmc_ext.pytest_plugin"}


def test_a_stranger_s_test_drives_an_app_by_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(_TEST, encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "cxmc_ext.pytest_plugin", str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout
    assert "1 passed" in told.stdout
