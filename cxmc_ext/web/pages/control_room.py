"""The control room's page and its presses: pause, resume, and “Update now” of one mailing."""

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict
from cxmc_ext.usecases.admin import control_room
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.presentation import render
from cxmc_ext.web.presentation.labels import MAILING_STATES
from cxmc_ext.web.presentation.messages import render_message
from cxmc_ext.web.request_context import RequestContext

PAUSED = N_("Synchronization is paused. Sending and scheduling continue.")


RESUMED = N_("Synchronization resumed.")


UPDATE_REQUESTED = N_("The update was requested.")


_MAX_PAGE = 100_000


def show(visit: RequestContext) -> Response:
    number = min(max(forms.parse_int(request.args.get("page")) or 1, 1), _MAX_PAGE)
    found = control_room.load_page(visit.services, number)
    html = render.render_html(visit, "_control_room.html", room=found, states=MAILING_STATES)
    return render.page_response(visit, visit.localizer.gettext("Control room"), html)


def pause(visit: RequestContext) -> Response:
    control_room.pause(visit.services, visit.viewer.user)
    return _redirect_with_toast(visit.localizer.gettext(PAUSED))


def resume(visit: RequestContext) -> Response:
    control_room.resume(visit.services, visit.viewer.user)
    return _redirect_with_toast(visit.localizer.gettext(RESUMED))


def update_mailing(visit: RequestContext) -> Response:
    try:
        sync_schedule.request_update(
            visit.services, visit.viewer.user, request.form.get("mailing", "")
        )
    except Conflict as error:
        return _redirect_with_toast(render_message(visit.localizer, error.problem).text)
    return _redirect_with_toast(visit.localizer.gettext(UPDATE_REQUESTED))


def _redirect_with_toast(said: str) -> Response:
    render.queue_toast(said)
    return render.redirect_to(url_for("cxmc.control"))
