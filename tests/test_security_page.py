"""docs/security.md names a test for each promise; all of them must exist."""

import re

from tests.support.paths import ROOT


def test_every_test_the_security_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "security.md").read_text("utf-8")))
    existing = {
        name
        for path in ROOT.glob("tests/**/test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
    }
    assert len(named) > 60
    assert named - existing == set()
