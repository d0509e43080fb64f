"""“Erase a person”: the form, the typed confirmation, and the progress of recent erasures."""

from collections.abc import Mapping

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.texts import storable_text
from cxmc_ext.usecases.erasure import requests as erasure_requests
from cxmc_ext.usecases.erasure.requests import ErasureScope
from cxmc_ext.usecases.screens import erasure as erasure_screen
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.presentation import render
from cxmc_ext.web.presentation.messages import render_message
from cxmc_ext.web.request_context import RequestContext

ERASURE_REQUESTED = N_("The erasure was requested. From now on this person is no longer mailed.")


def show(context: RequestContext) -> Response:
    """Shows the empty form."""
    return _render(context)


def submit(context: RequestContext) -> Response:
    """First shows what would be erased. Submitted again with the same text typed, erases it."""
    who = _who()
    scope = erasure_requests.erasure_scope(context.services, who)
    if not forms.is_confirmed(request.form):
        return _render(context, scope)
    if request.form.get("typed", "").strip().lower() != who.lower():
        return _render(context, scope, {"typed": Problem("erasure_confirmation_wrong")})
    erasure_requests.request_erasure(context.services, context.press, who)
    return _redirect_with_toast(context.localizer.gettext(ERASURE_REQUESTED))


def invalid_response(context: RequestContext, error: Invalid) -> Response:
    """Shows the form again with its errors."""
    return _render(context, errors=error.fields)


def conflict_response(context: RequestContext, error: Conflict) -> Response:
    """Returns to the form with the problem as a toast."""
    return _redirect_with_toast(render_message(context.localizer, error.problem).text)


def _who() -> str:
    """The address or the reference as typed."""
    return storable_text(request.form.get("who", "")).strip()


def _redirect_with_toast(text: str) -> Response:
    render.queue_toast(text)
    return render.redirect_to(url_for("cxmc.erasure"))


def _render(
    context: RequestContext,
    scope: ErasureScope | None = None,
    errors: Mapping[str, Problem] | None = None,
) -> Response:
    messages = {
        field: render_message(context.localizer, problem)
        for field, problem in (errors or {}).items()
    }
    html = render.render_html(
        context,
        "_erasure.html",
        who=_who(),
        scope=scope,
        errors=messages,
        erasures=erasure_screen.recent_erasures(context.services),
    )
    if htmx.is_fragment(request):
        return render.html_response(html)
    title = context.localizer.gettext("Erase a person")
    return render.page_response(context, title, html, 422 if errors else 200)
