"""Answers when it is not the visitor's mistake, or only a hasty one. What was typed stays.

A script leaves the form where it is and shows the sentence as a toast; without one the page that comes
carries the form's values on, under the same name of the press. It asks neither database nor host.
"""

import logging
import secrets

from flask import Blueprint, Response, g, render_template, request, url_for
from werkzeug.exceptions import InternalServerError

from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import db_errors
from cxmc_ext.web import htmx
from cxmc_ext.web.i18n import N_, Localizer, default_localizer
from cxmc_ext.web.presentation import render

TOO_MANY_PRESSES = N_(
    "That was more than 60 clicks within a minute. Wait a minute, then try again."
)
DATABASE_BUSY = N_("The database is busy. Nothing was done; try again in a few seconds.")
INTERNAL_ERROR = N_(
    "Something went wrong on the server. Give your administrator the reference %(reference)s."
)
_SECRET_FIELD = "key"  # noqa: S105 - the name of a field
"""A field that no answer repeats."""
_RETRY_AFTER_SECONDS = 5

_log = logging.getLogger(__name__)


def too_many_presses(services: Services, seconds: int) -> Response:
    speaker = _localizer(services)
    return _error_response(speaker, speaker.gettext(TOO_MANY_PRESSES), 429, seconds)


def register_handlers(blueprint: Blueprint, services: Services) -> None:
    def is_busy(error: Exception) -> Response:
        if not db_errors.is_transient(error):
            raise error
        _log.warning("Database busy at %s: %s", request.endpoint, type(error).__name__)
        speaker = _localizer(services)
        return _error_response(speaker, speaker.gettext(DATABASE_BUSY), 503, _RETRY_AFTER_SECONDS)

    def mistake(error: InternalServerError) -> Response:
        """The traceback is in the host's own log, beside the line with the reference."""
        reference, cause = secrets.token_hex(4), type(error.original_exception).__name__
        _log.error("Reference %s: %s at %s", reference, cause, request.endpoint)
        speaker = _localizer(services)
        return _error_response(speaker, speaker.gettext(INTERNAL_ERROR, reference=reference), 500)

    for kind in db_errors.DB_ERRORS:
        blueprint.register_error_handler(kind, is_busy)
    blueprint.register_error_handler(500, mistake)


def _error_response(speaker: Localizer, text: str, status: int, retry_after: int = 0) -> Response:
    if htmx.is_fragment(request):
        made = render.message_fragment(speaker, text, status)
        htmx.trigger_events(made, {htmx.TOAST: text})
    else:
        made = render.html_response(_render_page(speaker, text), status)
    if retry_after:
        made.headers["Retry-After"] = str(retry_after)
    return made


def _render_page(speaker: Localizer, text: str) -> str:
    form = request.form if request.method == "POST" else {}
    return render_template(
        "cxmc/error.html",
        _=speaker.gettext,
        localizer=speaker,
        stylesheet_url=render.asset_url("cxmc.css"),
        icons_url=render.asset_url("icons.svg"),
        text=text,
        url=url_for(request.endpoint or "", **(request.view_args or {})),
        hidden_values=list(form.items()) if _SECRET_FIELD not in form else [],
        is_post=request.method == "POST" and _SECRET_FIELD not in form,
    )


def _localizer(services: Services) -> Localizer:
    """The visitor's language where it is known already."""
    visit = g.get("cxmc_visit")
    return visit.localizer if visit is not None else default_localizer(services)
