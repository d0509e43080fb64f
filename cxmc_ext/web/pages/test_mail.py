"""“Send test”: the press, and the line that shows its progress."""

from dataclasses import replace

from flask import Response, request

from cxmc_ext.usecases.screens import test_mail as test_mail_screen
from cxmc_ext.usecases.screens.progress import OperationStatus
from cxmc_ext.usecases.sending import test_mail_requests
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.pages.draft import save_form
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.messages import render_message
from cxmc_ext.web.presentation.render import html_response, redirect_to, render_html
from cxmc_ext.web.request_context import RequestContext


def send(context: RequestContext) -> Response:
    """Requests a test mail.

    The press gets a nonce of its own: the form stays on the page, with the nonce of the later send.
    Two presses at once are still one test mail, because a campaign has one test in progress.
    """
    form = forms.read_send_form(request.form)
    save_form(context, form)
    test_mail_requests.request_test_mail(
        context.services,
        replace(context.press, nonce=forms.new_nonce()),
        forms.parse_send_order(form, context.services.settings.zone, is_scheduled=False),
        form.test_to,
    )
    if not htmx.is_fragment(request):
        return redirect_to(context.services.host.tab_url(context.campaign.ref))
    announcement = context.localizer.gettext(N_("Sending a test mail …"))
    return _status_fragment(context.reload(), {htmx.ANNOUNCE: announcement})


def show_status(context: RequestContext) -> Response:
    """Shows how far the test mail is; a toast says when it has ended."""
    if not htmx.is_fragment(request):
        return redirect_to(context.services.host.tab_url(context.campaign.ref))
    return _status_fragment(context, {})


def _status_fragment(context: RequestContext, events: dict[str, str]) -> Response:
    status = test_mail_screen.last_test_mail(context.services, context.rows.mailing)
    if status and not status.active:
        events = {htmx.TOAST: outcome_text(context.localizer, status)}
    return html_response(render_html(context, "_test_mail.html", test_mail=status), events=events)


def outcome_text(localizer: Localizer, ended: OperationStatus) -> str:
    """Says how a test mail ended: its first problem, or how many addresses it was sent to."""
    if ended.problems:
        return render_message(localizer, ended.problems[0]).text
    return localizer.ngettext(*labels.TEST_MAIL_SENT, ended.address_count)
