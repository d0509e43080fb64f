"""Writes the pages of docs/ that come from tables in the code: `python -m tests.tools.generated_docs`."""

from collections.abc import Iterator

from cxmc_ext.config import CONFIG_KEYS
from cxmc_ext.domain.messages.lookup import MESSAGES
from tests.support.readme_code import ROOT

_CONFIGURE = """\
# Configure

Keys of `app.config`, read once when `CxMailChimp` is installed; a value that does not do stops the
start with a sentence. This page is written from the table in [`config.py`](../cxmc_ext/config.py).

| key | default | meaning |
|---|---|---|
"""
_ERRORS = """\
# What a person may be told, and the cure

Every sentence the screens and `flask cxmc` can show for a reason, by its code; the codes stand in
the column `why` of `cxmc_mailing` and `cxmc_operation`. MailChimp's own words, where it gave any,
are shown beside them. This page is written from the tables in
[`domain/words.py`](../cxmc_ext/domain/messages/account.py) and its neighbours.

| code | sentence | cure |
|---|---|---|
"""


def configure() -> str:
    return _CONFIGURE + "".join(
        f"| `{key.name}` | {_default(key.default)} | {_cell(key.meaning)} |\n"
        for key in CONFIG_KEYS
    )


def errors() -> str:
    return _ERRORS + "".join(_lines())


def _lines() -> Iterator[str]:
    for code, words in sorted(MESSAGES.items()):
        link = f" [More]({words.link})" if words.link.startswith("https://") else ""
        yield f"| `{code}` | {_cell(words.text)} | {_cell(words.remedy)}{link} |\n"


def _default(value: object) -> str:
    shown = {True: "1", False: "0"}.get(value, value) if isinstance(value, bool) else value
    return f"`{shown}`" if str(shown) else "–"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


GENERATED_DOCS = {"configure.md": configure, "errors.md": errors}

if __name__ == "__main__":
    for name, write in GENERATED_DOCS.items():
        (ROOT / "docs" / name).write_text(write(), encoding="utf-8")
