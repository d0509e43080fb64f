"""The control room's page and its presses: pause, resume, and “Update now” of one mailing."""

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.values import MailingState
from cxmc_ext.usecases import control, sync
from cxmc_ext.web import forms, render
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.visit import Visit
from cxmc_ext.web.words import sentence

STATES = {
    MailingState.NONE: N_("Not created"),
    MailingState.PREPARING: N_("Being created"),
    MailingState.NOT_READY: N_("Not ready"),
    MailingState.SENDING_INTENT: N_("Being sent"),
    MailingState.IN_MAILCHIMP: N_("Ready in MailChimp"),
    MailingState.SCHEDULED: N_("Scheduled"),
    MailingState.SENDING: N_("Sending"),
    MailingState.SENT: N_("Sent"),
    MailingState.CANCELLED: N_("Cancelled"),
    MailingState.ATTENTION: N_("Needs attention"),
}
PAUSED = N_("Synchronisation is paused. Sending and scheduling go on.")
RESUMED = N_("Synchronisation goes on.")
ASKED = N_("The update has been asked for.")
_DEEPEST = 100_000


def room(visit: Visit) -> Response:
    number = min(max(forms.whole(request.args.get("page")) or 1, 1), _DEEPEST)
    found = control.room(visit.services, number)
    html = render.markup(visit, "_control.html", room=found, states=STATES)
    return render.page(visit, visit.speaker.say("Control room"), html)


def pause(visit: Visit) -> Response:
    control.pause(visit.services, visit.viewer.user)
    return _back(visit.speaker.say(PAUSED))


def resume(visit: Visit) -> Response:
    control.resume(visit.services, visit.viewer.user)
    return _back(visit.speaker.say(RESUMED))


def update(visit: Visit) -> Response:
    try:
        sync.request_update(visit.services, visit.viewer.user, request.form.get("mailing", ""))
    except Conflict as error:
        return _back(sentence(visit.speaker, error.why).text)
    return _back(visit.speaker.say(ASKED))


def _back(said: str) -> Response:
    render.toast(said)
    return render.back_to(url_for("cxmc.control"))
