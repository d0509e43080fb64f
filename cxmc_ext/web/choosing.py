"""Searching the templates of an account that has many: the list anew, everything typed as it was."""

from flask import Response, request

from cxmc_ext.usecases import screens_templates
from cxmc_ext.web import forms, htmx, labels
from cxmc_ext.web.panels import Extra, full, shown
from cxmc_ext.web.render import answer, markup
from cxmc_ext.web.visit import Visit


def find(visit: Visit) -> Response:
    """The list alone for htmx, which leaves out counting the people; else the page with the form."""
    typed = forms.typed(request.form)
    if not htmx.is_fragment(request):
        return full(visit, shown(visit), Extra(typed=typed))
    known = screens_templates.templates(visit.look)
    offer = screens_templates.offer(known, typed.find, typed.template_id)
    account = visit.look.account
    html = markup(
        visit,
        "_templates.html",
        offer=offer,
        read_at=account.read_at if account else None,
        typed=typed,
        errors={},
    )
    said = labels.offered(visit.speaker, offer)
    return answer(html, events={htmx.SAY: said} if offer.find else {})
