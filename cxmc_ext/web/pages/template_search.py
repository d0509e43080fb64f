"""Searching the templates of an account that has many: the list anew, everything typed as it was."""

from flask import Response, request

from cxmc_ext.usecases.screens import templates as templates_screen
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.panels import PanelExtras, campaign_page, tab_state
from cxmc_ext.web.presentation.render import html_response, render_html
from cxmc_ext.web.request_context import RequestContext


def search(context: RequestContext) -> Response:
    """The list alone for htmx, which leaves out counting the people; else the page with the form."""
    typed = forms.read_send_form(request.form)
    if not htmx.is_fragment(request):
        return campaign_page(context, tab_state(context), PanelExtras(form=typed))
    known = templates_screen.template_choices(context.rows)
    offer = templates_screen.search_templates(known, typed.template_search, typed.template_id)
    account = context.rows.account
    html = render_html(
        context,
        "_template_choices.html",
        template_choices=offer,
        read_at=account.details_read_at if account else None,
        form=typed,
        errors={},
    )
    said = labels.template_choices_text(context.localizer, offer)
    return html_response(html, events={htmx.ANNOUNCE: said} if offer.search else {})
