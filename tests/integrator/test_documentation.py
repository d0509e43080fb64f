"""Every code block of README and docs is run or parsed, links work, generated pages are up to date."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests
import yaml
from flask import Flask, url_for
from flask_migrate.cli import db as migrations
from jinja2 import DictLoader, Environment

import cxmc_ext
from cxmc_ext import CxMailChimp, Notice, NoticeKind, Problem, signals
from cxmc_ext.domain.messages.lookup import MESSAGES
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.admin import status
from cxmc_ext.usecases.admin.metrics import collect
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.web.template_globals import jinja_globals
from tests.support import fake_celery, sample_crm, sandboxes
from tests.support.readme_code import ROOT, blocks, host_code_names
from tests.tools.generated_docs import GENERATED_DOCS

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_PROCESSES = {"worker", "scheduler"}
# Beginnings of blocks that are not code. Blocks that are only checked here are run elsewhere: Jinja of the
# README in test_sample_crm, `make demo` in the journeys, `flask db` in host_app/test_migrations.
NOT_CODE = {"extension                              CxMailChimp.init_app": "a diagram"}


@pytest.fixture
def runners(app: Flask, connected: Services, tmp_path: Path) -> dict[str, Callable[[str], None]]:
    """What to do with a block, by its language."""
    heartbeats.write_heartbeat(connected, "worker:a:1", "worker")

    def console(text: str) -> None:
        for line in text.splitlines():
            assert line.startswith("$ "), line
            for command in line[2:].split(" && "):
                _command(app, shlex.split(command), tmp_path)

    return {
        "": _diagram,
        "console": console,
        "python": _Python(tmp_path).run,
        "jinja": lambda text: _jinja(app, text),
        "css": _stylesheet,
        "ini": lambda text: _unit(app, text, tmp_path),
        "yaml": lambda text: _yaml(app, text),
    }


@pytest.mark.slow
@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_block_runs(path: Path, runners: dict[str, Callable[[str], None]]) -> None:
    text = path.read_text(encoding="utf-8")
    code = blocks(path)
    assert len(code) * 2 == len(re.findall("^```", text, re.MULTILINE))
    for language, block in code:
        runners[language](block)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_works(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]+)?\)", text):
        page = path.parent / target if target else path
        assert page.exists(), target
        assert not heading or heading in _headings(page), f"{target}{heading}"


def _headings(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in found}


@pytest.mark.parametrize("name", GENERATED_DOCS)
def test_generated_pages_are_up_to_date(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == GENERATED_DOCS[name](), "run: python -m tests.tools.generated_docs"


def test_every_public_name_is_explained() -> None:
    text = (ROOT / "docs" / "host.md").read_text(encoding="utf-8")
    names = set(cxmc_ext.__all__) - {"__version__"}
    assert {
        name for name in names if not re.search(rf"### {name}\n|`cxmc_ext.{name}`", text)
    } == set()


def test_the_host_of_the_readme_is_a_class() -> None:
    assert isinstance(host_code_names()["AcmeHost"], type)


def test_every_metric_is_documented_for_operators(connected: Services, app: Flask) -> None:
    from_code = {metric.name for metric in collect(connected)}
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    part = text.split("## Monitoring")[1].split("\n## ")[0]
    assert set(re.findall(r"`(cxmc_\w+)", part)) == from_code


def test_every_template_global_is_documented(connected: Services) -> None:
    text = (ROOT / "docs" / "integrate.md").read_text(encoding="utf-8")
    part = text.split("## Template globals")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(cxmc_\w+)", part, re.MULTILINE)) == set(jinja_globals(connected))


def test_doctor_is_content_with_talisman_as_documented(tmp_path: Path) -> None:
    page = _Python(tmp_path)
    (talisman,) = [
        text for _, text in blocks(ROOT / "docs" / "own-checks.md") if "talisman" in text
    ]
    page.run(talisman)
    app = page.names["app"]
    with app.app_context():
        sample_crm.db.create_all()
    output = app.test_cli_runner().invoke(args=["cxmc", "doctor"]).output
    assert "ok   your headers leave our pages intact" in output


def test_the_listener_of_the_page_skips_a_repeat(tmp_path: Path) -> None:
    page = _Python(tmp_path)
    for text in [text for _, text in blocks(ROOT / "docs" / "events.md")][:3]:
        page.run(text)
    app, stages = page.names["app"], page.names["stages"]
    notice = Notice(NoticeKind.SENT, 1, 0, "default", "7")
    with app.app_context():
        page.names["handled"].create(sample_crm.db.engine)
        signals.send(app, notice)
        assert stages.pop("7") == "mailed"
        signals.send(app, replace(notice, is_repeat=True))
        signals.send(app, replace(notice, id=2, campaign_ref="8"))
        assert stages == {"8": "mailed"}


@pytest.mark.parametrize("is_running", [True, False])
def test_the_queue_of_the_page_asks_the_broker(
    is_running: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _Python(tmp_path)
    for _, text in blocks(ROOT / "docs" / "other-queues.md"):
        page.run(text)
    monkeypatch.setattr(fake_celery.Celery, "is_broker_running", is_running)
    queue = page.names["CeleryQueue"]()
    problem = None if is_running else Problem("own_queue_unreachable")
    assert queue.problem() == problem
    assert queue.nudge_operation(1) is queue.nudge_sync(2) is is_running
    assert problem is None or problem.code in MESSAGES


class _Python:
    """Runs the blocks of a page in order, in one namespace, with the sample CRM importable."""

    def __init__(self, folder: Path) -> None:
        self.names: dict[str, Any] = {}
        self.folder = folder

    def run(self, text: str) -> None:
        folder = self.folder / f"python{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        app = sample_crm.create_app(sandboxes.config(folder), {})
        self.names = {**host_code_names(), **self.names, "app": app}
        modules = {name: ModuleType(name) for name in ("crm", "crm.tasks", "celery")}
        vars(modules["crm"]).update(self.names)
        vars(modules["crm.tasks"]).update(self.names)
        vars(modules["celery"]).update(vars(fake_celery))
        modules["acme"] = sample_crm
        if text.startswith("with app.app_context()"):
            CxMailChimp(app, host=MemoryHost(), queue=ManualQueue())  # “while it is installed”
        with pytest.MonkeyPatch.context() as patch:
            for name, module in modules.items():
                patch.setitem(sys.modules, name, module)
            exec(compile(text, "docs", "exec"), self.names)
            if "BEGIN IMMEDIATE" in text:
                _check_sqlite(self.names["create_app"](app.config["SQLALCHEMY_DATABASE_URI"]))


def _check_sqlite(app: Flask) -> None:
    """The settings of the page are those that doctor requires."""
    with app.app_context():
        services = app.extensions["cxmc"].services
        assert status.sqlite_settings(services) == (True, True)
        sample_crm.db.session.remove()
        sample_crm.db.engine.dispose()


def _command(app: Flask, command: list[str], folder: Path) -> None:
    match command:
        case ["flask", "cxmc", *args]:
            result = app.test_cli_runner().invoke(args=["cxmc", *args])
            assert result.exception is None or isinstance(result.exception, SystemExit), args
            assert result.exit_code == 0 or args == ["doctor"], result.output
        case ["flask", "db", subcommand, *_]:
            assert subcommand in migrations.commands
        case ["git", "clone", *_, target]:
            source = ["git", "clone", "-q", "--depth", "1", f"file://{ROOT}", str(folder / target)]
            subprocess.run(source, check=True)
        case ["cd", target]:
            assert (folder / target).is_dir()
        case ["python", "-c", program]:
            assert subprocess.check_output([sys.executable, "-c", program], text=True).strip()
        case ["python", "-m", "cxmc_ext.standin", "--port", _]:
            _standin_starts()
        case ["make", *goals]:
            subprocess.run(["make", "-n", *goals], cwd=ROOT, check=True, capture_output=True)
        case _:
            raise AssertionError(f"no test runs {command}")


def _standin_starts() -> None:
    """On a free port; its first line of output is its address."""
    command = [sys.executable, "-u", "-m", "cxmc_ext.standin", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as standin:
        try:
            assert standin.stdout is not None
            address = standin.stdout.readline().split()[-1]
            assert requests.get(address, timeout=10).status_code == 200
        finally:
            standin.terminate()


def _diagram(text: str) -> None:
    assert any(text.startswith(beginning) for beginning in NOT_CODE), text


def _jinja(app: Flask, text: str) -> None:
    """Renders a layout; other blocks are parsed."""
    if "extends" not in text:
        app.jinja_env.parse(text)
        return
    pages = {
        "base.html": "<main>{% block main %}{% endblock %}</main>",
        "layout": text,
        "page": "{% extends 'layout' %}{% block content %}tab{% endblock %}",
    }
    page = Environment(loader=DictLoader(pages), autoescape=True).get_template("page")
    assert page.render() == "<main>tab</main>"


def _stylesheet(text: str) -> None:
    """Every variable of ours in it has an effect."""
    css = (ROOT / "cxmc_ext" / "static" / "cxmc.css").read_text(encoding="utf-8")
    for name in re.findall(r"^  (--cxmc-[a-z-]+):", text, re.MULTILINE):
        assert f"var({name}," in css or f"{name},\n" in css, name


def _unit(app: Flask, text: str, folder: Path) -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    assert {"Unit", "Service", "Install"} == set(unit.sections())
    _process(app, unit["Service"]["ExecStart"])
    if shutil.which("systemd-analyze"):
        file = folder / "cxmc@1.service"
        unit_here = text.replace("/srv/crm/.venv/bin/flask", sys.executable).replace(
            "/srv/crm", str(folder)
        )
        file.write_text(unit_here, encoding="utf-8")
        command = ["systemd-analyze", "verify", "--man=no", str(file)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "cxmc@1" not in result.stderr, result.stderr


def _yaml(app: Flask, text: str) -> None:
    document = yaml.safe_load(text)
    for name, service in document.get("services", {}).items():
        if name in _PROCESSES:
            _process(app, service["command"])
    for job in document.get("scrape_configs", []):
        with app.test_request_context():
            assert job["metrics_path"] == url_for("cxmc.metrics")


def _process(app: Flask, command: str) -> None:
    """The command of a process must exist; other tests run it."""
    args = shlex.split(command)
    assert args[1:-1] == ["--app", "crm", "cxmc"]
    assert args[-1] in _PROCESSES
    _help(app, args[-1])


def _help(app: Flask, command: str) -> None:
    result = app.test_cli_runner().invoke(args=["cxmc", command, "--help"])
    assert result.exit_code == 0, command
