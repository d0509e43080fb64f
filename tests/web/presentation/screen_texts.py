"""Every text the screens can show, read from the templates, the code and the tables of words."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_file
from jinja2.ext import babel_extract

import cxmc_ext
from cxmc_ext.domain.messages.account import ACTIVATED, NO_TEMPLATES
from cxmc_ext.domain.messages.lookup import MESSAGES
from cxmc_ext.domain.operations import OPERATION_SPECS

ROOT = Path(cxmc_ext.__file__).parent
_KEYWORDS = {"_": None, "gettext": None, "N_": None, "NN_": (1, 2), "ngettext": (1, 2)}


def all_screen_texts() -> set[str | tuple[str, str]]:
    """Texts, and (one, many) where a number decides."""
    return {*_templates(), *_code(), *_words()}


def _templates() -> Iterator[str | tuple[str, str]]:
    for path in (ROOT / "templates" / "cxmc").glob("*.html"):
        with path.open("rb") as source:
            for _, name, found, _ in babel_extract(source, ["_", "ngettext"], [], {"trimmed": ""}):
                texts = [found] if isinstance(found, str) else [t for t in found or () if t]
                if texts:
                    yield (texts[0], texts[1]) if name == "ngettext" else texts[0]


def _code() -> Iterator[str | tuple[str, str]]:
    for path in (ROOT / "web").rglob("*.py"):
        for _, found, _, _ in extract_from_file("python", path, keywords=_KEYWORDS):
            yield found if isinstance(found, str) else (found[0], found[1])


def _words() -> Iterator[str]:
    yield from (ACTIVATED, NO_TEMPLATES)
    for spec in OPERATION_SPECS.values():
        yield from filter(None, (spec.label, spec.success_text))
    for words in MESSAGES.values():
        yield words.text
        if words.remedy:
            yield words.remedy
