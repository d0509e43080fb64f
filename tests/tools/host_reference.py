"""Makes docs/host.md from the docstrings of what an integrator implements, is given and calls."""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from cxmc_ext import extension
from cxmc_ext.domain import (
    blocks,
    campaigns,
    errors,
    merge_fields,
    notices,
    notifications,
    people,
    problems,
)
from cxmc_ext.domain.ports import blocks as block_ports
from cxmc_ext.domain.ports import host, opt_ins, queue
from cxmc_ext.testing import sandbox

_INTRODUCTION = """\
# Host

Every method of your `Host` and of its optional abilities, with what it gets and returns; then the objects
that go to and fro, what [signals and events](events.md) give you, the extension itself, and what
[`HostContract`](testing.md#check-your-host) needs. All names can be imported from `cxmc_ext` and
`cxmc_ext.testing`. This page is generated from the code.
"""
# The heading of a part, and the classes in it by module; none: all of them but `Host`.
_PARTS: Mapping[str, Mapping[ModuleType, tuple[str, ...]]] = {
    "The methods": {host: ("Host",)},
    "Optional abilities": {host: (), opt_ins: (), block_ports: ()},
    "Objects": {
        people: ("PersonKind", "PersonRef", "Person", "Right", "User"),
        campaigns: ("Campaign",),
        merge_fields: ("MergeField", "MergeFieldType"),
        blocks: ("Block", "BlockItem"),
        notifications: ("NotificationKind", "Notification", "NotificationText"),
    },
    "Signals and events": {notices: ("NoticeKind", "Notice", "StoredEvent")},
    "The extension": {
        extension: ("CxMailChimp",),
        queue: ("Queue",),
        problems: ("Problem",),
        errors: ("CxmcError", "SetupError"),
    },
    "For the contract": {sandbox: ()},
}
_INTERNAL = ("_", "to_json")  # how the names of methods begin that are left out
_SECTION = re.compile(r"^(Args|Returns|Raises|Attributes):\n((?:    .*\n|\n)*)", re.MULTILINE)
_ENTRY = re.compile(r"^(\w+): ", re.MULTILINE)


def host_reference() -> str:
    """The page, as Markdown."""
    return _INTRODUCTION + "".join(
        f"\n## {heading}\n" + "".join(_module(*item) for item in classes.items())
        for heading, classes in _PARTS.items()
    )


def _module(module: ModuleType, names: tuple[str, ...]) -> str:
    tree = ast.parse(Path(inspect.getfile(module)).read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    wanted = [node for node in classes if (node.name in names if names else node.name != "Host")]
    return "".join(map(_class, wanted))


def _class(node: ast.ClassDef) -> str:
    text = f"\n### {node.name}\n\n{_paragraphs(node)}\n"
    return text + "".join(f"\n- {line}" for line in _members(node)) + "\n" * bool(node.body[1:])


def _members(node: ast.ClassDef) -> Iterator[str]:
    """Methods with their signature, and fields with the text below them."""
    for member, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(member, ast.FunctionDef) and not member.name.startswith(_INTERNAL):
            yield f"**`{_signature(member)}`**  \n{_indent(_paragraphs(member))}"
        if isinstance(member, ast.AnnAssign | ast.Assign) and not ast.unparse(member).startswith(
            "_"
        ):
            text = _field_text(following)
            yield f"`{ast.unparse(member)}`" + (f": {text}" if text else "")


def _signature(function: ast.FunctionDef) -> str:
    if any(ast.unparse(each) == "property" for each in function.decorator_list):
        return f"{function.name}: {ast.unparse(function.returns or ast.Constant(None))}"
    arguments = ast.unparse(function.args).replace("self, ", "").replace("self", "")
    return f"{function.name}({arguments}) -> {ast.unparse(function.returns or ast.Constant(None))}"


def _field_text(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return _one_line(inspect.cleandoc(str(node.value.value)))
    return ""


def _paragraphs(node: ast.ClassDef | ast.FunctionDef) -> str:
    """A docstring, its sections as sentences."""
    text = (ast.get_docstring(node) or "") + "\n"
    prose = _SECTION.sub("", text)
    parts = [_one_line(each) for each in prose.strip().split("\n\n")]
    for name, content in _SECTION.findall(text):
        body = inspect.cleandoc(content)
        if name in {"Args", "Attributes"}:
            parts.extend(_entries(body))
        else:
            parts.append(f"{name}: {_one_line(body)}")
    return "\n\n".join(parts)


def _entries(body: str) -> Iterator[str]:
    pieces = _ENTRY.split("\n" + body)[1:]
    for name, text in zip(pieces[::2], pieces[1::2], strict=True):
        yield f"`{name}`: {_one_line(text)}"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("``", "`")


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.split("\n"))
