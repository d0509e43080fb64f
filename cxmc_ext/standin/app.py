"""Puts the API, the control addresses and the website together."""

import time
from collections.abc import Callable

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from cxmc_ext.standin import control_api
from cxmc_ext.standin.api import dispatch
from cxmc_ext.standin.state import State
from cxmc_ext.standin.website import account as account_pages
from cxmc_ext.standin.website import base
from cxmc_ext.standin.website import campaigns as campaign_pages

PAGES = (campaign_pages, account_pages)


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
    app.register_blueprint(dispatch.create_blueprint(state, pause))
    app.register_blueprint(control_api.blueprint)
    app.register_blueprint(base.website)
    app.register_error_handler(HTTPException, _failed)
    return app


def _failed(error: HTTPException) -> Response | HTTPException:
    return (
        dispatch.http_error_response(error)
        if request.path.startswith(f"{dispatch.PREFIX}/")
        else error
    )
