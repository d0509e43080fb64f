"""The buttons of a list that fills a region of the mail: fill, move, remove, refresh."""

from flask import Response, request

from cxmc_ext.usecases.screens import blocks as blocks_screen
from cxmc_ext.web import forms
from cxmc_ext.web.pages.draft import save_form
from cxmc_ext.web.presentation.panels import respond_to_press
from cxmc_ext.web.request_context import RequestContext


def change(context: RequestContext) -> Response:
    """Changes the list of one region and saves the form."""
    form = forms.read_send_form(request.form)
    pressed = forms.read_block_change(request.form)
    host, ref = context.services.host, context.campaign.ref
    save_form(context, blocks_screen.changed_form(host, ref, form, pressed))
    return respond_to_press(context, None)
