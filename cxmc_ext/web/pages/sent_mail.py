"""“The mail”: what was sent, as one recipient got it, in a sandboxed frame."""

from flask import Response, request

from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.screens import sent_mail as sent_mail_screen
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.presentation.panels import extras_for_problem, panel_or_page, tab_state
from cxmc_ext.web.presentation.render import html_response, page_response, render_html
from cxmc_ext.web.request_context import RequestContext


def show(context: RequestContext) -> Response:
    """Shows the mail that was sent to one recipient, the first one unless `recipient` names another."""
    screen = sent_mail_screen.build_sent_mail(context.services, context.rows, _recipient_id())
    if screen is None:
        extras = extras_for_problem(context, Problem("mail_not_kept"))
        return panel_or_page(context, tab_state(context), extras, 404)
    html = render_html(context, "_sent_mail.html", screen=screen)
    return page_response(context, context.campaign.title, html, crumb=True)


def show_content(context: RequestContext) -> Response:
    """Returns the page in the frame; it is as safe as the preview's (`pages/preview.show_mail`)."""
    mail = sent_mail_screen.rendered_mail(context.services, context.rows, _recipient_id())
    if mail is None:
        return html_response("", 404)
    title = context.localizer.gettext(N_("The mail"))
    return html_response(render_html(context, "mail.html", mail=mail, title=title))


def _recipient_id() -> int:
    return forms.parse_int(request.args.get("recipient")) or 0
