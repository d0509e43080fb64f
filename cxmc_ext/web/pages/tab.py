"""The tab of a campaign: the page, the poll, and the buttons that start an operation."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Response, request, url_for

from cxmc_ext.domain.operations import Press
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import form as form_screen
from cxmc_ext.usecases.screens.form import FormScreen, SendForm
from cxmc_ext.usecases.screens.mailing_states import NotReadyScreen
from cxmc_ext.usecases.sending import removal_requests, reschedule_requests
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.pages.confirmation import ask_confirmation
from cxmc_ext.web.pages.draft import save_form
from cxmc_ext.web.pages.follow_up import CREATED
from cxmc_ext.web.presentation.confirmations import check_confirmation, order_confirmation
from cxmc_ext.web.presentation.labels import readiness_text
from cxmc_ext.web.presentation.panels import panel_or_page, respond_to_press, tab_state
from cxmc_ext.web.presentation.render import html_response, queue_toast, render_html
from cxmc_ext.web.request_context import RequestContext

_RequestFunction = Callable[[Services, Press], int | None]


def show(context: RequestContext) -> Response:
    """Shows the panel of the campaign's state, alone or inside the Host's page."""
    return panel_or_page(context, tab_state(context, forms.parse_int(request.args.get("cxmc_op"))))


def poll(context: RequestContext) -> Response:
    """Answers 204 if the panel has not changed; a progress bar that moves is always sent.

    When the operation has created a campaign, that one is opened.
    """
    state = tab_state(context, forms.parse_int(request.args.get("op")))
    created = state.ended_operation.created if state.ended_operation else None
    if created and htmx.is_fragment(request):
        if created.people:
            queue_toast(context.localizer.ngettext(*CREATED, created.people))
        return htmx.open_page(context.services.host.tab_url(created.campaign_ref))
    follows_operation = "op" in request.args
    if not follows_operation and request.args.get("v") == state.version:
        return Response(status=204)
    return panel_or_page(context, state)


def show_domain_readiness(context: RequestContext) -> Response:
    """Shows the sender domain's readiness while the address is typed.

    A POST, so that no access log contains an address.
    """
    item, code_sent_for = form_screen.domain_readiness(
        context.rows, request.form.get("from_email", "")
    )
    text = readiness_text(context.localizer, item)
    html = render_html(context, "_readiness_item.html", item=item, code_sent_for=code_sent_for)
    return html_response(html, events={htmx.ANNOUNCE: text})


def send_now(context: RequestContext) -> Response:
    """“Create and send”."""
    return _submit_order(context, is_scheduled=False)


def schedule(context: RequestContext) -> Response:
    """“Create and schedule”."""
    return _submit_order(context, is_scheduled=True)


def check(context: RequestContext) -> Response:
    """“Check again” of a campaign that was not ready, after a confirmation: it may end with a sent mail."""
    screen = None if forms.is_confirmed(request.form) else tab_state(context).screen
    if isinstance(screen, NotReadyScreen):
        send_mode = context.services.settings.send_mode
        confirmation = check_confirmation(context.localizer, screen.summary, send_mode)
        details = "cxmc/_check_details.html"
        return ask_confirmation(context, "check", confirmation, details=details, screen=screen)
    return _submit(context, sending_requests.request_check)


def retry(context: RequestContext) -> Response:
    """“Try again” of a campaign that needs a person."""
    return _submit(context, sending_requests.request_retry)


def reschedule(context: RequestContext) -> Response:
    """“Change time” of a scheduled campaign."""
    at = forms.parse_time(forms.read_send_form(request.form), context.services.settings.zone)
    operation_id = reschedule_requests.request_reschedule(context.services, context.press, at)
    return respond_to_press(context, operation_id)


def unschedule(context: RequestContext) -> Response:
    """“Unschedule”, after a confirmation."""
    return _submit(context, removal_requests.request_unschedule, confirm="unschedule")


def delete(context: RequestContext) -> Response:
    """“Delete campaign”, after a confirmation."""
    return _submit(context, removal_requests.request_delete, confirm="delete")


def update(context: RequestContext) -> Response:
    """“Update now” of the report."""
    sync_schedule.request_update(context.services, context.viewer.user, context.campaign.ref)
    return respond_to_press(context, None)


def _submit(
    context: RequestContext, request_function: _RequestFunction, *, confirm: str = ""
) -> Response:
    if confirm and not forms.is_confirmed(request.form):
        return ask_confirmation(context, confirm)
    return respond_to_press(context, request_function(context.services, context.press))


def _submit_order(context: RequestContext, *, is_scheduled: bool) -> Response:
    form = forms.read_send_form(request.form)
    if not forms.is_confirmed(request.form):
        return _confirm_order(context, form, is_scheduled=is_scheduled)
    order = forms.parse_send_order(form, context.services.settings.zone, is_scheduled=is_scheduled)
    operation_id = sending_requests.request_send(context.services, context.press, order)
    return respond_to_press(context, operation_id)


def _confirm_order(context: RequestContext, form: SendForm, *, is_scheduled: bool) -> Response:
    """Saves the form, checks all of it, and asks; an invalid order is refused before that.

    Asks in a dialog, or without JavaScript on a page of its own.
    """
    save_form(context, form)
    saved = context.reload()
    state = tab_state(saved)
    if not isinstance(state.screen, FormScreen):
        return panel_or_page(saved, state, status=409)
    order = forms.parse_send_order(form, context.services.settings.zone, is_scheduled=is_scheduled)
    counts = state.screen.counts
    counts = counts.with_send_anyway() if order.ignores_frequency_cap else counts
    form_screen.check_order(context.services, saved.rows, order, counts)
    confirmation = order_confirmation(
        context.localizer, counts, order.schedule_at, context.services.settings.send_mode
    )
    action = "schedule" if is_scheduled else "send"
    details: dict[str, Any] = {
        "details": "cxmc/_order_details.html",
        "screen": state.screen,
        "counts": counts,
    }
    if htmx.is_fragment(request):
        html = render_html(
            saved,
            "_order_dialog.html",
            confirmation=confirmation,
            action_url=url_for(f"cxmc.{action}", ref=context.campaign.ref),
            **details,
        )
        return htmx.retarget(html_response(html), "#cxmc-confirmation", "innerHTML")
    hidden_values = {"nonce": context.press.nonce, **asdict(form)}
    return ask_confirmation(saved, action, confirmation, hidden_values, **details)
