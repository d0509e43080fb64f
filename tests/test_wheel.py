"""The wheel, installed elsewhere, brings pages, static files, translations and the CLI."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.tools import try_pythons


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return try_pythons.build(tmp_path_factory.mktemp("wheel"))


@pytest.mark.slow
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


@pytest.mark.slow
def test_installed_elsewhere_it_serves_its_pages(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target)]
    subprocess.run([*install, str(wheel)], check=True)
    assert try_pythons.probe(Path(sys.executable), target) == "served"


def test_the_pythons_of_a_machine_are_found_and_the_others_named(tmp_path: Path) -> None:
    """One by its name, one kept by a version manager, a wrapper that leads nowhere, and none."""
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    _program(tmp_path / "path" / f"python{ours}", f'exec {sys.executable} "$@"')
    _program(tmp_path / "path" / "python3.90", "exit 127")
    _program(tmp_path / "kept" / "3.91.4" / "bin" / "python", "echo 3.91")
    found = try_pythons.interpreters(
        (ours, "3.90", "3.91", "3.92"), str(tmp_path / "path"), [tmp_path / "kept"]
    )
    assert found == {
        ours: tmp_path / "path" / f"python{ours}",
        "3.90": None,
        "3.91": tmp_path / "kept" / "3.91.4" / "bin" / "python",
        "3.92": None,
    }


def test_the_pythons_that_are_tried_are_those_of_the_metadata() -> None:
    told = tomllib.loads((try_pythons.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert told["project"]["requires-python"] == f">={try_pythons.WANTED[0]}"
    listed = [
        line.rpartition(" ")[2]
        for line in told["project"]["classifiers"]
        if line.startswith("Programming Language :: Python :: 3.")
    ]
    assert listed == list(try_pythons.WANTED)


def _program(path: Path, does: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    path.chmod(0o755)
