"""The administrator's block on the host's Settings page: Activate, Deactivate, and how far it is."""

from dataclasses import replace

from flask import Response, request, url_for

from cxmc_ext.domain.messages.account import ACTIVATED
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.accounts import activation as activation
from cxmc_ext.usecases.screens import activation as activation_screen
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.pages.confirmation import ask_confirmation
from cxmc_ext.web.presentation import render
from cxmc_ext.web.presentation.messages import RenderedMessage, render_message
from cxmc_ext.web.request_context import RequestContext

DEACTIVATED = N_(
    "MailChimp is deactivated. Nothing was deleted; everything is back when you activate it again."
)
_RESUMABLE_CODES = ("took_too_long", "unexpected")


def show(visit: RequestContext) -> Response:
    html = render_block(visit)
    if htmx.is_fragment(request):
        return render.html_response(html)
    return render.page_response(visit, "MailChimp", html)


def activate(visit: RequestContext) -> Response:
    activation.request_activation(
        visit.services, Press(visit.viewer.user, forms.read_nonce(request.form))
    )
    return _respond(visit, visit.localizer.gettext(ACTIVATED))


def deactivate(visit: RequestContext) -> Response:
    if request.form.get("confirmed") != "yes":
        return ask_confirmation(visit, "deactivate")
    activation.deactivate(visit.services, visit.viewer.user)
    return _respond(visit, visit.localizer.gettext(DEACTIVATED))


def render_block(visit: RequestContext) -> str:
    state = activation_screen.activation_status(visit.services)
    stopped = [_stop_message(visit.localizer, why) for why in state.problems]
    return render.render_html(visit, "_activation.html", status=state, stop_messages=stopped)


def _stop_message(speaker: Localizer, why: Problem) -> RenderedMessage:
    """The block has no “Try again”: its own button goes on."""
    said = render_message(speaker, why)
    if why.code not in _RESUMABLE_CODES:
        return said
    return replace(
        said, remedy=speaker.gettext(N_("Press “Activate” again to continue where it stopped."))
    )


def _respond(visit: RequestContext, said: str) -> Response:
    """The block again with a toast; a plain form post comes back to a page of our own."""
    if htmx.is_fragment(request):
        return render.html_response(render_block(visit), events={htmx.TOAST: said})
    render.queue_toast(said)
    return render.redirect_to(url_for("cxmc.activation"))
