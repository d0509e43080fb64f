"""Names follow docs/glossary.md, and nothing refers to pages outside the repository."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PRODUCT = sorted([*ROOT.glob("cxmc_ext/**/*.py"), *ROOT.glob("host_app/**/*.py")])
TEXTS = sorted(
    path
    for pattern in ("*", ".ci/*", "{}/**/*")
    for folder in ("benchmarks", "cxmc_ext", "docs", "host_app", "static", "templates", "tests")
    for path in ROOT.glob(pattern.format(folder))
    if path.suffix in {".py", ".md", ".html", ".css", ".js", ".po", ".toml", ".cfg"}
    or path.name in {"Makefile", "run"}
)
# The copy of MailChimp's API description, which is not ours to publish, is looked for outside.
MAY_LOOK_OUTSIDE = {ROOT / "tests/support/paths.py", Path(__file__)}
OUTSIDE = re.compile(
    r"(?<!\w)\((?:I\d+[a-d]?(?: [a-d])?|E\d+|L\d+|seed)\)"
    r"|API-FACTS|\.\./shared|/work/"
    r"|\b(?:PRODUCT|DESIGN|STACK|NAMES|FAULTS|EXAMPLES)\.md"
)
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")


@lru_cache(maxsize=1)
def replaced_words() -> list[str]:
    """The column "instead of" of the glossary."""
    lines = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| ")][1:]
    return [word.strip(" `") for row in rows for word in row[2].split(",") if word.strip()]


@lru_cache(maxsize=1)
def product_names() -> set[tuple[str, str]]:
    """(name, file) of every module, class, function and class attribute, columns included."""
    return {
        (name, str(path.relative_to(ROOT))) for path in PRODUCT for name in _names_defined_in(path)
    }


def _names_defined_in(path: Path) -> Iterator[str]:
    yield path.parent.name if path.stem == "__init__" else path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from _attributes_of(node)


def _attributes_of(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def uses(name: str, word: str) -> bool:
    """A capitalized word is the name of a class; others are words or phrases inside any name."""
    if word[0].isupper():
        return name == word
    phrase = word.lower().split()
    parts = [part.lower() for part in _WORD.findall(name)]
    return any(parts[at : at + len(phrase)] == phrase for at in range(len(parts)))


def test_the_glossary_names_words_that_are_not_used() -> None:
    assert len(replaced_words()) > 50


@pytest.mark.parametrize(
    ("name", "word", "expected"),
    [
        ("open_the_gate", "gate", True),
        ("GateKeeper", "gate", True),
        ("investigate", "gate", False),
        ("Look", "Look", True),
        ("lookup", "Look", False),
        ("ActivityRow", "activity row", True),
        ("activity", "activity row", False),
    ],
)
def test_words_are_found_in_names(name: str, word: str, expected: bool) -> None:
    assert uses(name, word) is expected


@pytest.mark.parametrize("word", dict.fromkeys(replaced_words()))
def test_no_name_uses_a_word_that_the_glossary_replaces(word: str) -> None:
    assert [f"{name} in {file}" for name, file in sorted(product_names()) if uses(name, word)] == []


def test_nothing_refers_to_pages_outside_the_repository() -> None:
    references = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in dict.fromkeys(TEXTS)
        if path not in MAY_LOOK_OUTSIDE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for match in OUTSIDE.finditer(line)
    ]
    assert references == []
