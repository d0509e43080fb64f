"""The control room: its page, the stop of all sending, the pause of report updates, “Update now”."""

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.accounts import sending_stop
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

STOPPED = N_("All sending is stopped.")
ALLOWED = N_("Sending is allowed again. Nothing is sent by itself.")
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


def stop_sending(context: RequestContext) -> Response:
    """“Stop all sending”, after a confirmation that lists the scheduled campaigns."""
    if not forms.is_confirmed(request.form):
        scheduled = activation_screen.scheduled_campaigns(context.services)
        details = "cxmc/_stop_details.html"
        return ask_confirmation(context, "stop_sending", details=details, scheduled=scheduled)
    sending_stop.request_stop(context.services, context.press)
    return _redirect_with_toast(context.localizer.gettext(STOPPED))


def allow_sending(context: RequestContext) -> Response:
    """“Allow sending again”."""
    sending_stop.allow(context.services, context.viewer.user)
    return _redirect_with_toast(context.localizer.gettext(ALLOWED))


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
