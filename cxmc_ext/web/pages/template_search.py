"""Searching the templates of an account that has many."""

from flask import Response, request

from cxmc_ext.usecases.screens import templates as templates_screen
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.panels import PanelExtras, campaign_page, tab_state
from cxmc_ext.web.presentation.render import html_response, render_html
from cxmc_ext.web.request_context import RequestContext


def search(context: RequestContext) -> Response:
    """Shows the matching templates; everything else in the form stays as typed.

    With htmx the response is the list alone, so the people of the campaign are not counted again.
    """
    form = forms.read_send_form(request.form)
    if not htmx.is_fragment(request):
        return campaign_page(context, tab_state(context), PanelExtras(form=form))
    choices = templates_screen.search_templates(
        templates_screen.template_choices(context.rows), form.template_search, form.template_id
    )
    account = context.rows.account
    html = render_html(
        context,
        "_template_choices.html",
        template_choices=choices,
        read_at=account.details_read_at if account else None,
        form=form,
        errors={},
    )
    announcement = labels.template_choices_text(context.localizer, choices)
    return html_response(html, events={htmx.ANNOUNCE: announcement} if choices.search else {})
