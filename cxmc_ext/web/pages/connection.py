"""The account behind the tab: the API key, fresh templates, and the sender's domain."""

from flask import Response, request

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.accounts import connection_requests, sender_domains
from cxmc_ext.usecases.accounts import details as account_details
from cxmc_ext.usecases.screens import tab as tab_screen
from cxmc_ext.usecases.screens.connection import build_settings
from cxmc_ext.usecases.screens.tab import TabState
from cxmc_ext.web import forms
from cxmc_ext.web.presentation.panels import (
    PanelExtras,
    conflict_response,
    panel_or_page,
    respond_to_press,
    tab_state,
)
from cxmc_ext.web.request_context import RequestContext


def show_settings(visit: RequestContext) -> Response:
    return panel_or_page(visit, tab_screen.settings_tab_state(visit.services, visit.rows))


def initialize(visit: RequestContext) -> Response:
    """The key is in the body of this request and nowhere else; an answer never repeats it."""
    form = request.form
    try:
        given = connection_requests.request_connection(
            visit.services,
            Press(visit.viewer.user, forms.read_nonce(form)),
            form.get("key", ""),
            form.get("audience_id") or None,
        )
    except Invalid as error:
        open_again = TabState(build_settings(visit.rows), "")
        return panel_or_page(visit, open_again, PanelExtras(errors=error.fields), 422)
    except Conflict as error:
        return conflict_response(visit, error)
    return respond_to_press(visit, given)


def refresh(visit: RequestContext) -> Response:
    try:
        given = account_details.request_refresh(
            visit.services, Press(visit.viewer.user, forms.read_nonce(request.form))
        )
    except Conflict as error:
        return conflict_response(visit, error)
    return respond_to_press(visit, given)


def request_domain_code(visit: RequestContext) -> Response:
    form = request.form
    try:
        given = sender_domains.request_verification_mail(
            visit.services, Press(visit.viewer.user, forms.read_nonce(form)), form.get("email", "")
        )
    except Invalid as error:
        return panel_or_page(
            visit, tab_state(visit), PanelExtras(errors=_errors_beside(error, "domain_email")), 422
        )
    except Conflict as error:
        return conflict_response(visit, error)
    return respond_to_press(visit, given)


def verify_domain(visit: RequestContext) -> Response:
    form = request.form
    try:
        given = sender_domains.request_code_check(
            visit.services,
            Press(visit.viewer.user, forms.read_nonce(form)),
            form.get("domain", ""),
            form.get("code", ""),
        )
    except Invalid as error:
        return panel_or_page(
            visit, tab_state(visit), PanelExtras(errors=_errors_beside(error, "domain_code")), 422
        )
    except Conflict as error:
        return conflict_response(visit, error)
    return respond_to_press(visit, given)


def _errors_beside(error: Invalid, name: str) -> dict[str, Problem]:
    """The small forms of the domain have one field each to stand beside."""
    return {name: next(iter(error.fields.values()))}
