"""Which language the pages speak, theirs and ours: chosen in the header, kept in the session."""

from typing import Any

from flask import Flask, has_request_context, request, session

from host_app.dutch import DUTCH

LANGUAGES = {"en": "English", "nl": "Nederlands"}
"""What `?lang=` may say, and how each language calls itself."""
_KEY = "lang"


def chosen_language() -> str:
    """The reader's language, "" where nobody chose one or nobody reads (a worker)."""
    return str(session.get(_KEY, "")) if has_request_context() else ""


def t(text: str, **values: object) -> str:
    """A text of the CRM in the reader's language; %(name)s stands for a value.

    What people typed themselves is in no dictionary and stays as it is.
    """
    said = DUTCH.get(text, text) if chosen_language() == "nl" else text
    return said % values if values else said


def register(app: Flask) -> None:
    app.jinja_env.globals["t"] = t
    app.jinja_env.globals["language"] = lambda: chosen_language() or "en"
    app.before_request(_choose)
    app.context_processor(_others)


def _choose() -> None:
    wanted = request.args.get("lang")
    if request.method == "GET" and wanted in LANGUAGES:
        session[_KEY] = wanted


def _others() -> dict[str, Any]:
    """For the header: the languages one may change to."""
    now = chosen_language() or "en"
    return {"languages": {code: name for code, name in LANGUAGES.items() if code != now}}
