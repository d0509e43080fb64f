"""The WSGI application: the API, the control addresses for tests, and the website."""

import time
from collections.abc import Callable

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from cxmc_ext.standin import control_api
from cxmc_ext.standin.api import dispatch
from cxmc_ext.standin.state import State
from cxmc_ext.standin.website import account, actions, base, campaigns, faults, login, signup

# Importing these registers their views on the website's blueprint.
PAGES = (account, actions, campaigns, faults, login, signup)


def create_standin(
    state: State | None = None, pause: Callable[[float], object] = time.sleep
) -> Flask:
    """The stand-in as a WSGI application.

    Only `StandinServer` can cut connections, send scheduled campaigns by itself and call webhooks.

    Args:
        state: The state to serve; by default a new one. Afterwards it is in `app.extensions["standin"]`.
        pause: Waits a number of seconds, for faults that delay an answer.
    """
    state = state or State()
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["standin"] = state
    app.register_blueprint(dispatch.create_blueprint(state, pause))
    app.register_blueprint(control_api.blueprint)
    app.register_blueprint(base.website)
    app.register_error_handler(HTTPException, _handle_http_error)
    return app


def _handle_http_error(error: HTTPException) -> Response | HTTPException:
    is_api_call = request.path.startswith(f"{dispatch.PREFIX}/")
    return dispatch.http_error_response(error) if is_api_call else error
