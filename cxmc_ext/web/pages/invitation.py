"""“Invite back”: one person who opted out, and the button that has MailChimp ask them."""

from flask import Response, abort, request, url_for

from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.usecases.invitations.requests import request_invitation
from cxmc_ext.usecases.screens import invitation as screen
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.pages.confirmation import ask_confirmation
from cxmc_ext.web.presentation import render
from cxmc_ext.web.presentation.messages import render_message
from cxmc_ext.web.request_context import RequestContext


def show(context: RequestContext) -> Response:
    """Shows when and how the person opted out, and what became of asking them; `person` names them."""
    ref = _person(request.args.get("person", ""))
    shown = screen.invitation_screen(context.services, ref)
    if shown is None:
        abort(404)
    html = render.render_html(
        context,
        "_invitation.html",
        screen=shown,
        person=str(ref),
        page_address=_url(ref),
    )
    if htmx.is_fragment(request):
        return render.html_response(html)
    return render.page_response(context, context.localizer.gettext("Invite back"), html)


def submit(context: RequestContext) -> Response:
    """“Ask for confirmation”, after a question."""
    ref = _person(request.form.get("person", ""))
    if not forms.is_confirmed(request.form):
        return ask_confirmation(
            context,
            "request_invitation",
            hidden_values={"person": str(ref), "nonce": context.press.nonce},
            cancel_url=_url(ref),
        )
    request_invitation(context.services, context.press, ref)
    return render.redirect_to(_url(ref))


def conflict_response(context: RequestContext, error: Conflict) -> Response:
    """Returns to the page of the person with the problem as a toast."""
    render.queue_toast(render_message(context.localizer, error.problem).text)
    return render.redirect_to(_url(_person(request.form.get("person", ""))))


def _person(text: str) -> PersonRef:
    return screen.parse_person(text) or abort(404)


def _url(ref: PersonRef) -> str:
    return url_for("cxmc.invitation", person=str(ref))
