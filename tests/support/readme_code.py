"""README as code: its “Integrate” taken out and run, word for word, against the CRM of acme.py."""

import re
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from tests.support import sample_crm
from tests.support.paths import ROOT

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(path: Path) -> list[tuple[str, str]]:
    """(language, text) of every fenced block; "" for pictures made of letters."""
    return [(found[1], found[2]) for found in _FENCE.finditer(path.read_text(encoding="utf-8"))]


def integration_blocks() -> dict[str, list[str]]:
    """The blocks of “Integrate” by language."""
    whole = (ROOT / "README.md").read_text(encoding="utf-8")
    part = whole.split("## Integrate")[1].split("\n## ")[0]
    found: dict[str, list[str]] = {}
    for each in _FENCE.finditer(part):
        found.setdefault(each[1], []).append(each[2])
    return found


def host_code_names() -> dict[str, Any]:
    """What the first block defines, `AcmeHost` and `CxMailChimp` among it."""
    sys.modules["acme"] = sample_crm
    try:
        return _run(integration_blocks()["python"][0], {})
    finally:
        del sys.modules["acme"]


def multi_account_names() -> dict[str, Any]:
    """What the page on several accounts defines, on top of README's host."""
    return _names_of("multiple-accounts.md", "class HoldingHost")


def contract_names() -> dict[str, Any]:
    """What the page on testing defines to check README's host."""
    return _names_of("testing.md", "class AcmeSandbox")


def _names_of(page: str, part: str) -> dict[str, Any]:
    """What the block of a page with this text defines."""
    crm = types.ModuleType("crm")
    crm.AcmeHost = host_code_names()["AcmeHost"]  # type: ignore[attr-defined]
    (source,) = [text for _, text in blocks(ROOT / "docs" / page) if part in text]
    sys.modules |= {"acme": sample_crm, "crm": crm}
    try:
        return _run(source, {"__name__": page})
    finally:
        del sys.modules["acme"], sys.modules["crm"]


def install_own_csrf(app: Flask) -> None:
    """The check that Acme wrote itself, the way the integration page allows it."""
    written = blocks(ROOT / "docs" / "own-checks.md")
    (source,) = [text for _, text in written if "def check_csrf" in text]
    _run(source, {"app": app})


def create_sample_crm(
    config: Mapping[str, Any], before: Callable[[Flask], object] = lambda app: None
) -> Flask:
    """Acme with the five steps of the README and nothing else; `before` is what Acme does ahead of them."""
    tab, person, settings, toasts = integration_blocks()["jinja"][0].splitlines()
    pages = {"campaign.html": tab, "contact.html": person, "settings.html": settings}
    app = sample_crm.create_app(config, {name: page + toasts for name, page in pages.items()})
    before(app)
    _run(integration_blocks()["python"][1], {**host_code_names(), "app": app})
    return app


def _run(source: str, names: dict[str, Any]) -> dict[str, Any]:
    exec(compile(source, "README.md", "exec"), names)
    return names
