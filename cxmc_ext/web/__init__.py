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
from cxmc_ext.web.gate import gate
from cxmc_ext.web.routes import Route
from cxmc_ext.web.slots import slots
from cxmc_ext.web.visit import current

__all__ = ["blueprint", "slots"]

_AT = "/campaigns/<ref>"

ROUTES: tuple[Route, ...] = (
    Route("GET", _AT, "tab", Right.TAB, tab.tab),
    Route("GET", f"{_AT}/panel", "panel", Right.TAB, tab.poll),
    Route("GET", f"{_AT}/recipients", "recipients", Right.TAB, ledger.recipients),
    Route("GET", f"{_AT}/recipients.csv", "table", Right.TAB, ledger.table),
    Route("GET", f"{_AT}/open", "open", Right.TAB, away.away),
    Route("POST", f"{_AT}/update", "update", Right.TAB, tab.update),
    Route("POST", f"{_AT}/readiness", "readiness", Right.TAB, tab.readiness, is_press=False),
    Route("POST", f"{_AT}/templates", "templates", Right.TAB, choosing.find, is_press=False),
    Route("GET", f"{_AT}/test", "test", Right.SEND, trial.line),
    Route("POST", f"{_AT}/test", "send_test", Right.SEND, trial.send_test),
    Route("GET", f"{_AT}/preview", "preview", Right.SEND, trial.preview),
    Route("POST", f"{_AT}/preview", "ask_preview", Right.SEND, trial.ask),
    Route("GET", f"{_AT}/preview/mail", "mail", Right.SEND, trial.mail),
    Route("POST", f"{_AT}/follow-up", "follow_up", Right.SEND, follow_up.make),
    Route("POST", f"{_AT}/send", "send", Right.SEND, tab.send_now),
    Route("POST", f"{_AT}/schedule", "schedule", Right.SEND, tab.send_later),
    Route("POST", f"{_AT}/unschedule", "unschedule", Right.SEND, tab.unschedule),
    Route("POST", f"{_AT}/delete", "delete", Right.SEND, tab.delete),
    Route("POST", f"{_AT}/check", "check", Right.SEND, tab.check),
    Route("POST", f"{_AT}/retry", "retry", Right.SEND, tab.retry),
    Route("POST", f"{_AT}/refresh", "refresh", Right.SEND, connecting.refresh),
    Route("POST", f"{_AT}/domain/mail", "domain_mail", Right.SEND, connecting.mail_code),
    Route("POST", f"{_AT}/domain/code", "domain_code", Right.SEND, connecting.give_code),
    Route("GET", f"{_AT}/settings", "settings", Right.CONFIGURE, connecting.settings),
    Route("POST", f"{_AT}/settings", "initialize", Right.CONFIGURE, connecting.initialize),
    Route("GET", "/activation", "activation", Right.ACTIVATE, activation.block),
    Route("POST", "/activate", "activate", Right.ACTIVATE, activation.activate),
    Route("POST", "/deactivate", "deactivate", Right.ACTIVATE, activation.deactivate),
    Route("GET", "/control", "control", Right.ACTIVATE, control.room),
    Route("POST", "/control/pause", "pause", Right.ACTIVATE, control.pause),
    Route("POST", "/control/resume", "resume", Right.ACTIVATE, control.resume),
    Route("POST", "/control/update", "update_one", Right.ACTIVATE, control.update),
    Route("GET", "/control/audit", "audit", Right.ACTIVATE, auditing.trail),
    Route("GET", "/control/audit.csv", "audit_table", Right.ACTIVATE, auditing.table),
    Route("GET", "/control/erase", "erase", Right.ACTIVATE, erasing.form),
    Route("POST", "/control/erase", "erase_now", Right.ACTIVATE, erasing.press),
)

PUBLIC = frozenset({"asset", "metrics", "hook"})
"""Static files need nobody, metrics and hook a secret instead of a person; nothing else is open."""


def blueprint(services: Services) -> Blueprint:
    """The pages of one app; each app has a blueprint of its own."""
    made = Blueprint(
        "cxmc", "cxmc_ext", template_folder="templates", url_prefix=services.settings.url_prefix
    )
    made.before_request(gate(services, {route.name: route for route in ROUTES}, PUBLIC))
    made.after_request(render.finish)
    trouble.install(made, services)
    made.teardown_request(_release(services))
    for route in ROUTES:
        made.add_url_rule(route.rule, route.name, _entered(route), methods=[route.method])
    made.add_url_rule("/static/<name>", "asset", assets.serve)
    made.add_url_rule("/metrics", "metrics", metrics.serve(services))
    made.add_url_rule("/hook/<secret>", "hook", hook.serve(services), methods=["GET", "POST"])
    made.record_once(lambda state: hook.exempt(state.app))
    return made


def _entered(route: Route) -> Callable[..., Response]:
    def view(**_parts: str) -> Response:
        return route.view(current())

    return view


def _release(services: Services) -> Callable[[BaseException | None], None]:
    """A page that only read must not hold the database while others want to write."""

    def release(_error: BaseException | None = None) -> None:
        services.session().rollback()

    return release
