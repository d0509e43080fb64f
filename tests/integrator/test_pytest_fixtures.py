"""The pytest fixtures of the package work without any set-up."""

import os
import re
import subprocess
import sys
import tomllib
from operator import attrgetter
from pathlib import Path

from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost
from tests.support.readme_code import ROOT, blocks

# Other names in the table: fields of a mail, users, and another fixture.
NOT_OF_THE_FIXTURE = {
    *("campaign", "address", "subject", "html"),
    *("admin", "recruiter", "intern", "cxmc_clock"),
}


def the_example() -> str:
    """The block of docs/testing.md that is a test."""
    written = blocks(ROOT / "docs" / "testing.md")
    (example,) = [text for _, text in written if "def test_" in text]
    return example


def test_the_entry_point_names_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"cxmc": "cxmc_ext.pytest_plugin"}


def test_the_table_names_what_the_fixtures_have(
    cxmc_standin: StandinServer, cxmc_clock: Clock, cxmc_queue: ManualQueue, cxmc_host: MemoryHost
) -> None:
    fixtures = {
        "cxmc_standin": cxmc_standin,
        "cxmc_clock": cxmc_clock,
        "cxmc_queue": cxmc_queue,
        "cxmc_host": cxmc_host,
    }
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:`(\w+)` )?\| (.+) \|$", page.split("| fixture |")[1], re.MULTILINE)
    fixture = ""
    for name, cell in rows:
        fixture = name or fixture
        used = set(re.findall(r"`([a-z_.]+)", cell)) - NOT_OF_THE_FIXTURE
        assert used
        for path in used:
            attrgetter(path)(fixtures[fixture])
    assert fixture == "cxmc_host"


def test_an_integrators_test_can_use_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(the_example(), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "cxmc_ext.pytest_plugin", str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "1 passed" in result.stdout
