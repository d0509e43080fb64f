"""The page of contacts that cost money but are not mailed, and “Archive”."""

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.contacts.requests import request_archiving
from cxmc_ext.usecases.screens.contacts import build_contacts
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.pages.confirmation import ask_confirmation
from cxmc_ext.web.presentation import render
from cxmc_ext.web.presentation.confirmations import archive_confirmation
from cxmc_ext.web.request_context import RequestContext

CONTACTS_TITLE = N_("Contacts")


def show(context: RequestContext) -> Response:
    """Shows the use of the plan and the unused contacts."""
    return _page(context)


def archive(context: RequestContext) -> Response:
    """“Archive”, after a confirmation."""
    if not forms.is_confirmed(request.form):
        screen = build_contacts(context.services)
        if not screen.unused_count:
            raise Conflict(Problem("no_unused_contacts"))
        confirmation = archive_confirmation(
            context.localizer, screen.unused_count, is_partial=screen.is_partial
        )
        return ask_confirmation(context, "archive_contacts", confirmation)
    request_archiving(context.services, context.press)
    if htmx.is_fragment(request):
        return _page(context)
    return render.redirect_to(url_for("cxmc.contacts"))


def conflict_response(context: RequestContext, error: Conflict) -> Response:
    """Answers 409 with the reason."""
    return _page(context, problem=error.problem, status=409)


def _page(
    context: RequestContext, *, problem: Problem | None = None, status: int = 200
) -> Response:
    html = render.render_html(
        context, "_contacts.html", screen=build_contacts(context.services), problem=problem
    )
    if htmx.is_fragment(request):
        return render.html_response(html, status)
    return render.page_response(context, context.localizer.gettext(CONTACTS_TITLE), html, status)
