"""The extension's pages: one blueprint per app, built from the route table."""

from collections.abc import Callable

from flask import Blueprint, Response

from cxmc_ext.services import Services
from cxmc_ext.web import assets, errors
from cxmc_ext.web.access import make_access_check
from cxmc_ext.web.catalogs import check_languages
from cxmc_ext.web.presentation import render
from cxmc_ext.web.presentation.notes import render_note
from cxmc_ext.web.presentation.notifications import render_notification
from cxmc_ext.web.public import events, metrics, webhook
from cxmc_ext.web.request_context import get_current
from cxmc_ext.web.routes import PUBLIC_ENDPOINTS, ROUTES, Route
from cxmc_ext.web.template_globals import jinja_globals

__all__ = [
    "check_languages",
    "create_blueprint",
    "jinja_globals",
    "render_note",
    "render_notification",
]


def create_blueprint(services: Services) -> Blueprint:
    """Creates the blueprint “cxmc” with every route of `ROUTES`.

    Args:
        services: The services of this app. Each app gets a blueprint of its own.
    """
    blueprint = Blueprint(
        "cxmc", "cxmc_ext", template_folder="templates", url_prefix=services.settings.url_prefix
    )
    routes = {route.endpoint: route for route in ROUTES}
    blueprint.before_request(make_access_check(services, routes, PUBLIC_ENDPOINTS))
    blueprint.after_request(render.add_security_headers)
    errors.register_handlers(blueprint, services, routes)
    blueprint.teardown_request(_release_database(services))
    for route in ROUTES:
        blueprint.add_url_rule(route.rule, route.endpoint, _as_view(route), methods=[route.method])
    blueprint.add_url_rule("/static/<name>", "asset", assets.serve)
    blueprint.add_url_rule("/events", "events", events.make_view(services))
    blueprint.add_url_rule("/metrics", "metrics", metrics.make_view(services))
    blueprint.add_url_rule(
        "/webhook/<secret>", "webhook", webhook.make_view(services), methods=["GET", "POST"]
    )
    blueprint.record_once(lambda state: webhook.exempt_from_csrf(state.app))
    blueprint.record_once(lambda state: webhook.keep_body(state.app))
    return blueprint


def _as_view(route: Route) -> Callable[..., Response]:
    def view(**_path_values: str) -> Response:
        return route.view(get_current())

    return view


def _release_database(services: Services) -> Callable[[BaseException | None], None]:
    """Ends the read transaction of a page, so that it does not block writers."""

    def release(_error: BaseException | None = None) -> None:
        services.session().rollback()

    return release
