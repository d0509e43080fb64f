"""Sends a campaign with the lowest versions that the metadata allows, and with those installed here.

python -m tests.tools.try_versions
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.redis_server import RedisServer

STORY = Path(__file__).parent / "version_story.py"
_REQUIREMENT = re.compile(r"([\w.\[\]-]+?)\s*(?:[>=]=\s*([\w.]+))?(?:,.*)?", re.ASCII)


def lowest_versions(requirements: Iterable[str]) -> list[str]:
    """Each requirement with its lower bound as its version; those without a bound as they are."""
    found = [_REQUIREMENT.fullmatch(requirement) for requirement in requirements]
    parsed = [match.groups() for match in found if match]
    return [f"{name}=={version}" if version else name for name, version in parsed]


def requirements() -> list[str]:
    """What the package requires, with PostgreSQL."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["postgresql"]]


def tell_story(python: Path, folder: Path, redis_url: str) -> str:
    """What the story says with this interpreter; "sent and read" when all is well."""
    told = subprocess.run(
        [python, STORY, str(folder), redis_url],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip().rpartition("\n")[2] if told.returncode == 0 else told.stderr[-2000:]


def _install(folder: Path) -> Path:
    place = folder / "lowest"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    install = [place / "bin" / "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*install, *lowest_versions(requirements())], check=True)
    return place / "bin" / "python"


def main() -> int:
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="cxmc", dir="/tmp") as name:
        redis = RedisServer(Path(name))
        redis.start()
        try:
            for label in ("lowest", "installed"):
                started, folder = time.monotonic(), Path(name) / label
                python = _install(Path(name)) if label == "lowest" else Path(sys.executable)
                folder.mkdir(exist_ok=True)
                outcomes.append(tell_story(python, folder, redis.url))
                print(f"{label}: {outcomes[-1]} ({time.monotonic() - started:.0f} s)")
        finally:
            redis.stop()
    return 0 if outcomes == ["sent and read"] * 2 else 1


if __name__ == "__main__":
    sys.exit(main())
