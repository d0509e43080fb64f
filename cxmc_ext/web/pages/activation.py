"""The administrator's block on the Host's settings page: Activate, Deactivate, and its progress."""

from dataclasses import replace

from flask import Response, request, url_for

from cxmc_ext.domain.messages.account import ACTIVATED
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.accounts import activation, deactivation
from cxmc_ext.usecases.opt_outs.groups import GROUPS_MISSING
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
DEACTIVATING = N_("The scheduled campaigns are unscheduled; then MailChimp is deactivated.")
_RESUMABLE_CODES = ("took_too_long", "unexpected")


def show(context: RequestContext) -> Response:
    """Shows the MailChimp block of the settings page."""
    html = render_block(context)
    if htmx.is_fragment(request):
        return render.html_response(html)
    return render.page_response(context, "MailChimp", html)


def activate(context: RequestContext) -> Response:
    """Activates the module; pressing again does no harm."""
    activation.request_activation(context.services, context.press)
    return _respond(context, context.localizer.gettext(ACTIVATED))


def deactivate(context: RequestContext) -> Response:
    """“Deactivate”, after a confirmation that lists what MailChimp would send all the same."""
    if not forms.is_confirmed(request.form):
        scheduled = activation_screen.scheduled_campaigns(context.services)
        return ask_confirmation(
            context, "deactivate", details="cxmc/_unschedule_choice.html", scheduled=scheduled
        )
    left = forms.read_left_scheduled(request.form)
    operation_id = deactivation.request_deactivation(context.services, context.press, left)
    text = DEACTIVATED if operation_id is None else DEACTIVATING
    return _respond(context, context.localizer.gettext(text))


def render_block(context: RequestContext) -> str:
    """Renders the MailChimp block of the Host's settings page."""
    status = activation_screen.activation_status(context.services)
    stop_messages = [_stop_message(context.localizer, problem) for problem in status.problems]
    if status.groups_missing:
        stop_messages.append(render_message(context.localizer, GROUPS_MISSING))
    return render.render_html(
        context, "_activation.html", status=status, stop_messages=stop_messages
    )


def _stop_message(localizer: Localizer, problem: Problem) -> RenderedMessage:
    """The block has no “Try again”: pressing “Activate” once more continues."""
    message = render_message(localizer, problem)
    if problem.code not in _RESUMABLE_CODES:
        return message
    remedy = localizer.gettext(N_("Press “Activate” again to continue where it stopped."))
    return replace(message, remedy=remedy)


def _respond(context: RequestContext, toast: str) -> Response:
    """Shows the block with a toast; without htmx, redirects to the extension's own page."""
    if htmx.is_fragment(request):
        return render.html_response(render_block(context), events={htmx.TOAST: toast})
    render.queue_toast(toast)
    return render.redirect_to(url_for("cxmc.activation"))
