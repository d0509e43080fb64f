"""Answers when it is not the visitor's mistake, or only a hasty one. What was typed stays.

A script leaves the form where it is and shows the sentence as a toast; without one the page that comes
carries the form's values on, under the same name of the press. It asks neither database nor host.
"""

import logging
import secrets

from flask import Blueprint, Response, g, render_template, request, url_for
from werkzeug.exceptions import InternalServerError

from cxmc_ext.services import Services
from cxmc_ext.usecases import busy
from cxmc_ext.web import htmx, render
from cxmc_ext.web.i18n import N_, Speaker, plain_speaker

TOO_OFTEN = N_("That was more than 60 presses within a minute. Wait a minute, then try again.")
BUSY = N_("The database is busy at the moment. Nothing was done; try again in a few seconds.")
MISTAKE = N_("Something went wrong here, and it was written down under %(reference)s.")
_KEPT_BACK = "key"
"""A field that no answer repeats."""
_SOON = 5

_log = logging.getLogger(__name__)


def too_often(services: Services, seconds: int) -> Response:
    speaker = _speaker(services)
    return _answer(speaker, speaker.say(TOO_OFTEN), 429, seconds)


def install(blueprint: Blueprint, services: Services) -> None:
    def is_busy(error: Exception) -> Response:
        if not busy.passes(error):
            raise error
        _log.warning("Database busy at %s: %s", request.endpoint, type(error).__name__)
        speaker = _speaker(services)
        return _answer(speaker, speaker.say(BUSY), 503, _SOON)

    def mistake(error: InternalServerError) -> Response:
        """The traceback is in the host's own log, beside the line with the reference."""
        reference, cause = secrets.token_hex(4), type(error.original_exception).__name__
        _log.error("Reference %s: %s at %s", reference, cause, request.endpoint)
        speaker = _speaker(services)
        return _answer(speaker, speaker.say(MISTAKE, reference=reference), 500)

    for kind in busy.TROUBLE:
        blueprint.register_error_handler(kind, is_busy)
    blueprint.register_error_handler(500, mistake)


def _answer(speaker: Speaker, text: str, status: int, retry_after: int = 0) -> Response:
    if htmx.is_fragment(request):
        made = render.gone_saying(speaker, text, status)
        htmx.announce(made, {htmx.TOAST: text})
    else:
        made = render.answer(_page(speaker, text), status)
    if retry_after:
        made.headers["Retry-After"] = str(retry_after)
    return made


def _page(speaker: Speaker, text: str) -> str:
    form = request.form if request.method == "POST" else {}
    return render_template(
        "cxmc/again.html",
        _=speaker.say,
        speak=speaker,
        style=render.asset_url("cxmc.css"),
        icons=render.asset_url("icons.svg"),
        text=text,
        address=url_for(request.endpoint or "", **(request.view_args or {})),
        kept=list(form.items()) if _KEPT_BACK not in form else [],
        repeats=request.method == "POST" and _KEPT_BACK not in form,
    )


def _speaker(services: Services) -> Speaker:
    """The visitor's language where it is known already."""
    visit = g.get("cxmc_visit")
    return visit.speaker if visit is not None else plain_speaker(services)
