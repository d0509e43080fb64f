"""“New campaign” of the report: with those who did not open it, opened it, or clicked."""

from flask import Response, request

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.usecases import follow_up
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import NN_
from cxmc_ext.web.panels import Extra, full, shown
from cxmc_ext.web.render import back_to, toast
from cxmc_ext.web.tab import conflict
from cxmc_ext.web.visit import Visit

_MADE = NN_(
    "A new campaign with %(n)s person. Nothing is sent yet.",
    "A new campaign with %(n)s people. Nothing is sent yet.",
)


def make(visit: Visit) -> Response:
    """Leads to the tab of the new campaign, where nothing is sent before somebody presses."""
    form, ref = request.form, visit.campaign.ref
    group, title = form.get("group", ""), form.get("title", "")
    try:
        made = follow_up.make(
            visit.services, visit.viewer.user, forms.nonce(form), ref, group, title
        )
    except Invalid as error:
        return full(visit, shown(visit), Extra(errors=error.fields), 422)
    except Conflict as error:
        return conflict(visit, error)
    mailing = visit.look.mailing
    known = follow_up.sizes(visit.services, mailing) if mailing else None
    toast(visit.speaker.count(*_MADE, (known or {}).get(group, 0)))
    return back_to(visit.services.host.tab_url(made))
