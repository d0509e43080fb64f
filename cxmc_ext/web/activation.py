"""The administrator's block on the host's Settings page: Activate, Deactivate, and how far it is."""

from dataclasses import replace

from flask import Response, request, url_for

from cxmc_ext.domain.values import Why
from cxmc_ext.domain.words import ACTIVATED
from cxmc_ext.usecases import activate as activation
from cxmc_ext.usecases import screens_activation
from cxmc_ext.web import forms, htmx, render
from cxmc_ext.web.confirming import confirm
from cxmc_ext.web.i18n import N_, Speaker
from cxmc_ext.web.visit import Visit
from cxmc_ext.web.words import Sentence, sentence

DEACTIVATED = N_("MailChimp is deactivated. Nothing was deleted; activating again finds it all.")
_GOES_ON = ("took_too_long", "unexpected")


def block(visit: Visit) -> Response:
    html = block_html(visit)
    if htmx.is_fragment(request):
        return render.answer(html)
    return render.page(visit, "MailChimp", html)


def activate(visit: Visit) -> Response:
    activation.request_activation(visit.services, visit.viewer.user, forms.nonce(request.form))
    return _done(visit, visit.speaker.say(ACTIVATED))


def deactivate(visit: Visit) -> Response:
    if request.form.get("confirmed") != "yes":
        return confirm(visit, "deactivate")
    activation.deactivate(visit.services, visit.viewer.user)
    return _done(visit, visit.speaker.say(DEACTIVATED))


def block_html(visit: Visit) -> str:
    state = screens_activation.activation(visit.services)
    stopped = [_stopped(visit.speaker, why) for why in state.whys]
    return render.markup(visit, "_activation.html", state=state, stopped=stopped)


def _stopped(speaker: Speaker, why: Why) -> Sentence:
    """The block has no “Try again”: its own button goes on."""
    said = sentence(speaker, why)
    if why.code not in _GOES_ON:
        return said
    return replace(
        said, remedy=speaker.say(N_("Press “Activate” again; it goes on where it stopped."))
    )


def _done(visit: Visit, said: str) -> Response:
    """The block again with a toast; a plain form post comes back to a page of our own."""
    if htmx.is_fragment(request):
        return render.answer(block_html(visit), events={htmx.TOAST: said})
    render.toast(said)
    return render.back_to(url_for("cxmc.activation"))
