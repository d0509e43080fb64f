"""Writes the pages of docs/ that are generated from the code: `python -m tests.tools.generated_docs`."""

from collections.abc import Iterator

from cxmc_ext.adapters.secrets import MAKE_KEY
from cxmc_ext.config import CONFIG_KEYS
from cxmc_ext.domain.messages.lookup import MESSAGES
from tests.support.readme_code import ROOT
from tests.tools.host_reference import host_reference

_CONFIGURE = f"""\
# Configure

Settings are keys of `app.config`, read once when `CxMailChimp` is installed. An invalid value raises
`SetupError` at startup; only the keys in `CXMC_SECRET_KEYS` are checked when they are first used, and by
`flask cxmc doctor`. To read them from the environment call `app.config.from_prefixed_env()` first:
`FLASK_CXMC_REDIS_URL` becomes `CXMC_REDIS_URL`. A key for `CXMC_SECRET_KEYS` is what
`{MAKE_KEY}` prints.
This page is generated from the code.

| key | default | meaning |
|---|---|---|
"""
_ERRORS = """\
# Messages

Every message that the screens and `flask cxmc` can show for a problem, by its code. The codes are in the
column `problems` of `cxmc_mailing` and `cxmc_operation`. MailChimp's own text, if it gave one, is shown
next to the message. This page is generated from the code.

| code | message | what to do |
|---|---|---|
"""


def configure() -> str:
    return _CONFIGURE + "".join(
        f"| `{key.name}` | {_default(key.default)} | {_cell(key.meaning)} |\n"
        for key in CONFIG_KEYS
    )


def errors() -> str:
    return _ERRORS + "".join(_error_rows())


def _error_rows() -> Iterator[str]:
    for code, message in sorted(MESSAGES.items()):
        link = f" [More]({message.link})" if message.link.startswith("https://") else ""
        yield f"| `{code}` | {_cell(message.text)} | {_cell(message.remedy)}{link} |\n"


def _default(value: object) -> str:
    shown = {True: "1", False: "0"}.get(value, value) if isinstance(value, bool) else value
    return f"`{shown}`" if str(shown) else "–"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


GENERATED_DOCS = {"configure.md": configure, "errors.md": errors, "host.md": host_reference}

if __name__ == "__main__":
    for name, write in GENERATED_DOCS.items():
        (ROOT / "docs" / name).write_text(write(), encoding="utf-8")
