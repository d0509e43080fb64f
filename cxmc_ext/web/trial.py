"""“Send test” and “Preview”: what they ask for, the line of the one, the screen of the other."""

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.usecases import screens_preview, screens_trial, trial
from cxmc_ext.usecases.screens_preview import Preview
from cxmc_ext.usecases.screens_values import Trial
from cxmc_ext.web import forms, htmx, labels
from cxmc_ext.web.i18n import N_, Speaker
from cxmc_ext.web.panels import Extra, either, shown
from cxmc_ext.web.render import answer, back_to, markup, page
from cxmc_ext.web.tab import again, conflict
from cxmc_ext.web.visit import Visit
from cxmc_ext.web.words import sentence

_POLICY = (
    "sandbox; default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; font-src https:;"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""The mail is HTML of a stranger: it may look like something, and do nothing."""


def send_test(visit: Visit) -> Response:
    """The form's nonce is left to the sending: the form stays, and may be tested again and then sent.

    Two presses at once are one all the same: a campaign has one test under way.
    """
    typed, zone = forms.typed(request.form), visit.services.settings.zone
    try:
        trial.request_test(
            visit.services,
            visit.viewer.user,
            forms.new_nonce(),
            visit.campaign.ref,
            forms.order(typed, zone, planned=False),
            typed.test_to,
        )
    except Invalid as error:
        refused = Extra(errors=error.fields, typed=typed)
        return htmx.whole_panel(either(visit, shown(visit), refused, 422))
    except Conflict as error:
        return htmx.whole_panel(conflict(visit, error))
    fresh = again(visit)
    if not htmx.is_fragment(request):
        return back_to(fresh.services.host.tab_url(fresh.campaign.ref))
    return _line(fresh, {htmx.SAY: visit.speaker.say(N_("Sending a test mail …"))})


def line(visit: Visit) -> Response:
    """How far the test mail is; said aloud when it has ended."""
    if not htmx.is_fragment(request):
        return back_to(visit.services.host.tab_url(visit.campaign.ref))
    return _line(visit, {})


def ask(visit: Visit) -> Response:
    """Reads the template where that was not done yet; what stands in the form stays."""
    form, zone = request.form, visit.services.settings.zone
    typed = forms.typed(form)
    order = forms.order(typed, zone, planned=False)
    about = (visit.services, visit.viewer.user)
    try:
        if "subject" in form:
            trial.keep_form(*about, visit.campaign.ref, order)
        if "again" in form or not screens_preview.is_fresh(
            visit.services, visit.look, order.template_id
        ):
            nonce, ref = forms.new_nonce(), visit.campaign.ref
            trial.request_preview(*about, nonce, ref, order.template_id)
    except Invalid as error:
        return either(visit, shown(visit), Extra(errors=error.fields, typed=typed), 422)
    except Conflict as error:
        return conflict(visit, error)
    if not htmx.is_fragment(request):
        where = url_for(
            "cxmc.preview",
            ref=visit.campaign.ref,
            template=order.template_id,
            person=_whole("person"),
        )
        return back_to(where)
    return _screen(again(visit), order.template_id, _whole("person"))


def preview(visit: Visit) -> Response:
    return _screen(visit, _whole("template"), _whole("person"))


def mail(visit: Visit) -> Response:
    """The mail alone, for the frame of the preview; sandboxed wherever it is opened."""
    html = screens_preview.mail(
        visit.services, visit.campaign.ref, visit.look, _whole("template"), _whole("person")
    )
    response = answer(html or "", 200 if html is not None else 404)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _line(visit: Visit, events: dict[str, str]) -> Response:
    found = screens_trial.last_test(visit.services, visit.look.mailing)
    if found and not found.active:
        events = {htmx.TOAST: outcome(visit.speaker, found)}
    return answer(markup(visit, "_trial.html", trial=found), events=events)


def outcome(speaker: Speaker, ended: Trial) -> str:
    if ended.whys:
        return sentence(speaker, ended.whys[0]).text
    return speaker.count(*labels.TEST_SENT, ended.count)


def _screen(visit: Visit, template_id: int, person: int) -> Response:
    found = screens_preview.preview(
        visit.services, visit.campaign.ref, visit.look, template_id, person
    )
    if found is None:
        return either(visit, shown(visit))
    html = markup(visit, "_preview.html", screen=found)
    if htmx.is_fragment(request):
        return answer(html, events=_said(visit, found))
    return page(visit, visit.campaign.title, html, crumb=True)


def _said(visit: Visit, found: Preview) -> dict[str, str]:
    """Once: when the template that was waited for is there."""
    arrived = "waited" in request.args and not (found.trial and found.trial.active)
    return {htmx.SAY: visit.speaker.say(N_("The preview is ready"))} if arrived else {}


def _whole(name: str) -> int:
    return forms.whole(request.values.get(name)) or 0
