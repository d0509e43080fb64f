"""“Log in with MailChimp”: the login page of OAuth 2, its token endpoint and its metadata.

https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/
"""

import hmac
import secrets
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from flask import Response, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from cxmc_ext.standin import seed_data
from cxmc_ext.standin.models import Key
from cxmc_ext.standin.state import State
from cxmc_ext.standin.website.base import PAGE_POLICY, page_route

# Seconds for which a code can be exchanged.
CODE_SECONDS = 600
_FORM_POLICY = PAGE_POLICY.replace("form-action 'self'", "form-action 'self' http: https:")


class LoginCode(NamedTuple):
    """A consent that was not exchanged yet: whose, for which address, and when it was given."""

    user: Key
    redirect_uri: str
    at: float


@page_route("/oauth2/authorize")
def authorize(state: State) -> Response:
    """Shows the login page. An unknown application is refused here, not at its address."""
    query = request.args
    scheme = urlsplit(query.get("redirect_uri", "")).scheme
    if query.get("client_id") != seed_data.OAUTH_CLIENT_ID or scheme not in {"http", "https"}:
        abort(400, "Unknown client_id or redirect_uri.")
    if query.get("response_type") != "code":
        abort(400, "response_type must be code.")
    users = [
        (key, state.accounts[key.account_id]) for key in state.keys.values() if not key.is_token
    ]
    page = render_template("standin/login.html", users=users, query=query)
    return Response(page, headers={"Content-Security-Policy": _FORM_POLICY})


@page_route("/oauth2/authorize", post=True)
def decide(state: State) -> WerkzeugResponse:
    """The user allows or refuses; either way the browser goes back to the application."""
    form = request.form
    if form.get("client_id") != seed_data.OAUTH_CLIENT_ID:
        abort(400)
    answer = {"state": form.get("state", "")}
    if form.get("decision") == "allow":
        user = state.keys.get(form.get("user", "")) or abort(400)
        code = secrets.token_hex(16)
        state.login_codes[code] = LoginCode(user, form["redirect_uri"], state.clock.now())
        answer["code"] = code
    else:
        answer["error"] = "access_denied"
    separator = "&" if urlsplit(form["redirect_uri"]).query else "?"
    return redirect(f"{form['redirect_uri']}{separator}{urlencode(answer)}", code=302)


@page_route("/oauth2/token", post=True)
def exchange_code(state: State) -> Response:
    """A code can be exchanged once, by the application it was given to, for the same address."""
    form = request.form
    is_client = form.get("client_id") == seed_data.OAUTH_CLIENT_ID and hmac.compare_digest(
        form.get("client_secret", "").encode(), seed_data.OAUTH_CLIENT_SECRET.encode()
    )
    if not is_client:
        return _error(401, "invalid_client", "The client id or secret is wrong.")
    if form.get("grant_type") != "authorization_code":
        return _error(400, "unsupported_grant_type", "Only authorization_code is supported.")
    given = state.login_codes.pop(form.get("code", ""), None)
    now = state.clock.now()
    if (
        given is None
        or given.redirect_uri != form.get("redirect_uri")
        or now > given.at + CODE_SECONDS
    ):
        return _error(400, "invalid_grant", "The code is invalid, expired or used.")
    user, token = given.user, secrets.token_hex(16)
    label = f"Login of {user.label}"
    state.keys[token] = Key(
        token, user.account_id, user.role, label, user.note, user.state, is_token=True
    )
    return jsonify(access_token=token, expires_in=0, scope=None)


@page_route("/oauth2/metadata")
def metadata(state: State) -> Response:
    """Whose token it is, and in which data center the account is."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    key = state.keys.get(token)
    if scheme != "OAuth" or key is None or not key.is_token or key.state != "active":
        return _error(401, "invalid_token", "The token is invalid or was revoked.")
    account = state.accounts[key.account_id]
    return jsonify(
        dc=state.login_datacenter,
        role=key.role,
        accountname=account.name,
        user_id=1,
        login={"email": account.email, "login_id": 1, "login_name": account.email},
        login_url="https://login.mailchimp.com",
        api_endpoint=f"https://{state.login_datacenter}.api.mailchimp.com",
    )


def _error(status: int, code: str, text: str) -> Response:
    response = jsonify(error=code, error_description=text)
    response.status_code = status
    return response
