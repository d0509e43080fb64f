"""One error handler per kind of error. Whatever happens, what the user typed is kept.

`Conflict` (the state does not allow it) and `Invalid` (the form is wrong) are answered by the views that the
route names. A busy database, too many presses and internal errors are answered without asking database
or Host: with htmx the form stays in place and a toast appears; without it the page repeats the form's
values under the same nonce, so sending it again counts as the same press.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Response, g, render_template, request, url_for
from werkzeug.exceptions import InternalServerError

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import db_errors
from cxmc_ext.web import csrf, forms, htmx
from cxmc_ext.web.i18n import N_, Localizer, default_localizer, localizer_for_reader
from cxmc_ext.web.presentation import render
from cxmc_ext.web.request_context import get_current
from cxmc_ext.web.routes import Route

TOO_MANY_PRESSES = N_(
    "That was more than 60 clicks within a minute. Wait a minute, then try again."
)
DATABASE_BUSY = N_("The database is busy. Nothing was done; try again in a few seconds.")
INTERNAL_ERROR = N_(
    "Something went wrong on the server. Give your administrator the reference %(reference)s."
)
LOGGED_OUT = N_(
    "You are logged out. Not sent. Log in in another tab, then continue here: what you typed is kept."
)
OUTDATED_FORM = N_(
    "This page was open for too long, or you have logged in again since. What you typed is kept."
)
# The field whose value no answer repeats.
_SECRET_FIELD = "key"  # noqa: S105 - the name of a field
_RETRY_AFTER_SECONDS = 5

_log = logging.getLogger(__name__)


def too_many_presses(services: Services, seconds: int) -> Response:
    """Answers 429 with `Retry-After`."""
    localizer = _localizer(services)
    return _error_response(localizer, localizer.gettext(TOO_MANY_PRESSES), 429, seconds)


def kept_form_response(services: Services, status: int) -> Response | None:
    """Answers a press of the tab's form that cannot be accepted without a (new) login, without JavaScript.

    The page keeps what was typed: after the login its button saves the form as a draft and opens it.

    Args:
        services: The services of this app.
        status: 401: nobody is logged in; 400 or 403: the form is not valid any more.

    Returns:
        None if the request is of another form, of a script, or of another site.
    """
    campaign_ref = (request.view_args or {}).get("ref")
    is_form = request.method == "POST" and campaign_ref and "subject" in request.form
    if not is_form or htmx.is_fragment(request) or not csrf.is_same_origin(request):
        return None
    if forms.is_too_large(request):  # Flask-WTF read it before our own check
        return None
    localizer = localizer_for_reader(services)
    left_out = {csrf.field_name(), "confirmed", "nonce"}
    values = [pair for pair in request.form.items() if pair[0] not in left_out]
    user = services.host.current_user()
    html = _render_page(
        localizer,
        localizer.gettext(LOGGED_OUT if user is None else OUTDATED_FORM),
        url=url_for("cxmc.save_draft", ref=campaign_ref),
        hidden_values=[*values, csrf.hidden_field(user.id)] if user else values,
        login_url=url_for("cxmc.tab", ref=campaign_ref) if user is None else "",
        button=localizer.gettext(N_("Continue with the form")),
    )
    return render.add_security_headers(render.html_response(html, status))


def register_handlers(
    blueprint: Blueprint, services: Services, routes: Mapping[str, Route]
) -> None:
    """Registers the handlers on the blueprint; the Host's own pages are not affected.

    Args:
        blueprint: The extension's blueprint.
        services: The services of this app.
        routes: Every route by endpoint; a view that raises has one.
    """

    def current_route() -> Route:
        return routes[(request.endpoint or "").rpartition(".")[2]]

    def on_conflict(error: Conflict) -> Response:
        return current_route().on_conflict(get_current(), error)

    def on_invalid(error: Invalid) -> Response:
        return current_route().on_invalid(get_current(), error)

    def on_database_error(error: Exception) -> Response:
        if not db_errors.is_transient(error):
            raise error
        _log.warning("Database busy at %s: %s", request.endpoint, type(error).__name__)
        localizer = _localizer(services)
        return _error_response(
            localizer, localizer.gettext(DATABASE_BUSY), 503, _RETRY_AFTER_SECONDS
        )

    def on_internal_error(error: InternalServerError) -> Response:
        """Shows a reference; the traceback is in the Host's log, next to the same reference."""
        reference, cause = secrets.token_hex(4), type(error.original_exception).__name__
        _log.error("Reference %s: %s at %s", reference, cause, request.endpoint)
        localizer = _localizer(services)
        text = localizer.gettext(INTERNAL_ERROR, reference=reference)
        return _error_response(localizer, text, 500)

    blueprint.register_error_handler(Conflict, on_conflict)
    blueprint.register_error_handler(Invalid, on_invalid)
    handlers: dict[type[Exception], Callable[[Exception], Response]] = {
        **dict.fromkeys(csrf.REFUSALS, partial(_on_refused_form, services)),
        **dict.fromkeys(db_errors.DB_ERRORS, on_database_error),
    }
    for error_class, handler in handlers.items():
        blueprint.register_error_handler(error_class, handler)
    blueprint.register_error_handler(500, on_internal_error)


def _error_response(localizer: Localizer, text: str, status: int, retry_after: int = 0) -> Response:
    if htmx.is_fragment(request):
        response = render.message_fragment(localizer, text, status)
        htmx.trigger_events(response, {htmx.TOAST: text})
    else:
        response = render.html_response(_render_page(localizer, text), status)
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _on_refused_form(services: Services, _error: Exception) -> Response:
    """The Host's CSRFProtect refused a form before our own check."""
    kept = kept_form_response(services, 400)
    if kept is not None:
        return kept
    localizer = localizer_for_reader(services)
    if htmx.is_fragment(request):
        return render.gone_fragment(localizer, 400)
    return _outdated_page(localizer)


def _outdated_page(localizer: Localizer) -> Response:
    """Answers 400 to a form that cannot be repeated here; its link leads back to the campaign, if any."""
    ref = (request.view_args or {}).get("ref")
    html = _render_page(
        localizer,
        render.gone_text(localizer, 400),
        url=url_for("cxmc.tab", ref=ref) if ref else "",
        is_post=False,
        button=localizer.gettext(N_("Reload the page")),
    )
    return render.html_response(html, 400)


def _render_page(localizer: Localizer, text: str, **values: Any) -> str:
    """Renders the page; `values` replace the address, the fields, and the text of its button."""
    form = request.form if request.method == "POST" else {}
    repeats_form = _SECRET_FIELD not in form
    defaults = {
        "url": url_for(request.endpoint or "", **(request.view_args or {})),
        "hidden_values": list(form.items()) if repeats_form else [],
        "is_post": request.method == "POST" and repeats_form,
        "button": localizer.gettext(N_("Try again")),
    }
    return render_template(
        render.own_template("error.html"),
        _=localizer.gettext,
        localizer=localizer,
        stylesheet_url=render.asset_url("cxmc.css"),
        icons_url=render.asset_url("icons.svg"),
        text=text,
        **{**defaults, **values},
    )


def _localizer(services: Services) -> Localizer:
    """Returns the reader's localizer if the access check already found it."""
    context = g.get("cxmc_context")
    return context.localizer if context is not None else default_localizer(services)
