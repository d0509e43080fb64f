"""“New campaign” of the report: with those who did not open it, opened it, or clicked."""

from flask import Response, request

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.sending import follow_up
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import NN_
from cxmc_ext.web.presentation.panels import (
    PanelExtras,
    campaign_page,
    conflict_response,
    tab_state,
)
from cxmc_ext.web.presentation.render import queue_toast, redirect_to
from cxmc_ext.web.request_context import RequestContext

_CREATED = NN_(
    "A new campaign with %(n)s person. Nothing is sent yet.",
    "A new campaign with %(n)s people. Nothing is sent yet.",
)


def create(visit: RequestContext) -> Response:
    """Leads to the tab of the new campaign, where nothing is sent before somebody presses."""
    form, ref = request.form, visit.campaign.ref
    group, title = form.get("group", ""), form.get("title", "")
    try:
        made = follow_up.create_follow_up(
            visit.services, Press(visit.viewer.user, forms.read_nonce(form), ref), group, title
        )
    except Invalid as error:
        return campaign_page(visit, tab_state(visit), PanelExtras(errors=error.fields), 422)
    except Conflict as error:
        return conflict_response(visit, error)
    mailing = visit.rows.mailing
    known = follow_up.group_sizes(visit.services, mailing) if mailing else None
    queue_toast(visit.localizer.ngettext(*_CREATED, (known or {}).get(group, 0)))
    return redirect_to(visit.services.host.tab_url(made))
