"""“New campaign” in the report: with the people who did not open, opened, or clicked."""

from flask import Response, request

from cxmc_ext.usecases.sending import follow_up
from cxmc_ext.web.i18n import NN_
from cxmc_ext.web.presentation.render import queue_toast, redirect_to
from cxmc_ext.web.request_context import RequestContext

_CREATED = NN_(
    "A new campaign with %(n)s person. Nothing is sent yet.",
    "A new campaign with %(n)s people. Nothing is sent yet.",
)


def create(context: RequestContext) -> Response:
    """Creates the campaign and opens its tab; nothing is sent until somebody presses there."""
    group, title = request.form.get("group", ""), request.form.get("title", "")
    created = follow_up.create_follow_up(context.services, context.press, group, title)
    queue_toast(context.localizer.ngettext(*_CREATED, created.people))
    return redirect_to(context.services.host.tab_url(created.campaign_ref))
