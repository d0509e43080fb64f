"""Which language the MailChimp pages speak: chosen in the header, kept in the session."""

from typing import Any

from flask import Flask, has_request_context, request, session

LANGUAGES = {"en": "English", "nl": "Nederlands"}
"""What `?lang=` may say, and how each language calls itself."""
_KEY = "lang"


def chosen() -> str:
    """The reader's language, "" where nobody chose one or nobody reads (a worker)."""
    return str(session.get(_KEY, "")) if has_request_context() else ""


def register(app: Flask) -> None:
    app.before_request(_choose)
    app.context_processor(_others)


def _choose() -> None:
    wanted = request.args.get("lang")
    if request.method == "GET" and wanted in LANGUAGES:
        session[_KEY] = wanted


def _others() -> dict[str, Any]:
    """For the header: the languages one may change to."""
    now = chosen() or "en"
    return {"languages": {code: name for code, name in LANGUAGES.items() if code != now}}
