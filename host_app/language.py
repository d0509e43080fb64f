"""The language of the pages, the CRM's and the extension's: chosen in the header, kept in the session."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Flask, current_app, has_request_context, request, session

from host_app.dutch import DUTCH

# The values of `?lang=`, and the name of each language in that language.
LANGUAGES = {"en": "English", "nl": "Nederlands"}
_DEFAULT = "en"
_SESSION_KEY = "lang"


def chosen_language() -> str:
    """The language of this request; "" if none was chosen, or outside a request, as in a worker."""
    return str(session.get(_SESSION_KEY, "")) if has_request_context() else ""


def t(text: str, **values: object) -> str:
    """Translates a text of the CRM, and fills in its values, written %(name)s.

    Texts without a translation, such as those entered by users, are returned as they are.
    """
    translated = DUTCH.get(text, text) if chosen_language() == "nl" else text
    return translated % values if values else translated


def format_time(moment: int) -> str:
    """Writes Unix seconds as “24 Nov 2026, 14:15”, in the time zone of the extension."""
    return f"{format_day(moment)}, {_local_time(moment):%H:%M}"


def format_day(moment: int) -> str:
    """Writes the day of Unix seconds as “24 Nov 2026”."""
    return format_date(_local_time(moment), "d MMM y", locale=chosen_language() or _DEFAULT)


def _local_time(moment: int) -> datetime:
    return datetime.fromtimestamp(moment, ZoneInfo(current_app.config["CXMC_TIME_ZONE"]))


def register(app: Flask) -> None:
    """Adds `t`, `language` and `languages` to the templates, and follows `?lang=`."""
    app.jinja_env.globals["t"] = t
    app.jinja_env.globals["language"] = lambda: chosen_language() or _DEFAULT
    app.before_request(_choose_language)
    app.context_processor(_other_languages)


def _choose_language() -> None:
    language = request.args.get("lang")
    if request.method == "GET" and language in LANGUAGES:
        session[_SESSION_KEY] = language


def _other_languages() -> dict[str, Any]:
    """For the header: the languages that can be chosen instead."""
    current = chosen_language() or _DEFAULT
    return {"languages": {code: name for code, name in LANGUAGES.items() if code != current}}
