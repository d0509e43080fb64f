"""The CRM's pages: blueprints, error pages, /healthz, and what every template may use."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Flask, current_app, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from cxmc_ext import OPT_OUT_TAG
from host_app import auth, language
from host_app.mailchimp import mailchimp
from host_app.pages import campaigns, maintenance, people, roles

_SORRY = {
    400: ("That did not work", "The page was too old, or something was missing. Please try again."),
    403: (
        "Not from here",
        "That was not sent by a page of this CRM. Reload the page and try again.",
    ),
    404: ("Not here", "This page does not exist, or it is not meant for your user role."),
    405: ("Not here", "This address cannot be opened that way."),
    413: ("Too large", "That is more than this page takes."),
    500: ("Something went wrong", "It was written down. Please try again."),
}


class KindConverter(BaseConverter):
    """`candidates` in the address, `candidate` in the code."""

    regex = "candidates|contacts"

    def to_python(self, value: str) -> str:
        return value.removesuffix("s")

    def to_url(self, value: Any) -> str:
        return f"{value}s"


def register(app: Flask) -> None:
    app.url_map.converters["kind"] = KindConverter
    for blueprint in (people.bp, campaigns.bp, maintenance.bp, roles.bp):
        app.register_blueprint(blueprint)
    app.add_url_rule("/healthz", view_func=healthz)
    app.register_error_handler(HTTPException, _sorry)
    app.jinja_env.globals["me"] = auth.current_account
    app.jinja_env.globals["OPT_OUT_TAG"] = OPT_OUT_TAG
    app.jinja_env.filters["when"] = _when
    app.jinja_env.filters["day"] = _day


def healthz() -> tuple[dict[str, Any], int]:
    """200 once the web, Redis, a worker and the scheduler live."""
    parts = mailchimp.health()
    return {"parts": parts}, 200 if all(parts.values()) else 503


def _sorry(error: HTTPException) -> tuple[str, int] | Response | HTTPException:
    """A page in the CRM's skin; who is not logged in and opens an address logs in first."""
    code = error.code or 500
    if error.response is not None or code < 400:
        return error
    if code == 401 and request.method == "GET" and "HX-Request" not in request.headers:
        return redirect(url_for("auth.login", next=request.full_path.rstrip("?")))
    title, text = _SORRY.get(code) or _SORRY[400 if code < 500 else 500]
    return render_template("sorry.html", title=title, text=text), code


def _when(at: int) -> str:
    return f"{_day(at)}, {_local(at):%H:%M}"


def _day(at: int) -> str:
    return format_date(_local(at), "d MMM y", locale=language.chosen_language() or "en")


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at, ZoneInfo(current_app.config["CXMC_TIME_ZONE"]))
