"""Puts the API, the control addresses and the website together."""

import time
from collections.abc import Callable

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from cxmc_ext.standin import api, control, site, site_setup, web
from cxmc_ext.standin.state import State

PAGES = (site, site_setup)


def create_standin(
    state: State | None = None, pause: Callable[[float], object] = time.sleep
) -> Flask:
    """The WSGI app; its state is in app.extensions["standin"].

    Faults that cut the connection, schedules coming due by themselves and webhooks need StandinServer.
    """
    state = state or State()
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["standin"] = state
    app.register_blueprint(api.create_blueprint(state, pause))
    app.register_blueprint(control.blueprint)
    app.register_blueprint(web.website)
    app.register_error_handler(HTTPException, _failed)
    return app


def _failed(error: HTTPException) -> Response | HTTPException:
    return api.http_error_response(error) if request.path.startswith(f"{api.PREFIX}/") else error
