"""From an HTTP request below /3.0 to an endpoint and back: count, key, slot, fault, work, answer."""

import json
import uuid
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from cxmc_ext.standin import persistence
from cxmc_ext.standin.api import account as account_module
from cxmc_ext.standin.api import (
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
    templates,
)
from cxmc_ext.standin.api import segments as segments_api
from cxmc_ext.standin.api import webhooks as webhooks_api
from cxmc_ext.standin.api.endpoint import ENDPOINTS, Call, Endpoint
from cxmc_ext.standin.faults.connection import NoConnection, SocketConnection
from cxmc_ext.standin.faults.plan import apply_fault
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

MODULES = (
    account_module, report_activity, member_batch, campaigns, domains, lists, members,
    merge_fields, reports, segments_api, templates, webhooks_api,
)  # fmt: skip
PREFIX = "/3.0"


def create_blueprint(state: State, pause: Callable[[float], object]) -> Blueprint:
    """`pause` waits some seconds, or less when the server stops."""
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    for each in ENDPOINTS:
        name = f"{each.method} {each.path}".replace(".", "_")
        view = _view(state, each, pause)
        api.add_url_rule(each.path, name, view, methods=[each.method], strict_slashes=False)
    return api


def http_error_response(error: HTTPException) -> Response:
    """Unknown paths and wrong methods below /3.0."""
    return _refused(method_not_allowed() if error.code == 405 else not_found())


def _view(
    state: State, each: Endpoint, pause: Callable[[float], object]
) -> Callable[..., Response]:
    route = f"{each.method} {each.path}".replace("<", "{").replace(">", "}")

    def view(**ids: str) -> Response:
        state.requests.add(route)
        try:
            return _serve(state, each, ids, pause)
        except Problem as problem:
            return _refused(problem)

    return view


def _serve(
    state: State, each: Endpoint, ids: dict[str, str], pause: Callable[[float], object]
) -> Response:
    path = request.path.removeprefix(PREFIX) or "/"
    key, account = auth.authenticate(state, request.headers)
    call = Call(state, key, account, request.args, _body(), request.host_url.rstrip("/"))

    def act() -> Response:
        try:
            _triggered()
            auth.authorize(key, each.method, path)
            return _answer(state, each, call, ids)
        except Problem as problem:
            return _refused(problem)

    with state.requests.connection_slot(account.id, state.switches.max_connections):
        fault = state.faults.take_due(f"{each.method} {path}", account.id)
        wire: SocketConnection | NoConnection = (
            request.environ.get("standin.wire") or NoConnection()
        )
        return apply_fault(fault, wire, act, pause) if fault else act()


def _answer(state: State, each: Endpoint, call: Call, ids: dict[str, str]) -> Response:
    """Rendered under the lock: nothing may change between reading and writing out."""
    if not each.locked:
        body = each.handler(call, **ids)
        state.mark_changed()
        return _rendered(state, body)
    with state.lock:
        sending.run_due(state)
        body = each.handler(call, **ids)
        if each.method == "GET" and body is not None:
            body = paging.select_fields(call.args, body)
        answer = _rendered(state, body)
    if each.method != "GET":
        state.mark_changed()
    return answer


def _rendered(state: State, body: Json | None) -> Response:
    answer = (
        Response(status=204) if body is None else Response(persistence.to_json(body), mimetype=JSON)
    )
    return _stamped(answer, state.clock.exact())


def _refused(problem: Problem) -> Response:
    answer = Response(json.dumps(problem.as_json()), problem.status, content_type=PROBLEM)
    return _stamped(answer, None)


JSON = "application/json"
PROBLEM = "application/problem+json; charset=utf-8"


def _stamped(answer: Response, moment: float | None) -> Response:
    answer.headers["X-Request-Id"] = str(uuid.uuid4())
    if moment is not None:
        answer.headers["Date"] = formatdate(moment, usegmt=True)
    return answer


def _triggered() -> None:
    """The real service's own test aid."""
    name = request.headers.get("X-Trigger-Error", "")
    if name in TRIGGERED_PROBLEMS:
        raise TRIGGERED_PROBLEMS[name]()


def _body() -> Json:
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
