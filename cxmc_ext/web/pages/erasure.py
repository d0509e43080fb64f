"""“Erase a person”: the form, the one question with its typed answer, and how far the last ones are."""

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.erasure import requests as erasure_requests
from cxmc_ext.usecases.screens import erasure as erasure_screen
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.presentation import render
from cxmc_ext.web.presentation.messages import render_message
from cxmc_ext.web.request_context import RequestContext

ERASURE_REQUESTED = N_("The erasure was requested. From now on this person is no longer mailed.")


def show(visit: RequestContext) -> Response:
    return _render(visit)


def submit(visit: RequestContext) -> Response:
    """First without an answer: says what it concerns. With the same typed once more: asks for it."""
    given = request.form.get("who", "").strip()
    try:
        found = erasure_requests.erasure_scope(visit.services, given)
        if request.form.get("confirmed") != "yes":
            return _render(visit, given, found)
        if request.form.get("typed", "").strip().lower() != given.lower():
            return _render(visit, given, found, {"typed": Problem("erasure_confirmation_wrong")})
        nonce = forms.read_nonce(request.form)
        erasure_requests.request_erasure(visit.services, Press(visit.viewer.user, nonce), given)
    except Invalid as error:
        return _render(visit, given, errors=error.fields)
    except Conflict as error:
        render.queue_toast(render_message(visit.localizer, error.problem).text)
    else:
        render.queue_toast(visit.localizer.gettext(ERASURE_REQUESTED))
    return render.redirect_to(url_for("cxmc.erase"))


def _render(
    visit: RequestContext,
    given: str = "",
    found: erasure_requests.ErasureScope | None = None,
    errors: dict[str, Problem] | None = None,
) -> Response:
    told = {name: render_message(visit.localizer, why) for name, why in (errors or {}).items()}
    html = render.render_html(
        visit,
        "_erasure.html",
        who=given,
        scope=found,
        errors=told,
        erasures=erasure_screen.recent_erasures(visit.services),
    )
    title = visit.localizer.gettext("Erase a person")
    return render.page_response(visit, title, html, 422 if errors else 200)
