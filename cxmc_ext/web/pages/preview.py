"""“Preview”: the template as one recipient will read it, in a sandboxed frame."""

from dataclasses import replace

from flask import Response, request, url_for

from cxmc_ext.domain.rules.texts import number_in
from cxmc_ext.usecases.screens import preview as preview_screen
from cxmc_ext.usecases.screens.preview import PreviewScreen
from cxmc_ext.usecases.sending import test_mail_requests
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.pages.draft import save_form
from cxmc_ext.web.presentation.panels import panel_or_page, tab_state
from cxmc_ext.web.presentation.render import html_response, page_response, redirect_to, render_html
from cxmc_ext.web.request_context import RequestContext


def request_preview(context: RequestContext) -> Response:
    """Saves the form, reads the template from MailChimp unless it is known, and opens the preview."""
    form = forms.read_send_form(request.form)
    if "subject" in request.form:
        save_form(context, form)
        context = context.reload()
    order = forms.parse_send_order(form, context.services.settings.zone, is_scheduled=False)
    press = replace(context.press, nonce=forms.new_nonce())
    if "again" in request.form or not preview_screen.is_content_current(
        context.services, context.rows, order.template_id
    ):
        typed = preview_screen.typed_regions(context.rows, order.template_id)
        test_mail_requests.request_preview(context.services, press, order.template_id, typed)
    if htmx.is_fragment(request):
        return _preview_response(context.reload(), order.template_id, _int_parameter("person"))
    return redirect_to(
        url_for(
            "cxmc.preview",
            ref=context.campaign.ref,
            template=order.template_id,
            person=_int_parameter("person"),
        )
    )


def show(context: RequestContext) -> Response:
    """Shows the preview of a template, for one of the campaign's people."""
    return _preview_response(context, _int_parameter("template"), _int_parameter("person"))


def show_mail(context: RequestContext) -> Response:
    """Returns the page in the frame of the preview.

    The mail is only ever inside the sandboxed frame of this page, so nothing depends on the headers, which
    a Host may overwrite, or on where the page is opened.
    """
    html = preview_screen.rendered_mail(
        context.services,
        context.campaign.ref,
        context.rows,
        _int_parameter("template"),
        _int_parameter("person"),
    )
    if html is None:
        return html_response("", 404)
    return html_response(render_html(context, "mail.html", mail=html))


def _preview_response(context: RequestContext, template_id: int, person: int) -> Response:
    screen = preview_screen.build_preview(
        context.services, context.campaign.ref, context.rows, template_id, person
    )
    if screen is None:
        return panel_or_page(context, tab_state(context))
    html = render_html(context, "_preview.html", screen=screen)
    if htmx.is_fragment(request):
        return html_response(html, events=_ready_announcement(context, screen))
    return page_response(context, context.campaign.title, html, crumb=True)


def _ready_announcement(context: RequestContext, screen: PreviewScreen) -> dict[str, str]:
    """Announces once that the template the page waited for has arrived."""
    arrived = "waited" in request.args and not (screen.reading and screen.reading.active)
    return {htmx.ANNOUNCE: context.localizer.gettext(N_("The preview is ready"))} if arrived else {}


def _int_parameter(name: str) -> int:
    return number_in(request.values.get(name, ""))
