"""Builds the wheel and tries it in every Python we support that this machine has; names the others.

python -m tests.tools.try_pythons
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.support.paths import ROOT

PROBE = Path(__file__).parent / "wheel_smoke.py"
WANTED = ("3.11", "3.12", "3.13")
_HOMES = (Path.home() / ".pyenv" / "versions",)


def interpreters(
    wanted: Iterable[str] = WANTED,
    path: str = os.environ.get("PATH", ""),
    homes: Sequence[Path] = _HOMES,
) -> dict[str, Path | None]:
    """By version the first interpreter that runs, None where there is none."""
    return {version: next(_found(version, path, homes), None) for version in wanted}


def build(folder: Path) -> Path:
    """The wheel of what is committed."""
    source = folder / "source"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=True)
    make = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*make, "-w", str(folder), str(source)], check=True)
    return next(folder.glob("*.whl"))


def probe(python: Path, place: Path) -> str:
    """What the probe says; "served" when all is well."""
    told = subprocess.run(
        [python, PROBE, str(place)],
        cwd=place.parent,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(place), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or told.stderr


def _try(version: str, python: Path, wheel: Path, folder: Path) -> bool:
    """In an environment of its own, with the dependencies of the wheel and nothing else."""
    place = folder / version
    subprocess.run([python, "-m", "venv", place], check=True)
    subprocess.run([place / "bin" / "pip", "install", "-q", wheel], check=True)
    told = probe(place / "bin" / "python", place)
    print(f"{version}: {'ok' if told == 'served' else told} ({python})")
    return told == "served"


def _found(version: str, path: str, homes: Sequence[Path]) -> Iterable[Path]:
    number = re.compile(rf"{re.escape(version)}\.\d+")
    named = [Path(folder) / f"python{version}" for folder in path.split(os.pathsep)]
    kept = [
        each / "bin" / "python"
        for home in homes
        if home.is_dir()
        for each in sorted(home.iterdir())
        if number.fullmatch(each.name)
    ]
    return (each for each in (*named, *kept) if _runs(each, version))


def _runs(python: Path, version: str) -> bool:
    """A name may lead nowhere, or to a wrapper that knows no such version."""
    if not os.access(python, os.X_OK):
        return False
    ask = "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"
    told = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return told.stdout.strip() == version


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel, right = build(folder), True
        for version, python in interpreters().items():
            if python is None:
                print(f"{version}: not on this machine")
            else:
                right = _try(version, python, wheel, folder) and right
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
