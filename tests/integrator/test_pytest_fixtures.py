"""The pytest fixtures of the package work without any set-up."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support.readme_code import ROOT, blocks


def the_example() -> str:
    """The block of docs/testing.md that is a test."""
    written = blocks(ROOT / "docs" / "testing.md")
    (example,) = [text for _, text in written if "def test_" in text]
    return example


def test_the_entry_point_names_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"cxmc": "cxmc_ext.pytest_plugin"}


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
