"""The page of the MailChimp account, which connects it with an API key or “Log in with MailChimp”."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, session, url_for

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.setting_values import login_root
from cxmc_ext.usecases.accounts import connection_requests
from cxmc_ext.usecases.accounts import settings as account_settings
from cxmc_ext.usecases.accounts.campaign_import import request_import
from cxmc_ext.usecases.screens.connection import build_connection
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.presentation import render
from cxmc_ext.web.presentation.messages import render_message
from cxmc_ext.web.presentation.panel_notices import success_notices
from cxmc_ext.web.request_context import RequestContext

ACCOUNT_TITLE = N_("MailChimp account")
SETTINGS_SAVED = N_("The settings were saved.")
# Where the session keeps a login that has begun, and for how many seconds.
_LOGIN, _LOGIN_SECONDS = "cxmc_login", 600
_MAX_CODE_LENGTH = 500


def show(context: RequestContext) -> Response:
    """Shows the three steps, and the form of the one that is next."""
    return _page(context)


def connect(context: RequestContext) -> Response:
    """Submits the API key, which is in the body of this request and in no response."""
    connection_requests.request_connection(
        context.services,
        context.press,
        request.form.get("key", ""),
        request.form.get("audience_id") or None,
        request.form.get("opt_out_forwarding", ""),
    )
    return _page(context) if htmx.is_fragment(request) else _redirect()


def invalid_response(context: RequestContext, error: Invalid) -> Response:
    """Answers 422 with the errors next to their fields."""
    return _page(context, errors=error.fields, status=422)


def conflict_response(context: RequestContext, error: Conflict) -> Response:
    """Answers 409 with the reason."""
    return _page(context, problem=error.problem, status=409)


def change_settings(context: RequestContext) -> Response:
    """“Save” of the settings."""
    account_settings.change_settings(
        context.services,
        context.viewer.user,
        request.form.get("contact_limit", ""),
        request.form.get("opt_out_forwarding", ""),
    )
    saved = context.localizer.gettext(SETTINGS_SAVED)
    if htmx.is_fragment(request):
        return htmx.trigger_events(_page(context), {htmx.TOAST: saved})
    render.queue_toast(saved)
    return _redirect()


def import_campaigns(context: RequestContext) -> Response:
    """“Import” of the campaigns that were created in MailChimp; the page then shows how far it is."""
    request_import(context.services, context.press)
    return _page(context) if htmx.is_fragment(request) else _redirect()


def begin_login(context: RequestContext) -> Response:
    """Leads to MailChimp's login page. Who comes back must bring the `state` of this very session."""
    settings, state = context.services.settings, secrets.token_urlsafe(32)
    if not settings.offers_login:
        return _page(context, problem=Problem("login_client"), status=409)
    session[_LOGIN] = _login_entry(context, state, forms.new_nonce())
    query = {
        "response_type": "code",
        "client_id": settings.oauth_client_id,
        "redirect_uri": _redirect_uri(),
        "state": state,
    }
    root = login_root(settings.api_root)
    return render.redirect_to(f"{root}/oauth2/authorize?{urlencode(query)}")


def finish_login(context: RequestContext) -> Response:
    """MailChimp's login page sends the browser here, with a code or with the user's refusal.

    A worker exchanges the code, so this page makes no call. A `state` can be used once.
    """
    begun, code = session.get(_LOGIN), request.args.get("code", "")
    if begun is None or not _is_ours(context, begun):
        return _page(context, problem=Problem("login_forged"), status=400)
    session.pop(_LOGIN)
    if "error" in request.args:
        return _page(context, problem=Problem("login_refused"), status=422)
    if not 0 < len(code) <= _MAX_CODE_LENGTH or not code.isascii() or not code.isprintable():
        return _page(context, problem=Problem("login_forged"), status=400)
    press = replace(context.press, nonce=str(begun["nonce"]))
    connection_requests.request_login(context.services, press, code, _redirect_uri())
    return _redirect()


def _login_entry(context: RequestContext, state: str, nonce: str) -> dict[str, Any]:
    return {
        "state": state,
        "nonce": nonce,
        "user": context.viewer.user.id,
        "account": context.services.account_ref,
        "at": context.services.clock(),
    }


def _is_ours(context: RequestContext, begun: Mapping[str, Any]) -> bool:
    """Whether this session began a login with this `state`, for the same user and account, lately."""
    given, state = request.args.get("state", ""), str(begun["state"])
    expected = _login_entry(context, state, str(begun["nonce"])) | {"at": begun["at"]}
    age = context.services.clock() - begun["at"]
    is_same = hmac.compare_digest(given.encode(), state.encode()) and begun == expected
    return is_same and 0 <= age <= _LOGIN_SECONDS


def _redirect_uri() -> str:
    return url_for("cxmc.finish_login", _external=True)


def _redirect() -> Response:
    return render.redirect_to(url_for("cxmc.account"))


def _page(
    context: RequestContext,
    *,
    problem: Problem | None = None,
    errors: Mapping[str, Problem] | None = None,
    status: int = 200,
) -> Response:
    localizer = context.localizer
    screen = build_connection(context.services, forms.parse_int(request.args.get("op")))
    html = render.render_html(
        context,
        "_account.html",
        screen=screen,
        outcome=success_notices(localizer, screen.connected) if screen.connected else (),
        problem=problem,
        typed_limit=request.form.get("contact_limit"),
        errors={name: render_message(localizer, each) for name, each in (errors or {}).items()},
    )
    if htmx.is_fragment(request):
        return render.html_response(html, status)
    return render.page_response(context, localizer.gettext(ACCOUNT_TITLE), html, status)
