"""Prints how many public names of the product are documented: `python -m tests.tools.docstring_coverage`."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT

_SECTION = re.compile(r"^\s*(Args|Returns|Raises|Yields|Attributes):\s*$", re.MULTILINE)
Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass
class Coverage:
    """Counts of public names."""

    names: int = 0
    documented: int = 0
    with_sections: int = 0

    def add(self, docstring: str | None) -> None:
        self.names += 1
        self.documented += bool(docstring)
        self.with_sections += bool(_SECTION.search(docstring or ""))

    def __str__(self) -> str:
        share = 100 * self.documented / max(self.names, 1)
        return (
            f"{self.documented} of {self.names} have a docstring ({share:.0f} %),"
            f" {self.with_sections} with Args, Returns or Raises"
        )


def measure(paths: list[Path]) -> dict[str, Coverage]:
    """By kind of name: modules, classes, functions and methods."""
    kinds = {kind: Coverage() for kind in ("modules", "classes", "functions", "methods")}
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        kinds["modules"].add(ast.get_docstring(tree))
        for kind, node in _public(tree):
            kinds[kind].add(ast.get_docstring(node))
    return kinds


def _public(tree: ast.Module) -> Iterator[tuple[str, Documented]]:
    for node in tree.body:
        if not isinstance(node, Documented) or node.name.startswith("_"):
            continue
        yield ("classes" if isinstance(node, ast.ClassDef) else "functions"), node
        for member in getattr(node, "body", ()) if isinstance(node, ast.ClassDef) else ():
            if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                yield "methods", member


def main() -> None:
    for kind, coverage in measure(sorted(ROOT.glob("cxmc_ext/**/*.py"))).items():
        print(f"{kind}: {coverage}")


if __name__ == "__main__":
    main()
