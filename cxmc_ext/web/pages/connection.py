"""The account behind the tab: the API key, fresh templates, and the sender's domain."""

from flask import Response, request

from cxmc_ext.domain.errors import Invalid
from cxmc_ext.usecases.accounts import connection_requests, sender_domains
from cxmc_ext.usecases.accounts import details as account_details
from cxmc_ext.usecases.screens import tab as tab_screen
from cxmc_ext.usecases.screens.connection import build_settings
from cxmc_ext.usecases.screens.tab import TabState
from cxmc_ext.web.presentation.panels import PanelExtras, panel_or_page, respond_to_press
from cxmc_ext.web.request_context import RequestContext


def show_settings(context: RequestContext) -> Response:
    """Shows the settings of the tab: the connected account and the field for the API key."""
    return panel_or_page(context, tab_screen.settings_tab_state(context.services, context.rows))


def initialize(context: RequestContext) -> Response:
    """Submits the API key, which is in the body of this request and in no response."""
    operation_id = connection_requests.request_connection(
        context.services,
        context.press,
        request.form.get("key", ""),
        request.form.get("audience_id") or None,
        request.form.get("opt_out_forwarding", ""),
    )
    return respond_to_press(context, operation_id)


def invalid_settings_response(context: RequestContext, error: Invalid) -> Response:
    """Answers 422 with the settings still open."""
    state = TabState(build_settings(context.services, context.rows), "")
    return panel_or_page(context, state, PanelExtras(errors=error.fields), 422)


def refresh(context: RequestContext) -> Response:
    """“Refresh”: has a worker read templates and sender domains again."""
    operation_id = account_details.request_refresh(context.services, context.press)
    return respond_to_press(context, operation_id)


def request_domain_code(context: RequestContext) -> Response:
    """Has MailChimp mail a verification code to the typed address."""
    operation_id = sender_domains.request_verification_mail(
        context.services, context.press, request.form.get("email", "")
    )
    return respond_to_press(context, operation_id)


def verify_domain(context: RequestContext) -> Response:
    """Submits the code that MailChimp mailed."""
    operation_id = sender_domains.request_code_check(
        context.services,
        context.press,
        request.form.get("domain", ""),
        request.form.get("code", ""),
    )
    return respond_to_press(context, operation_id)
