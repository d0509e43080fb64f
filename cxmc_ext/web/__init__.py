"""Every address of the extension as one table: method, rule, name, the right it needs, its view."""

from collections.abc import Callable

from flask import Blueprint, Response

from cxmc_ext.services import Services
from cxmc_ext.web import assets, errors
from cxmc_ext.web.access import make_access_check
from cxmc_ext.web.presentation import render
from cxmc_ext.web.public import metrics, webhook
from cxmc_ext.web.request_context import get_current
from cxmc_ext.web.routes import PUBLIC_ENDPOINTS, ROUTES, Route
from cxmc_ext.web.template_globals import jinja_globals

__all__ = ["create_blueprint", "jinja_globals"]


def create_blueprint(services: Services) -> Blueprint:
    """The pages of one app; each app has a blueprint of its own."""
    made = Blueprint(
        "cxmc", "cxmc_ext", template_folder="templates", url_prefix=services.settings.url_prefix
    )
    made.before_request(
        make_access_check(services, {route.endpoint: route for route in ROUTES}, PUBLIC_ENDPOINTS)
    )
    made.after_request(render.add_security_headers)
    errors.register_handlers(made, services)
    made.teardown_request(_release_database(services))
    for route in ROUTES:
        made.add_url_rule(route.rule, route.endpoint, _as_view(route), methods=[route.method])
    made.add_url_rule("/static/<name>", "asset", assets.serve)
    made.add_url_rule("/metrics", "metrics", metrics.make_view(services))
    made.add_url_rule(
        "/hook/<secret>", "hook", webhook.make_view(services), methods=["GET", "POST"]
    )
    made.record_once(lambda state: webhook.exempt_from_csrf(state.app))
    return made


def _as_view(route: Route) -> Callable[..., Response]:
    def view(**_parts: str) -> Response:
        return route.view(get_current())

    return view


def _release_database(services: Services) -> Callable[[BaseException | None], None]:
    """A page that only read must not hold the database while others want to write."""

    def release(_error: BaseException | None = None) -> None:
        services.session().rollback()

    return release
