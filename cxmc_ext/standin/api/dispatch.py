"""From an HTTP request below /3.0 to an endpoint and back.

Each call is counted, authenticated and given one of the account's connections. Then a planned fault may
apply, the role is checked, the endpoint runs, and its answer is written.
"""

import json
import uuid
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from cxmc_ext.standin import persistence
from cxmc_ext.standin.api import (
    account,
    auth,
    campaigns,
    domains,
    lists,
    member_batch,
    members,
    merge_fields,
    paging,
    report_activity,
    reports,
    segments,
    templates,
    webhooks,
)
from cxmc_ext.standin.api.endpoint import ENDPOINTS, Call, Endpoint
from cxmc_ext.standin.faults.connection import NoConnection
from cxmc_ext.standin.faults.fault import Connection
from cxmc_ext.standin.faults.kinds import apply_fault
from cxmc_ext.standin.models import Json
from cxmc_ext.standin.problems import (
    TRIGGERED_PROBLEMS,
    Problem,
    bad_request,
    method_not_allowed,
    not_found,
)
from cxmc_ext.standin.service import sending
from cxmc_ext.standin.state import State

# Importing these modules registers their endpoints.
ENDPOINT_MODULES = (
    account, campaigns, domains, lists, member_batch, members, merge_fields, report_activity, reports,
    segments, templates, webhooks,
)  # fmt: skip
PREFIX = "/3.0"
JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json; charset=utf-8"


def create_blueprint(state: State, pause: Callable[[float], object]) -> Blueprint:
    """All registered endpoints.

    Args:
        state: The state they work on.
        pause: Waits a number of seconds, or less when the server stops.
    """
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    for endpoint in ENDPOINTS:
        name = f"{endpoint.method} {endpoint.path}".replace(".", "_")
        view = _create_view(state, endpoint, pause)
        blueprint.add_url_rule(
            endpoint.path, name, view, methods=[endpoint.method], strict_slashes=False
        )
    return blueprint


def http_error_response(error: HTTPException) -> Response:
    """The answer to unknown paths and wrong methods below /3.0."""
    return _problem_response(method_not_allowed() if error.code == 405 else not_found())


def _create_view(
    state: State, endpoint: Endpoint, pause: Callable[[float], object]
) -> Callable[..., Response]:
    route = f"{endpoint.method} {endpoint.path}".replace("<", "{").replace(">", "}")

    def view(**path_values: str) -> Response:
        state.requests.add(route)
        try:
            return _handle(state, endpoint, path_values, pause)
        except Problem as problem:
            return _problem_response(problem)

    return view


def _handle(
    state: State, endpoint: Endpoint, path_values: dict[str, str], pause: Callable[[float], object]
) -> Response:
    path = request.path.removeprefix(PREFIX) or "/"
    key, account = auth.authenticate(state, request.headers)
    call = Call(state, key, account, request.args, _json_body(), request.host_url.rstrip("/"))

    def act() -> Response:
        try:
            _raise_triggered_problem()
            auth.authorize(key, endpoint.method, path)
            return _call_endpoint(state, endpoint, call, path_values)
        except Problem as problem:
            return _problem_response(problem)

    with state.requests.connection_slot(account.id, state.switches.max_connections):
        body = request.get_data(as_text=True)
        fault = state.faults.take_due(f"{endpoint.method} {path}", account.id, body)
        if not fault:
            return act()
        connection: Connection = request.environ.get("standin.connection") or NoConnection()
        return apply_fault(fault, connection, act, pause)


def _call_endpoint(
    state: State, endpoint: Endpoint, call: Call, path_values: dict[str, str]
) -> Response:
    """Runs the endpoint and writes its answer, both under the lock so that nothing changes in between."""
    if not endpoint.locked:
        body = endpoint.handler(call, **path_values)
        state.mark_changed()
        return _json_response(state, body)
    with state.lock:
        sending.run_due(state)
        body = endpoint.handler(call, **path_values)
        if endpoint.method == "GET" and body is not None:
            body = paging.select_fields(call.args, body)
        response = _json_response(state, body)
    if endpoint.method != "GET":
        state.mark_changed()
    return response


def _json_response(state: State, body: Json | None) -> Response:
    if body is None:
        response = Response(status=204)
    else:
        response = Response(persistence.to_json(body), mimetype=JSON_TYPE)
    response.headers["Date"] = formatdate(state.clock.exact(), usegmt=True)
    return _with_request_id(response)


def _problem_response(problem: Problem) -> Response:
    body = json.dumps(problem.as_json())
    return _with_request_id(Response(body, problem.status, content_type=PROBLEM_TYPE))


def _with_request_id(response: Response) -> Response:
    response.headers["X-Request-Id"] = str(uuid.uuid4())
    return response


def _raise_triggered_problem() -> None:
    """The header X-Trigger-Error asks for an error, as in the real service."""
    name = request.headers.get("X-Trigger-Error", "")
    if name in TRIGGERED_PROBLEMS:
        raise TRIGGERED_PROBLEMS[name]()


def _json_body() -> Json:
    data = request.get_data()
    if not data:
        return {}
    try:
        body: Any = json.loads(data)
    except ValueError:
        text = "We encountered an unspecified JSON parsing error."
        raise bad_request(text, "JSON Parse Exception") from None
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.", "Invalid Resource")
    return body
