"""The forms that let somebody do something at MailChimp, and the page of one member."""

from typing import Any

from flask import abort, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from cxmc_ext.standin.problems import Problem
from cxmc_ext.standin.service.actions import Actions
from cxmc_ext.standin.state import State
from cxmc_ext.standin.website.base import audience_or_404, page_route

# Statuses that the page of a member offers, with the labels of their buttons.
STATUS_BUTTONS = {
    "subscribed": "Subscribe",
    "unsubscribed": "Unsubscribe",
    "cleaned": "Clean",
    "archived": "Archive",
}


@page_route("/actions", post=True)
def run_action(state: State) -> WerkzeugResponse:
    """Runs an action of `service.actions` with the form's fields, and returns to the page `then`.

    A field such as `merge_fields.FNAME` becomes part of the object `merge_fields`.
    """
    arguments: dict[str, Any] = {}
    for name, value in request.form.items():
        field, _, inner = name.partition(".")
        if inner:
            arguments.setdefault(field, {})[inner] = value
        else:
            arguments[field] = value.strip()
    action, then = arguments.pop("action", ""), arguments.pop("then", "/")
    try:
        Actions(state).run(action, arguments)
    except (LookupError, TypeError, Problem) as error:
        abort(400, str(error))
    is_local = then.startswith("/") and not then.startswith(("//", "/\\"))
    return redirect(then if is_local else "/", code=303)


@page_route("/audiences/<list_id>/members/<member_id>")
def member(state: State, list_id: str, member_id: str) -> str:
    account, audience = audience_or_404(state, list_id)
    return render_template(
        "standin/member.html",
        account=account,
        audience=audience,
        member=audience.members.get(member_id) or abort(404),
        keeps_id=state.switches.address_change_keeps_id,
        status_buttons=STATUS_BUTTONS.items(),
    )
