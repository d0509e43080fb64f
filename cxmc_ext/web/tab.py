"""The tab of a campaign: the page, the poll, and every button that asks a worker for something."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, request

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.values import Order, User
from cxmc_ext.services import Services
from cxmc_ext.usecases import remove, screens, screens_form, send, sync
from cxmc_ext.usecases import schedule as schedules
from cxmc_ext.usecases.screens_values import Form, Typed
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.panels import Extra, either, panel, refusal, shown
from cxmc_ext.web.render import back_to, page
from cxmc_ext.web.visit import Visit

_Ask = Callable[[Services, User, str, str], int | None]


@dataclass(frozen=True, slots=True)
class Question:
    """What a press is asked once, and the name of the button that answers yes."""

    text: str
    yes: str
    hint: str = ""


QUESTIONS: Mapping[str, Question] = {
    "delete": Question(
        N_("Delete this MailChimp campaign?"),
        N_("Yes, delete campaign"),
        N_("It is removed from MailChimp; nothing is sent. You can start over with the form."),
    ),
    "unschedule": Question(
        N_("Take this campaign off the schedule?"),
        N_("Yes, unschedule"),
        N_("Nothing is sent. You can send or schedule it again with the form."),
    ),
}


def tab(visit: Visit) -> Response:
    return either(visit, shown(visit, forms.whole(request.args.get("cxmc_op"))))


def poll(visit: Visit) -> Response:
    """The same panel as before costs no answer; a bar that moves always does."""
    now_shown = shown(visit, forms.whole(request.args.get("op")))
    moving = "op" in request.args
    if not moving and request.args.get("v") == now_shown.version:
        return Response(status=204)
    return either(visit, now_shown)


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
        asked = QUESTIONS[question]
        return page(visit, "_confirm.html", question=asked, action=question, kept={})
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
    now_shown = shown(visit)
    if not isinstance(now_shown.screen, Form):
        return either(visit, now_shown, status=409)
    return page(
        visit,
        "_confirm_order.html",
        screen=now_shown.screen,
        typed=typed,
        at=order.schedule_at,
        action="schedule" if order.schedule_at else "send",
        kept_nonce=forms.nonce(request.form),
    )
