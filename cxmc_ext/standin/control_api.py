"""Addresses for tests, outside the API.

/__outbox, /__requests, /__reset, /__advance, /__actions, /__faults and /__switches.
"""

from dataclasses import fields
from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, jsonify, request

from cxmc_ext.standin.problems import Problem
from cxmc_ext.standin.service import sending
from cxmc_ext.standin.service.actions import Actions
from cxmc_ext.standin.state import State
from cxmc_ext.standin.switches import Switches

blueprint = Blueprint("control", __name__)
SWITCH_NAMES = [field.name for field in fields(Switches)]
NO_CONTENT = ("", 204)


def current_state() -> State:
    """The state of the app that serves this request."""
    return cast(State, current_app.extensions["standin"])


@blueprint.get("/__outbox")
def outbox() -> Response:
    """The mails that were sent.

    `?campaign=` limits them to one campaign, `?kind=` to test or service mails (empty: all kinds),
    and `?html=0` leaves out the bodies.
    """
    state = current_state()
    campaign, kind = request.args.get("campaign", ""), request.args.get("kind", "campaign")
    with_html = request.args.get("html", "1") != "0"
    with state.lock:
        sending.run_due(state)
        mails = [mail.as_json(with_html) for mail in state.outbox.mails(campaign, kind)]
    return jsonify(mails=mails, total=len(mails))


@blueprint.get("/__requests")
def requests() -> Response:
    """The number of API calls by endpoint, and the addresses whose status the API raised."""
    state = current_state()
    return jsonify(state.requests.summary() | {"resubscribed": list(state.resubscribed)})


@blueprint.post("/__reset")
def reset() -> tuple[str, int]:
    current_state().reset()
    return NO_CONTENT


@blueprint.post("/__advance")
def advance() -> Response:
    """Lets `{"seconds": …}` pass and does what has become due."""
    state = current_state()
    state.advance(float(_body().get("seconds", 0)))
    with state.lock:
        sending.run_due(state)
    return jsonify(offset=state.clock.offset)


@blueprint.post("/__actions")
def run_action() -> Response:
    """Lets somebody do something at MailChimp: `{"action": …}` and the arguments of that action.

    The actions are the methods of `service.actions.Actions`.
    """
    arguments = _body()
    name = str(arguments.pop("action", ""))
    try:
        return jsonify(result=Actions(current_state()).run(name, arguments))
    except (LookupError, TypeError, Problem) as error:
        abort(400, str(error))


@blueprint.get("/__faults")
def faults() -> Response:
    plan = current_state().faults
    return jsonify(faults=[fault.as_json() for fault in plan.faults], log=plan.log)


@blueprint.post("/__faults")
def add_fault() -> Response:
    """Plans a fault; the body has the fields of `Fault`."""
    try:
        return jsonify(current_state().faults.add(**_body()).as_json())
    except (TypeError, ValueError) as error:
        abort(400, str(error))


@blueprint.delete("/__faults")
def clear_faults() -> tuple[str, int]:
    current_state().faults.clear()
    return NO_CONTENT


@blueprint.get("/__switches")
def switches() -> Response:
    return _switches_response()


@blueprint.post("/__switches")
def set_switches() -> Response:
    values = _body()
    try:
        current_state().switches.change(values)
    except ValueError as error:
        abort(400, str(error))
    return _switches_response()


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _switches_response() -> Response:
    switches = current_state().switches
    return jsonify({name: getattr(switches, name) for name in SWITCH_NAMES})
