"""The CRM's pages: blueprints, error pages, /healthz, and what all templates can use."""

from typing import Any

from flask import Flask, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from host_app import auth, language
from host_app.mailchimp import mailchimp
from host_app.pages import campaigns, maintenance, messages, people, roles

# HTTP status to title and text of the error page.
_ERROR_TEXTS = {
    400: (
        "That did not work",
        "The page was out of date, or something was missing. Please try again.",
    ),
    403: (
        "Request refused",
        "The request did not come from a page of this CRM. Reload the page and try again.",
    ),
    404: ("Page not found", "This page does not exist, or your user role may not see it."),
    405: ("Page not found", "This address cannot be opened like this."),
    413: ("Too large", "The request is larger than this page accepts."),
    500: ("Something went wrong", "The error has been logged. Please try again."),
}


class KindConverter(BaseConverter):
    """A kind of person: `candidates` in the URL, `candidate` in the code."""

    regex = "candidates|contacts"

    def to_python(self, value: str) -> str:
        """The kind of person: “candidates” gives “candidate”."""
        return value.removesuffix("s")

    def to_url(self, value: Any) -> str:
        """The plural, as in the URL."""
        return f"{value}s"


def register(app: Flask) -> None:
    """Adds all pages to the app."""
    app.url_map.converters["kind"] = KindConverter
    for blueprint in (people.bp, campaigns.bp, maintenance.bp, messages.bp, roles.bp):
        app.register_blueprint(blueprint)
    app.add_url_rule("/healthz", view_func=healthz)
    app.register_error_handler(HTTPException, _error_page)
    app.jinja_env.globals["current_account"] = auth.current_account
    app.jinja_env.filters["when"] = language.format_time
    app.jinja_env.filters["day"] = language.format_day


def healthz() -> tuple[dict[str, Any], int]:
    """200 if the database, Redis, a worker and the scheduler are working, else 503."""
    parts = mailchimp.health()
    return {"parts": parts}, 200 if all(parts.values()) else 503


def _error_page(error: HTTPException) -> tuple[str, int] | Response | HTTPException:
    """An error page in the CRM's style. Visitors who are not logged in get the login page instead."""
    code = error.code or 500
    if error.response is not None or code < 400:
        return error
    if code == 401 and request.method == "GET" and "HX-Request" not in request.headers:
        return redirect(url_for("auth.login", next=request.full_path.rstrip("?")))
    title, text = _ERROR_TEXTS.get(code) or _ERROR_TEXTS[400 if code < 500 else 500]
    return render_template("error.html", title=title, text=text), code
