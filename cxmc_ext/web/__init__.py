"""Every address of the extension as one table: method, rule, name, the right it needs, its view."""

from collections.abc import Callable

from flask import Blueprint, Response

from cxmc_ext.domain.values import Right
from cxmc_ext.services import Services
from cxmc_ext.web import (
    activation,
    assets,
    auditing,
    away,
    choosing,
    connecting,
    control,
    erasing,
    follow_up,
    hook,
    ledger,
    metrics,
    render,
    tab,
    trial,
    trouble,
)
from cxmc_ext.web.gate import make_access_check
from cxmc_ext.web.routes import Route
from cxmc_ext.web.slots import jinja_globals
from cxmc_ext.web.visit import get_current

__all__ = ["create_blueprint", "jinja_globals"]

_CAMPAIGN = "/campaigns/<ref>"

ROUTES: tuple[Route, ...] = (
    Route("GET", _CAMPAIGN, "tab", Right.TAB, tab.show),
    Route("GET", f"{_CAMPAIGN}/panel", "panel", Right.TAB, tab.poll),
    Route("GET", f"{_CAMPAIGN}/recipients", "recipients", Right.TAB, ledger.show),
    Route("GET", f"{_CAMPAIGN}/recipients.csv", "table", Right.TAB, ledger.export_csv),
    Route("GET", f"{_CAMPAIGN}/open", "open", Right.TAB, away.open_in_mailchimp),
    Route("POST", f"{_CAMPAIGN}/update", "update", Right.TAB, tab.update),
    Route("POST", f"{_CAMPAIGN}/readiness", "readiness", Right.TAB, tab.show_domain_readiness, is_press=False),
    Route("POST", f"{_CAMPAIGN}/templates", "templates", Right.TAB, choosing.search, is_press=False),
    Route("GET", f"{_CAMPAIGN}/test", "test", Right.SEND, trial.show_status),
    Route("POST", f"{_CAMPAIGN}/test", "send_test", Right.SEND, trial.send),
    Route("GET", f"{_CAMPAIGN}/preview", "preview", Right.SEND, trial.show),
    Route("POST", f"{_CAMPAIGN}/preview", "ask_preview", Right.SEND, trial.request_preview),
    Route("GET", f"{_CAMPAIGN}/preview/mail", "mail", Right.SEND, trial.show_mail),
    Route("POST", f"{_CAMPAIGN}/follow-up", "follow_up", Right.SEND, follow_up.create),
    Route("POST", f"{_CAMPAIGN}/send", "send", Right.SEND, tab.send_now),
    Route("POST", f"{_CAMPAIGN}/schedule", "schedule", Right.SEND, tab.schedule),
    Route("POST", f"{_CAMPAIGN}/unschedule", "unschedule", Right.SEND, tab.unschedule),
    Route("POST", f"{_CAMPAIGN}/delete", "delete", Right.SEND, tab.delete),
    Route("POST", f"{_CAMPAIGN}/check", "check", Right.SEND, tab.check),
    Route("POST", f"{_CAMPAIGN}/retry", "retry", Right.SEND, tab.retry),
    Route("POST", f"{_CAMPAIGN}/refresh", "refresh", Right.SEND, connecting.refresh),
    Route("POST", f"{_CAMPAIGN}/domain/mail", "domain_mail", Right.SEND, connecting.request_domain_code),
    Route("POST", f"{_CAMPAIGN}/domain/code", "domain_code", Right.SEND, connecting.verify_domain),
    Route("GET", f"{_CAMPAIGN}/settings", "settings", Right.CONFIGURE, connecting.show_settings),
    Route("POST", f"{_CAMPAIGN}/settings", "initialize", Right.CONFIGURE, connecting.initialize),
    Route("GET", "/activation", "activation", Right.ACTIVATE, activation.show),
    Route("POST", "/activate", "activate", Right.ACTIVATE, activation.activate),
    Route("POST", "/deactivate", "deactivate", Right.ACTIVATE, activation.deactivate),
    Route("GET", "/control", "control", Right.ACTIVATE, control.show),
    Route("POST", "/control/pause", "pause", Right.ACTIVATE, control.pause),
    Route("POST", "/control/resume", "resume", Right.ACTIVATE, control.resume),
    Route("POST", "/control/update", "update_one", Right.ACTIVATE, control.update_mailing),
    Route("GET", "/control/audit", "audit", Right.ACTIVATE, auditing.show),
    Route("GET", "/control/audit.csv", "audit_table", Right.ACTIVATE, auditing.export_csv),
    Route("GET", "/control/erase", "erase", Right.ACTIVATE, erasing.show),
    Route("POST", "/control/erase", "erase_now", Right.ACTIVATE, erasing.submit),
)

PUBLIC_ENDPOINTS = frozenset({"asset", "metrics", "hook"})
"""Static files need nobody, metrics and hook a secret instead of a person; nothing else is open."""


def create_blueprint(services: Services) -> Blueprint:
    """The pages of one app; each app has a blueprint of its own."""
    made = Blueprint(
        "cxmc", "cxmc_ext", template_folder="templates", url_prefix=services.settings.url_prefix
    )
    made.before_request(make_access_check(services, {route.endpoint: route for route in ROUTES}, PUBLIC_ENDPOINTS))
    made.after_request(render.add_security_headers)
    trouble.register_handlers(made, services)
    made.teardown_request(_release_database(services))
    for route in ROUTES:
        made.add_url_rule(route.rule, route.endpoint, _as_view(route), methods=[route.method])
    made.add_url_rule("/static/<name>", "asset", assets.serve)
    made.add_url_rule("/metrics", "metrics", metrics.make_view(services))
    made.add_url_rule("/hook/<secret>", "hook", hook.make_view(services), methods=["GET", "POST"])
    made.record_once(lambda state: hook.exempt_from_csrf(state.app))
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
