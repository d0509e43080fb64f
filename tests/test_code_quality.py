"""Import contracts, size limits, and rules for templates."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PRODUCT = sorted([*ROOT.glob("cxmc_ext/**/*.py"), *ROOT.glob("host_app/**/*.py")])
# A revision of the tables is written once, by Alembic, and never changes: it has no limits of size.
REVISIONS = {*ROOT.glob("cxmc_ext/db/migrations/versions/*.py")}
ALL_PYTHON = sorted([*PRODUCT, *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")])
TEMPLATES = sorted([*ROOT.glob("cxmc_ext/**/templates/**/*"), *ROOT.glob("templates/**/*")])
STYLESHEETS_AND_SCRIPTS = sorted(
    path
    for folder in ("cxmc_ext/static", "cxmc_ext/standin/website/static", "static")
    for path in (ROOT / folder).rglob("*.*s")
    if path.suffix in {".css", ".js"} and ".min." not in path.name
)
TEMPLATE_LINE_LENGTH = 120
FILE_LINES = 300
BARE_VERBS = {
    "Add", "Build", "Change", "Check", "Close", "Count", "Create", "Delete", "Describe", "Find", "Let",
    "Make", "Mark", "Parse", "Raise", "Read", "Record", "Remove", "Render", "Replace", "Return", "Run",
    "Save", "Send", "Set", "Show", "Start", "Stop", "Store", "Turn", "Write", "Yield",
}  # fmt: skip
FUNCTION_LINES = 40


def test_the_import_contracts_of_setup_cfg_hold() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([tool], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "path",
    [path for path in ALL_PYTHON if path not in REVISIONS],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_files_and_functions_stay_small(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= FILE_LINES, "split this file"
    long = [
        f"{node.name} ({_body_lines(node)})"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _body_lines(node) > FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("path", PRODUCT, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", PRODUCT, ids=lambda p: str(p.relative_to(ROOT)))
def test_functions_are_described_in_the_third_person(path: Path) -> None:
    """“Returns …”, not “Return …”; the docstring of a command is its help, which speaks to the user."""
    wrong = [
        f"{node.name}: {text.splitlines()[0]}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (text := ast.get_docstring(node) or "").partition(" ")[0] in BARE_VERBS
        and not any(".command(" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]
    assert wrong == []


def test_all_templates_end_in_html_so_that_flask_escapes_them() -> None:
    files = [path for path in TEMPLATES if path.is_file()]
    assert files
    assert [path.name for path in files if path.suffix != ".html"] == []


def test_no_template_contains_unescaped_values_or_inline_scripts_or_styles() -> None:
    banned = re.compile(
        r"\|\s*safe\b|Markup\(|<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on"
    )
    matches = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in TEMPLATES
        if path.is_file()
        for match in banned.finditer(path.read_text(encoding="utf-8"))
    ]
    assert matches == []


@pytest.mark.parametrize(
    "path",
    [*(path for path in TEMPLATES if path.is_file()), *STYLESHEETS_AND_SCRIPTS],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_lines_of_templates_stylesheets_and_scripts_stay_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    long = [n for n, line in enumerate(lines, 1) if len(line) > TEMPLATE_LINE_LENGTH]
    assert long == [], "break these lines"


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, without the docstring."""
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or 0) - first.lineno + 1
