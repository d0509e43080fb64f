"""The handles for tests, outside the API: /__journal, /__requests, /__faults, /__switches, …"""

from dataclasses import fields
from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, jsonify, request

from cxmc_ext.standin.models import Switches
from cxmc_ext.standin.service import sending
from cxmc_ext.standin.state import State

blueprint = Blueprint("control", __name__)
SWITCH_NAMES = [each.name for each in fields(Switches)]
NO_CONTENT = ("", 204)


def current_state() -> State:
    """The state of the app that serves this request."""
    return cast(State, current_app.extensions["standin"])


@blueprint.get("/__journal")
def journal() -> Response:
    """?campaign= limits, ?kind= names test or service mails (empty: all kinds), ?html=0 is short."""
    state = current_state()
    campaign, kind = request.args.get("campaign", ""), request.args.get("kind", "campaign")
    with_html = request.args.get("html", "1") != "0"
    with state.lock:
        sending.run_due(state)
        mails = [each.as_json(with_html) for each in state.outbox.mails(campaign, kind)]
    return jsonify(mails=mails, total=len(mails))


@blueprint.get("/__requests")
def requests() -> Response:
    state = current_state()
    return jsonify(state.requests.summary() | {"raised": list(state.resubscribed)})


@blueprint.post("/__reset")
def reset() -> tuple[str, int]:
    current_state().reset()
    return NO_CONTENT


@blueprint.post("/__advance")
def advance() -> Response:
    state = current_state()
    state.advance(float(_body().get("seconds", 0)))
    with state.lock:
        sending.run_due(state)
    return jsonify(offset=state.clock.offset)


@blueprint.get("/__faults")
def faults() -> Response:
    orders = current_state().faults
    return jsonify(faults=[each.as_json() for each in orders.faults], log=orders.log)


@blueprint.post("/__faults")
def add_fault() -> Response:
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
    return _shown_switches()


@blueprint.post("/__switches")
def set_switches() -> Response:
    wanted = _body()
    if set(wanted) - set(SWITCH_NAMES):
        abort(400, "unknown switch")
    for name, value in wanted.items():
        setattr(current_state().switches, name, value)
    return _shown_switches()


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _shown_switches() -> Response:
    switches = current_state().switches
    return jsonify({name: getattr(switches, name) for name in SWITCH_NAMES})
