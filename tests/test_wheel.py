"""The wheel, installed elsewhere, brings pages, static files, translations and the CLI."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROBE = """
import sys
from cryptography.fernet import Fernet
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
import cxmc_ext
assert sys.argv[1] in cxmc_ext.__file__, cxmc_ext.__file__
from cxmc_ext import CxMailChimp
from cxmc_ext.testing import HandQueue, MemoryHost
host = MemoryHost()
host.login("admin")
campaign = host.add_campaign()
app = Flask("acme")
app.config.update(SECRET_KEY="x", SQLALCHEMY_DATABASE_URI="sqlite://")
app.config["CXMC_SECRET_KEYS"] = Fernet.generate_key().decode()
SQLAlchemy().init_app(app)
CxMailChimp(app, host=host, queue=HandQueue())
with app.app_context():
    app.extensions["cxmc"].create_tables()
    web = app.test_client()
    assert web.get("/cxmc/static/cxmc.css").status_code == 200
    assert web.get("/cxmc/static/cxmc.js").status_code == 200
    from cxmc_ext.usecases import activate
    activate.request_activation(app.extensions["cxmc"].services, host.current_user(), "n")
    page = web.get(f"/cxmc/campaigns/{campaign}")
    assert page.status_code == 200, page.status_code
    assert b"Got empty templates list from MailChimp." in page.data
    assert "init-db" in app.cli.commands["cxmc"].commands
print("served")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    source = tmp_path_factory.mktemp("source") / "cxmc"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=True)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*build, "-w", str(out), str(source)], check=True)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_the_product_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cxmc_ext"}
    for needed in (
        "py.typed",
        "static/cxmc.css",
        "templates/cxmc/layout.html",
        "translations/nl.po",
    ):
        assert f"cxmc_ext/{needed}" in names


def test_installed_elsewhere_it_serves_its_pages(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target)]
    subprocess.run([*install, str(wheel)], check=True)
    told = subprocess.run(
        [sys.executable, "-c", PROBE, str(target)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(target), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout == "served\n", told.stderr
