"""python -m tests.tools.dependency_audit: known holes in what is installed, by pip-audit.

Quiet when there are none.

Where nobody who knows can be asked it says so and goes on; everything else that is not clean fails.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

COMMAND = ("-m", "pip_audit", "-f", "json", "--skip-editable", "--progress-spinner", "off")
UNREACHABLE = re.compile(
    r"^requests\.exceptions\.(ConnectionError|ConnectTimeout|ProxyError|ReadTimeout):", re.MULTILINE
)
"""How pip-audit ends where the vulnerability service cannot be reached."""
NOT_ASKED = "Dependencies were not audited: the vulnerability service cannot be reached from here."


@dataclass(frozen=True)
class Verdict:
    """What is said, and whether that is a failure."""

    text: str = ""
    failed: bool = False


def judge(answer: str, trouble: str, status: int) -> Verdict:
    """:param answer: pip-audit's standard output; `trouble`: its standard error."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        away = UNREACHABLE.search(trouble) or "Could not connect to PyPI" in trouble
        return Verdict(NOT_ASKED) if away else Verdict(trouble or answer, failed=True)
    found = [_line(package, hole) for package in packages for hole in package.get("vulns", ())]
    if found or status:
        return Verdict("\n".join(found) or trouble, failed=True)
    asked = [package for package in packages if "skip_reason" not in package]
    return Verdict() if asked else Verdict(NOT_ASKED)


def _line(package: dict[str, Any], hole: dict[str, Any]) -> str:
    mended = ", ".join(hole.get("fix_versions", ())) or "no version yet"
    return f"{package['name']} {package['version']}: {hole['id']}, mended in {mended}"


def main() -> int:
    told = subprocess.run(
        [sys.executable, *COMMAND], capture_output=True, text=True, timeout=300, check=False
    )
    verdict = judge(told.stdout, told.stderr, told.returncode)
    if verdict.text:
        sys.stdout.write(verdict.text + "\n")
    return int(verdict.failed)


if __name__ == "__main__":
    sys.exit(main())
