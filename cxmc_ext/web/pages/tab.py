"""The tab of a campaign: the page, the poll, and every button that asks a worker for something."""

from collections.abc import Callable
from dataclasses import asdict

from flask import Response, request

from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operations import Press
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import form as form_screen
from cxmc_ext.usecases.screens.form import FormScreen, SendForm
from cxmc_ext.usecases.sending import removal_requests
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.pages.confirmation import ask_confirmation
from cxmc_ext.web.presentation.confirmations import SEND_BUTTONS, Confirmation, SendConfirmations
from cxmc_ext.web.presentation.panels import (
    PanelExtras,
    conflict_response,
    panel_or_page,
    readiness_text,
    respond_to_press,
    tab_state,
)
from cxmc_ext.web.presentation.render import html_response, render_html
from cxmc_ext.web.request_context import RequestContext

_RequestFunction = Callable[[Services, Press], int | None]


def show(visit: RequestContext) -> Response:
    return panel_or_page(visit, tab_state(visit, forms.parse_int(request.args.get("cxmc_op"))))


def poll(visit: RequestContext) -> Response:
    """The same panel as before costs no answer; a bar that moves always does."""
    now_shown = tab_state(visit, forms.parse_int(request.args.get("op")))
    moving = "op" in request.args
    if not moving and request.args.get("v") == now_shown.version:
        return Response(status=204)
    return panel_or_page(visit, now_shown)


def show_domain_readiness(visit: RequestContext) -> Response:
    """The line of the sender's domain while it is typed; posted, so that no log holds an address."""
    line, code_for = form_screen.domain_readiness(visit.rows, request.form.get("from_email", ""))
    text = readiness_text(visit.localizer, line)
    html = render_html(visit, "_readiness_item.html", item=line, text=text, code_sent_for=code_for)
    return html_response(html, events={htmx.ANNOUNCE: text})


def send_now(visit: RequestContext) -> Response:
    return _submit_order(visit, planned=False)


def schedule(visit: RequestContext) -> Response:
    return _submit_order(visit, planned=True)


def check(visit: RequestContext) -> Response:
    return _submit(visit, sending_requests.request_check)


def retry(visit: RequestContext) -> Response:
    return _submit(visit, sending_requests.request_retry)


def unschedule(visit: RequestContext) -> Response:
    return _submit(visit, removal_requests.request_unschedule, "unschedule")


def delete(visit: RequestContext) -> Response:
    return _submit(visit, removal_requests.request_delete, "delete")


def update(visit: RequestContext) -> Response:
    try:
        sync_schedule.request_update(visit.services, visit.viewer.user, visit.campaign.ref)
    except Conflict as error:
        return conflict_response(visit, error)
    return respond_to_press(visit, None)


def _submit(visit: RequestContext, ask: _RequestFunction, question: str = "") -> Response:
    if question and request.form.get("confirmed") != "yes":
        return ask_confirmation(visit, question)
    try:
        press = Press(visit.viewer.user, forms.read_nonce(request.form), visit.campaign.ref)
        given = ask(visit.services, press)
    except Conflict as error:
        return conflict_response(visit, error)
    return respond_to_press(visit, given)


def _submit_order(visit: RequestContext, *, planned: bool) -> Response:
    typed = forms.read_send_form(request.form)
    try:
        order = forms.parse_send_order(typed, visit.services.settings.zone, is_scheduled=planned)
        if request.form.get("confirmed") != "yes":
            return _confirm_order(visit, typed, order)
        given = sending_requests.request_send(
            visit.services,
            Press(visit.viewer.user, forms.read_nonce(request.form), visit.campaign.ref),
            order,
        )
    except Invalid as error:
        return _invalid_form(visit, typed, error)
    except Conflict as error:
        return conflict_response(visit, error)
    return respond_to_press(visit, given)


def _invalid_form(visit: RequestContext, typed: SendForm, error: Invalid) -> Response:
    return panel_or_page(visit, tab_state(visit), PanelExtras(errors=error.fields, form=typed), 422)


def _confirm_order(visit: RequestContext, typed: SendForm, order: SendOrder) -> Response:
    """Without JavaScript the one question is a page; what is wrong is told before it is asked."""
    form_screen.check_order(visit.services, visit.rows, order)
    screen = tab_state(visit).screen
    if not isinstance(screen, FormScreen):
        return panel_or_page(visit, tab_state(visit), status=409)
    name = "schedule" if order.schedule_at else "send"
    questions = SendConfirmations(visit.localizer)
    asked = Confirmation(
        text=questions.schedule(screen.counts)
        if order.schedule_at
        else questions.send(screen.counts),
        consequence=visit.localizer.moment(order.schedule_at)
        if order.schedule_at
        else visit.localizer.gettext(N_("It is sent right away and cannot be taken back.")),
        button=visit.localizer.gettext(SEND_BUTTONS[name]),
    )
    kept = {"nonce": forms.read_nonce(request.form), **asdict(typed)}
    return ask_confirmation(visit, name, asked, kept)
