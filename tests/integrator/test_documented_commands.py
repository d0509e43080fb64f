"""Commands inside the sentences of README and docs: run, or tried as far as they may be, or listed here."""

import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from cxmc_ext.config import read_settings
from tests.support.readme_code import ROOT

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOT_RUN = {
    "apt install redis-server": "it would change the machine",
    "brew install redis": "it would change the machine",
    "systemctl daemon-reload": "it would change the machine",
    "systemctl enable --now cxmc-worker@1 cxmc-worker@2 cxmc-scheduler": "it would change the machine;"
    " the units are examined by test_integrator_docs",
    "docker compose run --rm web flask --app crm cxmc init-db": "it needs Docker and an image;"
    " init-db itself is a block of its own",
    "pip install": "half a sentence; test_wheel installs the wheel",
    "flask cxmc": "a name, no command",
    "flask cxmc …": "a name, no command",
    "make": "a word, no command",
}
"""What is not carried out at all, and why."""
_LIKE_COMMAND = re.compile(
    r"`((?:[A-Z_]+=\S* )*(?:flask|make|python|pip|apt|brew|systemctl|git|docker|npm|gunicorn)\b(?!\()[^`]*)`"
)
_REDIS = re.compile(r"`(rediss?://[^`…]+)`")


def prose(path: Path) -> str:
    """The page without its blocks, its lines joined: a command may be broken in two."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return text.replace("\n", " ")


def commands() -> list[str]:
    found = {one for path in DOCS for one in _LIKE_COMMAND.findall(prose(path))}
    return sorted(found)


@pytest.mark.parametrize("command", commands())
def test_a_command_in_prose_exists(command: str, app: Flask) -> None:
    if command in NOT_RUN:
        return
    words = [word for word in shlex.split(command) if not re.match("[A-Z_]+=", word)]
    _KINDS[words[0]](app, words[1:])


def test_commands_that_are_not_run_exist_and_have_a_reason() -> None:
    assert set(NOT_RUN) <= set(commands())
    assert all(NOT_RUN.values())


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_redis_url_is_valid(path: Path) -> None:
    for url in _REDIS.findall(prose(path)):
        assert read_settings({"CXMC_REDIS_URL": url}).redis_url == url


def _flask(app: Flask, words: list[str]) -> None:
    """Its options are those of the command; what it does stands in tests of the command."""
    group, command, *rest = words
    assert group == "cxmc"
    told = app.test_cli_runner().invoke(args=["cxmc", command, "--help"])
    assert told.exit_code == 0, command
    for option in (word for word in rest if word.startswith("--")):
        assert option in told.output, option


def _make(app: Flask, words: list[str]) -> None:
    """Dry: each takes minutes, and has tests of its own (demo: journeys; check: runs this)."""
    subprocess.run(["make", "-n", *words], cwd=ROOT, check=True, capture_output=True)


def _python(app: Flask, words: list[str]) -> None:
    kind, what, *_ = words
    if kind == "-m":  # minutes to hours; the module is there
        assert importlib.util.find_spec(what), what
        return
    told = subprocess.run(
        [sys.executable, kind, what], check=True, capture_output=True, text=True, timeout=60
    )
    assert told.stdout.strip()


_KINDS: dict[str, Callable[[Flask, list[str]], None]] = {
    "flask": _flask,
    "make": _make,
    "python": _python,
}
