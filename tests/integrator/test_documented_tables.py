"""Tables of the docs that no program writes say what the code says."""

import re

import pytest

from tests.support.paths import ROOT

_CSS = (ROOT / "cxmc_ext" / "static" / "cxmc.css").read_text(encoding="utf-8")
# `var(--cxmc-…, default)`, with up to two pairs of parentheses inside one another in the default.
_VARIABLE = re.compile(
    r"var\(\s*(--cxmc-[a-z-]+),((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*)\)"
)
_VALUE = re.compile(r"#[0-9a-f]{3,6}|\b\d+(?:px|%)|--cxmc-[a-z-]+|system-ui")


def _rows() -> dict[str, str]:
    """The last column by variable, as docs/look-and-languages.md has it."""
    page = (ROOT / "docs" / "look-and-languages.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `(--cxmc-[a-z-]+)` \| .+ \| (.+) \|$", page, re.MULTILINE))


def test_the_stylesheet_has_the_variables_of_the_page() -> None:
    assert list(_rows()) == [name for name, _ in _VARIABLE.findall(_CSS)]
    assert set(_rows()) == set(re.findall(r"--cxmc-[a-z-]+", _CSS))


@pytest.mark.parametrize(("name", "default"), _VARIABLE.findall(_CSS))
def test_a_variable_has_the_default_of_the_page(name: str, default: str) -> None:
    assert _VALUE.findall(_rows()[name]) == _VALUE.findall(default)
