"""The account behind the tab: the API key, fresh templates, and the sender's domain."""

from flask import Response, request

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.values import Why
from cxmc_ext.usecases import connect, domains, screens
from cxmc_ext.usecases.screens_values import Shown
from cxmc_ext.web import forms
from cxmc_ext.web.panels import Extra, either, shown
from cxmc_ext.web.tab import conflict, followed
from cxmc_ext.web.visit import Visit


def settings(visit: Visit) -> Response:
    return either(visit, screens.open_settings(visit.services, visit.look))


def initialize(visit: Visit) -> Response:
    """The key is in the body of this request and nowhere else; an answer never repeats it."""
    form = request.form
    try:
        given = connect.request_connect(
            visit.services,
            visit.viewer.user,
            forms.nonce(form),
            form.get("key", ""),
            form.get("audience_id") or None,
        )
    except Invalid as error:
        open_again = Shown(screens.settings(visit.look), "")
        return either(visit, open_again, Extra(errors=error.fields), 422)
    except Conflict as error:
        return conflict(visit, error)
    return followed(visit, given)


def refresh(visit: Visit) -> Response:
    try:
        given = connect.request_refresh(
            visit.services, visit.viewer.user, forms.nonce(request.form)
        )
    except Conflict as error:
        return conflict(visit, error)
    return followed(visit, given)


def mail_code(visit: Visit) -> Response:
    form = request.form
    try:
        given = domains.request_mail(
            visit.services, visit.viewer.user, forms.nonce(form), form.get("email", "")
        )
    except Invalid as error:
        return either(visit, shown(visit), Extra(errors=_beside(error, "domain_email")), 422)
    except Conflict as error:
        return conflict(visit, error)
    return followed(visit, given)


def give_code(visit: Visit) -> Response:
    form = request.form
    try:
        given = domains.request_code(
            visit.services,
            visit.viewer.user,
            forms.nonce(form),
            form.get("domain", ""),
            form.get("code", ""),
        )
    except Invalid as error:
        return either(visit, shown(visit), Extra(errors=_beside(error, "domain_code")), 422)
    except Conflict as error:
        return conflict(visit, error)
    return followed(visit, given)


def _beside(error: Invalid, name: str) -> dict[str, Why]:
    """The small forms of the domain have one field each to stand beside."""
    return {name: next(iter(error.fields.values()))}
