"""The control room: its page, pausing and resuming report updates, and “Update now” of one mailing."""

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.admin import control_room
from cxmc_ext.usecases.screens import activation as activation_screen
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.pages.confirmation import ask_confirmation
from cxmc_ext.web.presentation import render
from cxmc_ext.web.presentation.labels import MAILING_STATES
from cxmc_ext.web.presentation.messages import render_message
from cxmc_ext.web.request_context import RequestContext

PAUSED = N_("Report updates are paused. Sending and scheduling continue.")
RESUMED = N_("Reports are updated again.")
UPDATE_REQUESTED = N_("The update was requested.")


def show(context: RequestContext) -> Response:
    """Shows the state of the module and one page of mailings."""
    room = control_room.load_page(context.services, forms.read_page_number(request.args))
    scheduled = activation_screen.scheduled_campaigns(context.services)
    html = render.render_html(
        context, "_control_room.html", room=room, states=MAILING_STATES, scheduled=scheduled
    )
    return render.page_response(context, context.localizer.gettext("Control room"), html)


def pause(context: RequestContext) -> Response:
    """“Pause report updates”; after a confirmation if MailChimp still sends scheduled campaigns."""
    scheduled = activation_screen.scheduled_campaigns(context.services)
    if scheduled.campaigns and not forms.is_confirmed(request.form):
        details = "cxmc/_pause_details.html"
        return ask_confirmation(context, "pause", details=details, scheduled=scheduled)
    control_room.pause(context.services, context.viewer.user)
    return _redirect_with_toast(context.localizer.gettext(PAUSED))


def resume(context: RequestContext) -> Response:
    """“Resume report updates”: reports are updated again."""
    control_room.resume(context.services, context.viewer.user)
    return _redirect_with_toast(context.localizer.gettext(RESUMED))


def update_mailing(context: RequestContext) -> Response:
    """“Update now” of one row."""
    campaign_ref = request.form.get("mailing", "")
    sync_schedule.request_update(context.services, context.viewer.user, campaign_ref)
    return _redirect_with_toast(context.localizer.gettext(UPDATE_REQUESTED))


def conflict_response(context: RequestContext, error: Conflict) -> Response:
    """Returns to the control room with the problem as a toast."""
    return _redirect_with_toast(render_message(context.localizer, error.problem).text)


def invalid_response(context: RequestContext, _error: Invalid) -> Response:
    """No campaign has such a number, so there is nothing to update."""
    return conflict_response(context, Conflict(Problem("nothing_to_update")))


def _redirect_with_toast(text: str) -> Response:
    render.queue_toast(text)
    return render.redirect_to(url_for("cxmc.control"))
