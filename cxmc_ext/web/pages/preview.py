"""“Send test” and “Preview”: what they ask for, the line of the one, the screen of the other."""

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.screens import preview as preview_screen
from cxmc_ext.usecases.screens.preview import PreviewScreen
from cxmc_ext.usecases.sending import test_mail_requests
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.presentation.panels import (
    PanelExtras,
    conflict_response,
    panel_or_page,
    reload,
    tab_state,
)
from cxmc_ext.web.presentation.render import html_response, page_response, redirect_to, render_html
from cxmc_ext.web.request_context import RequestContext

_SANDBOX_POLICY = (
    "sandbox; default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; font-src https:;"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""The mail is HTML of a stranger: it may look like something, and do nothing."""


def request_preview(visit: RequestContext) -> Response:
    """Reads the template where that was not done yet; what stands in the form stays."""
    form, zone = request.form, visit.services.settings.zone
    typed = forms.read_send_form(form)
    order = forms.parse_send_order(typed, zone, is_scheduled=False)
    press = Press(visit.viewer.user, forms.new_nonce(), visit.campaign.ref)
    try:
        if "subject" in form:
            test_mail_requests.save_form(visit.services, press, order)
        if "again" in form or not preview_screen.is_content_current(
            visit.services, visit.rows, order.template_id
        ):
            test_mail_requests.request_preview(visit.services, press, order.template_id)
    except Invalid as error:
        return panel_or_page(
            visit, tab_state(visit), PanelExtras(errors=error.fields, form=typed), 422
        )
    except Conflict as error:
        return conflict_response(visit, error)
    if not htmx.is_fragment(request):
        where = url_for(
            "cxmc.preview",
            ref=visit.campaign.ref,
            template=order.template_id,
            person=_int_parameter("person"),
        )
        return redirect_to(where)
    return _preview_response(reload(visit), order.template_id, _int_parameter("person"))


def show(visit: RequestContext) -> Response:
    return _preview_response(visit, _int_parameter("template"), _int_parameter("person"))


def show_mail(visit: RequestContext) -> Response:
    """The mail alone, for the frame of the preview; sandboxed wherever it is opened."""
    html = preview_screen.rendered_mail(
        visit.services,
        visit.campaign.ref,
        visit.rows,
        _int_parameter("template"),
        _int_parameter("person"),
    )
    response = html_response(html or "", 200 if html is not None else 404)
    response.headers["Content-Security-Policy"] = _SANDBOX_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _preview_response(visit: RequestContext, template_id: int, person: int) -> Response:
    found = preview_screen.build_preview(
        visit.services, visit.campaign.ref, visit.rows, template_id, person
    )
    if found is None:
        return panel_or_page(visit, tab_state(visit))
    html = render_html(visit, "_preview.html", screen=found)
    if htmx.is_fragment(request):
        return html_response(html, events=_ready_announcement(visit, found))
    return page_response(visit, visit.campaign.title, html, crumb=True)


def _ready_announcement(visit: RequestContext, found: PreviewScreen) -> dict[str, str]:
    """Once: when the template that was waited for is there."""
    arrived = "waited" in request.args and not (found.reading and found.reading.active)
    return {htmx.ANNOUNCE: visit.localizer.gettext(N_("The preview is ready"))} if arrived else {}


def _int_parameter(name: str) -> int:
    return forms.parse_int(request.values.get(name)) or 0
