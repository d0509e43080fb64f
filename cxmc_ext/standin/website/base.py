"""What all pages of the website share: the blueprint, response headers, paging and template filters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Generic, TypeVar

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from cxmc_ext.standin.control_api import current_state
from cxmc_ext.standin.models import Account, Audience, Campaign
from cxmc_ext.standin.service import sending
from cxmc_ext.standin.state import State

Row = TypeVar("Row")
View = Callable[..., str | WerkzeugResponse]
PAGE_SIZE = 50
PAGE_POLICY = "default-src 'self'; frame-ancestors 'self'; form-action 'self'; base-uri 'none'"
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'self'; sandbox"
)
website = Blueprint("website", __name__, template_folder="templates", static_folder="static")


@dataclass(frozen=True, slots=True)
class RowPage(Generic[Row]):
    """One page of rows; `number` counts from 1, `total` is the number of rows on all pages."""

    rows: Sequence[Row]
    number: int
    last: int
    total: int


def page_route(rule: str, post: bool = False) -> Callable[[View], View]:
    """Registers a view under its own name.

    The view is called with the state, locked, after everything that was due has happened. After a POST
    the state is saved to disk.

    Args:
        rule: The URL rule, for example "/campaigns/<campaign_id>".
        post: Whether the view answers POST instead of GET.
    """

    def register(view: View) -> View:
        @wraps(view)
        def locked_view(**url_values: str) -> str | WerkzeugResponse:
            state = current_state()
            with state.lock:
                sending.run_due(state)
                response = view(state, **url_values)
            if post:
                state.mark_changed()
            return response

        methods = ["POST"] if post else ["GET"]
        website.add_url_rule(rule, view.__name__, locked_view, methods=methods)
        return locked_view

    return register


def paginate(rows: Sequence[Row]) -> RowPage[Row]:
    """The page that `?page=` asks for; a number out of range gives the nearest page."""
    last = max(1, -(-len(rows) // PAGE_SIZE))
    requested = request.args.get("page", "1")
    number = min(max(int(requested) if requested.isdigit() else 1, 1), last)
    start = (number - 1) * PAGE_SIZE
    return RowPage(rows[start : start + PAGE_SIZE], number, last, len(rows))


def redirect_to(view: str, **url_values: Any) -> WerkzeugResponse:
    return redirect(url_for(f"website.{view}", **url_values), code=303)


def campaign_or_404(state: State, campaign_id: str) -> tuple[Account, Campaign]:
    return state.find_campaign(campaign_id) or abort(404)


def audience_or_404(state: State, list_id: str) -> tuple[Account, Audience]:
    matches = (pair for pair in state.audiences() if pair[1].id == list_id)
    return next(matches, None) or abort(404)


def sandboxed_mail(html: str) -> Response:
    """Untrusted HTML as a document of its own: no scripts, no forms, nothing loaded from elsewhere."""
    return Response(html, headers={"Content-Security-Policy": MAIL_POLICY})


@website.after_request
def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@website.app_template_filter("moment")
def _moment(seconds: float) -> str:
    if not seconds:
        return "never"
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %Y, %H:%M:%S UTC")


@website.app_template_filter("percent")
def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"
