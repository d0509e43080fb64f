"""“Send test” and “Preview”: what they ask for, the line of the one, the screen of the other."""

from flask import Response, request

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.screens import test_mail as test_mail_screen
from cxmc_ext.usecases.screens.progress import OperationStatus
from cxmc_ext.usecases.sending import test_mail_requests
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.messages import render_message
from cxmc_ext.web.presentation.panels import (
    PanelExtras,
    conflict_response,
    panel_or_page,
    reload,
    tab_state,
)
from cxmc_ext.web.presentation.render import html_response, redirect_to, render_html
from cxmc_ext.web.request_context import RequestContext


def send(visit: RequestContext) -> Response:
    """The form's nonce is left to the sending: the form stays, and may be tested again and then sent.

    Two presses at once are one all the same: a campaign has one test under way.
    """
    typed, zone = forms.read_send_form(request.form), visit.services.settings.zone
    try:
        test_mail_requests.request_test_mail(
            visit.services,
            Press(visit.viewer.user, forms.new_nonce(), visit.campaign.ref),
            forms.parse_send_order(typed, zone, is_scheduled=False),
            typed.test_to,
        )
    except Invalid as error:
        refused = PanelExtras(errors=error.fields, form=typed)
        return htmx.retarget_panel(panel_or_page(visit, tab_state(visit), refused, 422))
    except Conflict as error:
        return htmx.retarget_panel(conflict_response(visit, error))
    fresh = reload(visit)
    if not htmx.is_fragment(request):
        return redirect_to(fresh.services.host.tab_url(fresh.campaign.ref))
    return _status_fragment(
        fresh, {htmx.ANNOUNCE: visit.localizer.gettext(N_("Sending a test mail …"))}
    )


def show_status(visit: RequestContext) -> Response:
    """How far the test mail is; said aloud when it has ended."""
    if not htmx.is_fragment(request):
        return redirect_to(visit.services.host.tab_url(visit.campaign.ref))
    return _status_fragment(visit, {})


def _status_fragment(visit: RequestContext, events: dict[str, str]) -> Response:
    found = test_mail_screen.last_test_mail(visit.services, visit.rows.mailing)
    if found and not found.active:
        events = {htmx.TOAST: outcome_text(visit.localizer, found)}
    return html_response(render_html(visit, "_test_mail.html", test_mail=found), events=events)


def outcome_text(speaker: Localizer, ended: OperationStatus) -> str:
    if ended.problems:
        return render_message(speaker, ended.problems[0]).text
    return speaker.ngettext(*labels.TEST_MAIL_SENT, ended.address_count)
