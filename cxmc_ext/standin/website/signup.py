"""Pages for people outside: the signup form of an audience, and where a confirmation mail leads."""

import idna
from flask import abort, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from cxmc_ext.standin.models import Audience, Member
from cxmc_ext.standin.problems import Problem
from cxmc_ext.standin.service import signup
from cxmc_ext.standin.state import State
from cxmc_ext.standin.website.base import audience_or_404, page_route, redirect_to

SUBSCRIBE_RULE = "/subscribe/<list_id>"
CONFIRM_RULE = "/confirm/<list_id>/<member_id>"


@page_route(SUBSCRIBE_RULE)
def subscribe_form(state: State, list_id: str) -> str:
    _, audience = audience_or_404(state, list_id)
    done = request.args.get("done", "")
    return render_template("standin/subscribe.html", audience=audience, done=done)


@page_route(SUBSCRIBE_RULE, post=True)
def subscribe(state: State, list_id: str) -> WerkzeugResponse:
    account, audience = audience_or_404(state, list_id)
    try:
        signup.sign_up(
            state, account, audience, _as_sent_by_browsers(request.form.get("address", ""))
        )
    except Problem as problem:
        abort(400, str(problem))
    return redirect_to("subscribe_form", list_id=list_id, done="yes")


@page_route(CONFIRM_RULE)
def confirm_form(state: State, list_id: str, member_id: str) -> str:
    """A GET changes nothing, because mail scanners follow links."""
    audience, member = _member_or_404(state, list_id, member_id)
    return render_template("standin/confirm.html", audience=audience, member=member)


@page_route(CONFIRM_RULE, post=True)
def confirm(state: State, list_id: str, member_id: str) -> WerkzeugResponse:
    signup.confirm(state, *_member_or_404(state, list_id, member_id))
    return redirect_to("confirm_form", list_id=list_id, member_id=member_id)


def _member_or_404(state: State, list_id: str, member_id: str) -> tuple[Audience, Member]:
    _, audience = audience_or_404(state, list_id)
    return audience, audience.members.get(member_id) or abort(404)


def _as_sent_by_browsers(typed: str) -> str:
    """The address with an international domain in Punycode; one that has no such form stays as typed.

    Most browsers send it like this from a field for addresses. The API accepts nothing else.
    """
    address = typed.strip()
    local, at, domain = address.rpartition("@")
    try:
        return (
            address if domain.isascii() else local + at + idna.encode(domain, uts46=True).decode()
        )
    except UnicodeError:  # idna.IDNAError is one
        return address
