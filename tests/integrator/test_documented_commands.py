"""Commands in the prose of README and docs exist: each is run, or checked without side effects."""

import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate.cli import db as migrations

from cxmc_ext.config import read_settings
from tests.support.readme_code import ROOT

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Commands that are not even checked, and why.
NOT_RUN = {
    "apt install redis-server": "it would change the machine",
    "brew install redis": "it would change the machine",
    "systemctl daemon-reload": "it would change the machine",
    "systemctl enable --now cxmc-worker@1 cxmc-worker@2 cxmc-scheduler": "it would change the machine;"
    " test_documentation checks the units",
    "docker compose run --rm web flask --app crm cxmc init-db": "it needs Docker and an image;"
    " init-db itself is a block of its own",
    "pip install": "without a package; test_wheel installs the wheel",
    "flask cxmc": "the name of the group",
    "flask cxmc …": "the name of the group",
    "make": "the name of the program",
}
_LIKE_COMMAND = re.compile(
    r"`((?:[A-Z_]+=\S* )*(?:flask|make|python|pip|apt|brew|systemctl|git|docker|npm|gunicorn)\b(?!\()[^`]*)`"
)
_REDIS = re.compile(r"`(rediss?://[^`…]+)`")


def prose(path: Path) -> str:
    """The page without its blocks, on one line: a command may continue on the next."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return text.replace("\n", " ")


def commands() -> list[str]:
    return sorted({code for path in DOCS for code in _LIKE_COMMAND.findall(prose(path))})


@pytest.mark.slow
@pytest.mark.parametrize("command", commands())
def test_a_command_in_prose_exists(command: str, app: Flask) -> None:
    if command in NOT_RUN:
        return
    program, *args = [word for word in shlex.split(command) if not re.match("[A-Z_]+=", word)]
    _CHECKS[program](app, args)


def test_commands_that_are_not_run_exist_and_have_a_reason() -> None:
    assert set(NOT_RUN) <= set(commands())
    assert all(NOT_RUN.values())


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_redis_url_is_valid(path: Path) -> None:
    for url in _REDIS.findall(prose(path)):
        assert read_settings({"CXMC_REDIS_URL": url}).redis_url == url


def _flask(app: Flask, args: list[str]) -> None:
    """The command and its options must exist; tests/cli checks what they do."""
    group, command, *options = args
    if group == "db":
        assert command in migrations.commands
        return
    assert group == "cxmc"
    result = app.test_cli_runner().invoke(args=["cxmc", command, "--help"])
    assert result.exit_code == 0, command
    for option in (word for word in options if word.startswith("--")):
        assert option in result.output, option


def _make(app: Flask, args: list[str]) -> None:
    """A dry run: each target takes minutes."""
    subprocess.run(["make", "-n", *args], cwd=ROOT, check=True, capture_output=True)


def _python(app: Flask, args: list[str]) -> None:
    option, value, *_ = args
    if option == "-m":  # running the module may take hours
        assert importlib.util.find_spec(value), value
        return
    result = subprocess.run(
        [sys.executable, option, value], check=True, capture_output=True, text=True, timeout=60
    )
    assert result.stdout.strip()


_CHECKS: dict[str, Callable[[Flask, list[str]], None]] = {
    "flask": _flask,
    "make": _make,
    "python": _python,
}
