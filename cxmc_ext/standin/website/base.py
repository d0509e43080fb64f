"""What all pages of the stand-in's website share: the blueprint, headers, paging, small filters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Generic, TypeVar

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from cxmc_ext.standin.control_api import current_state
from cxmc_ext.standin.models import Account, Audience, Campaign
from cxmc_ext.standin.service import sending
from cxmc_ext.standin.state import State

Row = TypeVar("Row")
View = Callable[..., str | Answer]
PER_PAGE = 50
POLICY = "default-src 'self'; frame-ancestors 'self'; form-action 'self'; base-uri 'none'"
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'self'; sandbox"
)
website = Blueprint("site", __name__, template_folder="templates", static_folder="static")


@dataclass(frozen=True, slots=True)
class RowPage(Generic[Row]):
    """One page of rows, and which of how many it is."""

    rows: Sequence[Row]
    number: int
    last: int
    total: int


def page_route(rule: str, post: bool = False) -> Callable[[View], View]:
    """Register a view that gets the state, locked and settled; a POST is remembered on disk."""

    def register(view: View) -> View:
        @wraps(view)
        def guarded(**ids: str) -> str | Answer:
            state = current_state()
            with state.lock:
                sending.run_due(state)
                answer = view(state, **ids)
            if post:
                state.mark_changed()
            return answer

        methods = ["POST"] if post else ["GET"]
        endpoint = view.__name__
        website.add_url_rule(rule, endpoint, guarded, methods=methods)
        return guarded

    return register


def paginate(rows: Sequence[Row]) -> RowPage[Row]:
    last = max(1, -(-len(rows) // PER_PAGE))
    wanted = request.args.get("page", "1")
    number = min(max(int(wanted) if wanted.isdigit() else 1, 1), last)
    return RowPage(rows[(number - 1) * PER_PAGE : number * PER_PAGE], number, last, len(rows))


def redirect_to(view: str, **values: Any) -> Answer:
    return redirect(url_for(f"site.{view}", **values), code=303)


def campaign_or_404(state: State, campaign_id: str) -> tuple[Account, Campaign]:
    return state.find_campaign(campaign_id) or abort(404)


def audience_or_404(state: State, list_id: str) -> tuple[Account, Audience]:
    found = (pair for pair in state.audiences() if pair[1].id == list_id)
    return next(found, None) or abort(404)


def sandboxed_mail(html: str) -> Response:
    """Foreign HTML: its own document, no scripts, no forms, nothing from elsewhere."""
    return Response(html, headers={"Content-Security-Policy": MAIL_POLICY})


@website.after_request
def _headers(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


@website.app_template_filter("moment")
def _moment(seconds: float) -> str:
    if not seconds:
        return "never"
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %Y, %H:%M:%S UTC")


@website.app_template_filter("percent")
def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"
