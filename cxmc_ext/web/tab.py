"""The tab of a campaign: the page, the poll, and every button that asks a worker for something."""

from collections.abc import Callable
from dataclasses import asdict
from urllib.parse import urlencode

from flask import Response, request

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.values import Order, User
from cxmc_ext.services import Services
from cxmc_ext.usecases import remove, screens, screens_form, send, sync
from cxmc_ext.usecases import schedule as schedules
from cxmc_ext.usecases.screens_values import Form, Typed
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.confirming import confirm
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.panels import Extra, either, panel, ready_text, refusal, shown
from cxmc_ext.web.questions import YES, Asked, Questions
from cxmc_ext.web.render import answer, back_to, markup
from cxmc_ext.web.visit import Visit

_Ask = Callable[[Services, User, str, str], int | None]


def tab(visit: Visit) -> Response:
    return either(visit, shown(visit, forms.whole(request.args.get("cxmc_op"))))


def poll(visit: Visit) -> Response:
    """The same panel as before costs no answer; a bar that moves always does."""
    now_shown = shown(visit, forms.whole(request.args.get("op")))
    moving = "op" in request.args
    if not moving and request.args.get("v") == now_shown.version:
        return Response(status=204)
    return either(visit, now_shown)


def readiness(visit: Visit) -> Response:
    """The line of the sender's domain while it is typed; posted, so that no log holds an address."""
    line, code_for = screens_form.domain_line(visit.look, request.form.get("from_email", ""))
    text = ready_text(visit.speaker, line)
    html = markup(visit, "_ready.html", line=line, text=text, code_for=code_for)
    return answer(html, events={htmx.SAY: text})


def send_now(visit: Visit) -> Response:
    return _order(visit, planned=False)


def send_later(visit: Visit) -> Response:
    return _order(visit, planned=True)


def check(visit: Visit) -> Response:
    return _press(visit, send.request_check)


def retry(visit: Visit) -> Response:
    return _press(visit, send.request_retry)


def unschedule(visit: Visit) -> Response:
    return _press(visit, schedules.request_unschedule, "unschedule")


def delete(visit: Visit) -> Response:
    return _press(visit, remove.request_delete, "delete")


def update(visit: Visit) -> Response:
    try:
        sync.request_update(visit.services, visit.viewer.user, visit.campaign.ref)
    except Conflict as error:
        return conflict(visit, error)
    return followed(visit, None)


def followed(visit: Visit, operation_id: int | None) -> Response:
    """The answer to a press: the panel that follows it, or the way back to the tab."""
    if htmx.is_fragment(request):
        fresh = again(visit)
        return panel(fresh, shown(fresh, operation_id))
    home = visit.services.host.tab_url(visit.campaign.ref)
    mark = urlencode({"cxmc_op": operation_id}) if operation_id else ""
    joint = "&" if "?" in home else "?"
    return back_to(f"{home}{joint}{mark}" if mark else home)


def again(visit: Visit) -> Visit:
    """The visit with the rows as they are after what it changed."""
    found = screens.look(visit.services, visit.campaign.ref) or visit.look
    return Visit(visit.services, visit.viewer, visit.speaker, visit.campaign, found)


def conflict(visit: Visit, error: Conflict) -> Response:
    fresh = again(visit)
    return either(fresh, shown(fresh), refusal(visit, error.why), 409)


def _press(visit: Visit, ask: _Ask, question: str = "") -> Response:
    if question and request.form.get("confirmed") != "yes":
        return confirm(visit, question)
    try:
        given = ask(
            visit.services, visit.viewer.user, forms.nonce(request.form), visit.campaign.ref
        )
    except Conflict as error:
        return conflict(visit, error)
    return followed(visit, given)


def _order(visit: Visit, *, planned: bool) -> Response:
    typed = forms.typed(request.form)
    try:
        order = forms.order(typed, visit.services.settings.zone, planned=planned)
        if request.form.get("confirmed") != "yes":
            return _confirm_order(visit, typed, order)
        given = send.request_send(
            visit.services,
            visit.viewer.user,
            forms.nonce(request.form),
            visit.campaign.ref,
            order,
        )
    except Invalid as error:
        return _refused(visit, typed, error)
    except Conflict as error:
        return conflict(visit, error)
    return followed(visit, given)


def _refused(visit: Visit, typed: Typed, error: Invalid) -> Response:
    return either(visit, shown(visit), Extra(errors=error.fields, typed=typed), 422)


def _confirm_order(visit: Visit, typed: Typed, order: Order) -> Response:
    """Without JavaScript the one question is a page; what is wrong is told before it is asked."""
    screens_form.check(visit.services, visit.look, order)
    screen = shown(visit).screen
    if not isinstance(screen, Form):
        return either(visit, shown(visit), status=409)
    name = "schedule" if order.schedule_at else "send"
    questions = Questions(visit.speaker)
    asked = Asked(
        text=questions.schedule(screen.tally)
        if order.schedule_at
        else questions.send(screen.tally),
        hint=visit.speaker.moment(order.schedule_at)
        if order.schedule_at
        else visit.speaker.say(N_("It goes to MailChimp at once and cannot be taken back.")),
        yes=visit.speaker.say(YES[name]),
    )
    kept = {"nonce": forms.nonce(request.form), **asdict(typed)}
    return confirm(visit, name, asked, kept)
